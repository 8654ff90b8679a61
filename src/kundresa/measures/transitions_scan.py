"""What directly follows what, over a store: the kernel on every slab, partials that add.

Small data is quicker in `transitions`; both say the same, held by a property test.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kundresa.core.conditions import as_mask
from kundresa.core.times import SECOND
from kundresa.measures.executors import Progress, Range, accumulate, run
from kundresa.measures.journeys import NEVER, Ints
from kundresa.measures.kernels import read_only
from kundresa.measures.slab_masks import counted_rows
from kundresa.measures.specs import Condition, Period, TouchpointSpec
from kundresa.measures.transitions import Edge, Node, Transitions
from kundresa.store import Slab, Snapshot
from kundresa.store.columns import dictionary_of
from kundresa.store.slab_columns import SlabColumns

MOST_ITEMS: Final = 700
"""With more items the histograms of waits, 192 bytes an edge, outgrow the memory of a thread."""


@dataclass
class TransitionsPartial:
    """What a range of units adds; small beside the rows, and any two add."""

    cases: Ints
    counts: Ints
    starts: Ints
    ends: Ints
    waits: Ints

    def add(self, other: TransitionsPartial) -> None:
        """Take another range's counts in."""
        for mine, others in zip(vars(self).values(), vars(other).values(), strict=True):
            np.add(mine, others, out=mine)


def empty_partial(size: int) -> TransitionsPartial:
    """Give the partial of nobody."""
    from kundresa.measures.kernels.transitions import WAITS

    lengths = (1, size, size, size, size * size * WAITS)
    return TransitionsPartial(*(np.zeros(length, np.int64) for length in lengths))


def scan_transitions(
    snapshot: Snapshot, *, touchpoints: Sequence[TouchpointSpec] | None = None,
    gap: int | None = None, filter: Condition | None = None,  # noqa: A002
    period: Period | None = None, threads: int | None = None, progress: Progress | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Transitions:  # fmt: skip
    """Count which item directly follows which, profile by profile.

    Parameters
    ----------
    snapshot
        A version of a store.
    touchpoints
        The items, in planned order; None takes the names of the events. At most `MOST_ITEMS`.
    gap
        Microseconds; a longer silence begins a new case. None keeps a profile's events together.
    filter, period
        Which events count.
    threads, progress, cancelled
        As in `executors.accumulate`.

    Notes
    -----
    Memory beside the mapped columns: 192 bytes for each pair of items and thread, and in the second
    pass, which makes the medians exact, 16 bytes for each wait that lies within a factor of four of
    its edge's median. Cost: two passes.
    """
    scan = _Scan(snapshot, touchpoints, gap, filter, period)
    size = len(scan.names)
    total = accumulate(
        snapshot.slabs, lambda: empty_partial(size), scan.add, threads=threads, progress=progress,
        cancelled=cancelled,
    )  # fmt: skip
    medians = _Medians(total, size)
    lists = run(
        snapshot.slabs, lambda one: scan.listed(one, medians.wanted), threads=threads,
        progress=progress, cancelled=cancelled,
    )  # fmt: skip
    return _transitions(scan.names, total, medians.of(list(lists)))


class _Scan:
    """One question over the slabs of a snapshot."""

    def __init__(
        self, snapshot: Snapshot, touchpoints: Sequence[TouchpointSpec] | None, gap: int | None,
        filter: Condition | None, period: Period | None,  # noqa: A002
    ) -> None:  # fmt: skip
        self._gap = NEVER if gap is None else gap
        names = snapshot.dictionaries.texts(dictionary_of("event")).to_pylist()
        if touchpoints is None:
            self.names = sorted(name for name in names if name is not None)
        else:
            self.names = [touchpoint.id for touchpoint in touchpoints]
        self._items = {}
        for slab in snapshot.slabs:
            columns = SlabColumns(slab, snapshot.dictionaries)
            counted = counted_rows(slab, columns, filter, period)
            self._items[id(slab)] = (
                _by_name(slab, names, self.names, counted)
                if touchpoints is None
                else _by_touchpoint(columns, touchpoints, counted)
            )

    def add(self, partial: TransitionsPartial, one: Range) -> None:
        nothing = np.zeros(0, np.int64)
        self._walk(one, partial, nothing, nothing, nothing)

    def listed(self, one: Range, wanted: Ints) -> tuple[Ints, Ints]:
        """Give the wanted waits of a range, with their edges."""
        codes, item_start, _ = self._items[id(one.slab)]
        first, last = int(one.slab.offsets[one.first]), int(one.slab.offsets[one.last])
        places = np.minimum(codes[first:last].astype(np.int64), len(item_start) - 2)
        room = int((item_start[places + 1] - item_start[places]).sum())
        edges, waits = np.empty(room, np.int64), np.empty(room, np.int64)
        nobody = TransitionsPartial(*(np.zeros(0, np.int64) for _ in range(5)))
        count = self._walk(one, nobody, wanted, edges, waits)
        return edges[:count], waits[:count]

    def _walk(
        self, one: Range, partial: TransitionsPartial, wanted: Ints, edges: Ints, waits: Ints
    ) -> int:
        # Numba is imported here, so that small data doesn't wait for it.
        from kundresa.measures.kernels.transitions import walk

        slab = one.slab
        codes, item_start, items = self._items[id(slab)]
        listed: int = walk(
            read_only(slab.offsets), read_only(slab.skip), read_only(slab.column("time")),
            codes, item_start, items, len(self.names), self._gap, one.first, one.last,
            partial.cases, partial.counts, partial.starts, partial.ends, partial.waits,
            read_only(wanted), edges, waits,
        )  # fmt: skip
        return listed


Items = tuple[NDArray[np.uint32], Ints, Ints]
"""Codes of the rows, and for each code where its items begin, and the items."""


def _by_name(
    slab: Slab, names: list[str | None], ordered: list[str], counted: NDArray[np.bool_] | None
) -> Items:
    rank = {name: place for place, name in enumerate(ordered)}
    codes = slab.column("event")
    if counted is not None:
        codes = np.where(counted, codes, np.uint32(len(names))).astype(np.uint32)
    lists = [[] if name is None else [rank[name]] for name in names]
    return _items(codes, [*lists, []])


def _by_touchpoint(
    columns: SlabColumns, touchpoints: Sequence[TouchpointSpec], counted: NDArray[np.bool_] | None
) -> Items:
    masks = np.zeros((len(touchpoints), len(columns)), bool)
    for index, touchpoint in enumerate(touchpoints):
        if touchpoint.matcher is not None:
            masks[index] = as_mask(touchpoint.matcher, columns)
    if counted is not None:
        masks &= counted
    packed = np.packbits(masks, axis=0).T
    patterns, codes = np.unique(packed, axis=0, return_inverse=True)
    bits = np.unpackbits(patterns, axis=1, count=len(touchpoints)).astype(bool)
    lists = [np.flatnonzero(row).tolist() for row in bits]
    return _items(codes.reshape(-1).astype(np.uint32), [*lists, []])


def _items(codes: NDArray[np.uint32], lists: Sequence[Sequence[int]]) -> Items:
    ends = np.cumsum([0, *map(len, lists)])
    flat = np.array([item for some in lists for item in some], np.int64)
    return read_only(codes), read_only(ends.astype(np.int64)), read_only(flat)


class _Medians:
    """Exact medians of the waits of each edge: which buckets hold them, and then which waits."""

    def __init__(self, total: TransitionsPartial, size: int) -> None:
        from kundresa.measures.kernels.transitions import WAITS

        grid = total.waits.reshape(size * size, WAITS)
        self.counts = grid.sum(axis=1)
        ends = np.cumsum(grid, axis=1)
        low = (self.counts - 1) // 2
        high = self.counts // 2
        self._low_bucket = (ends <= low[:, None]).sum(axis=1)
        high_bucket = (ends <= high[:, None]).sum(axis=1)
        there = self.counts > 0
        self.wanted = np.where(there, self._low_bucket + WAITS * high_bucket, 0)
        before = np.where(self._low_bucket > 0, np.take_along_axis(
            ends, np.maximum(self._low_bucket - 1, 0)[:, None], axis=1)[:, 0], 0)  # fmt: skip
        self._ranks = low - before, high - before

    def of(self, lists: Sequence[tuple[Ints, Ints]]) -> dict[int, float]:
        """Give each edge's median wait in seconds."""
        edges = np.concatenate([edges for edges, _ in lists]) if lists else np.zeros(0, np.int64)
        waits = np.concatenate([waits for _, waits in lists]) if lists else edges
        edges, waits = _sorted_pairs(edges, waits)
        there = np.flatnonzero(self.counts)
        first = np.searchsorted(edges, there)
        low, high = (waits[first + ranks[there]] / SECOND for ranks in self._ranks)
        # As numpy does it, so that both executors give the same last digit.
        return dict(zip(there.tolist(), ((low + high) / 2).tolist(), strict=True))


def _sorted_pairs(edges: Ints, waits: Ints) -> tuple[Ints, Ints]:
    """Sort by edge and then wait; as one number where both fit, which takes a tenth of the time."""
    bits = int(waits.max(initial=0)).bit_length()
    if bits + int(edges.max(initial=0)).bit_length() > 62:
        order = np.lexsort((waits, edges))
        return edges[order], waits[order]
    both = np.sort((edges << bits) | waits)
    return both >> bits, both & ((1 << bits) - 1)


def _transitions(
    names: Sequence[str], total: TransitionsPartial, medians: dict[int, float]
) -> Transitions:
    from kundresa.measures.kernels.transitions import WAITS

    size = len(names)
    counts = total.waits.reshape(size * size, WAITS).sum(axis=1)
    found = zip(names, total.counts, total.starts, total.ends, strict=True)
    nodes = tuple(Node(name, int(n), int(s), int(e)) for name, n, s, e in found if n)
    ordered = np.array(list(medians), np.int64)
    ordered = ordered[np.lexsort((ordered, -counts[ordered]))]
    sources, targets = (part.tolist() for part in np.divmod(ordered, max(1, size)))
    rows = zip(sources, targets, counts[ordered].tolist(), ordered.tolist(), strict=True)
    edges = tuple([Edge(names[s], names[t], n, medians[edge]) for s, t, n, edge in rows])
    return Transitions(int(total.cases[0]), nodes, edges, 0)
