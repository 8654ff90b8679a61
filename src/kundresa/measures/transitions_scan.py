"""What directly follows what, over a store: the kernel on every slab, partials that add.

Small data is quicker in `transitions`; both say the same, held by a property test.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kundresa.core.conditions import as_mask
from kundresa.core.times import SECOND
from kundresa.measures.executors import Progress, Range, accumulate, run, threads_of
from kundresa.measures.journeys import NEVER, Ints
from kundresa.measures.kernels import read_only
from kundresa.measures.slab_masks import counted_rows
from kundresa.measures.specs import Condition, Period, TouchpointSpec
from kundresa.measures.transitions import Edges, Node, Transitions
from kundresa.store import Slab, Snapshot
from kundresa.store.columns import dictionary_of
from kundresa.store.slab_columns import SlabColumns

MOST_ITEMS: Final = 700
"""With more items the histograms of waits, 96 bytes an edge, outgrow the memory of a thread."""


@dataclass
class TransitionsPartial:
    """What a range of units adds; small beside the rows, and any two add.

    ``narrow`` and ``carried`` together count the waits, see `kernels.transitions`; ``added`` is what
    other partials counted.
    """

    cases: Ints
    starts: Ints
    ends: Ints
    narrow: NDArray[np.uint16]
    carried: NDArray[np.uint32]
    added: Ints | None = None

    @property
    def waits(self) -> Ints:
        """Give how many waits of each edge lie in each bucket, shape (size * size * WAITS,)."""
        found = self.narrow.astype(np.int64) if self.added is None else self.added + self.narrow
        far = np.flatnonzero(self.carried)
        found[far] += self.carried[far].astype(np.int64) << 16
        return found

    def add(self, other: TransitionsPartial) -> None:
        """Take another range's counts in."""
        self.cases += other.cases
        self.starts += other.starts
        self.ends += other.ends
        if self.added is None:
            self.added = other.waits
        else:
            self.added += other.waits


def empty_partial(size: int) -> TransitionsPartial:
    """Give the partial of nobody."""
    from kundresa.measures.kernels.transitions import WAITS

    cases, starts, ends = (np.zeros(length, np.int64) for length in (1, size, size))
    length = size * size * WAITS
    return TransitionsPartial(
        cases, starts, ends, np.zeros(length, np.uint16), np.zeros(length, np.uint32)
    )


@dataclass(frozen=True)
class TransitionCounts:
    """How often which item directly follows which, and after how long, in `WAITS` buckets.

    ``starts`` and ``ends`` have shape (size,), ``waits`` (size, size, `WAITS`): source, target and
    bucket, which `kernels.transitions` describes. Empty rows and columns are items that don't
    occur.
    """

    names: tuple[str, ...]
    cases: int
    starts: Ints
    ends: Ints
    waits: Ints

    @property
    def edges(self) -> Ints:
        """Give how often each target directly follows each source, shape (size, size)."""
        found: Ints = self.waits.sum(axis=2)
        return found

    @property
    def items(self) -> Ints:
        """Give how often each item occurs, shape (size,): it starts a case, or follows."""
        found: Ints = self.starts + self.edges.sum(axis=0)
        return found


def count_transitions(
    snapshot: Snapshot, *, touchpoints: Sequence[TouchpointSpec] | None = None,
    gap: int | None = None, filter: Condition | None = None,  # noqa: A002
    period: Period | None = None, threads: int | None = None, progress: Progress | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> TransitionCounts:  # fmt: skip
    """Count which item directly follows which, with histograms of the waits, in one pass.

    Parameters
    ----------
    snapshot, touchpoints, gap, filter, period, threads, progress, cancelled
        As in `scan_transitions`.

    Notes
    -----
    Memory beside the mapped columns: 96 bytes for each pair of items and thread.
    """
    snapshot.load(("time", "event"), threads=threads_of(threads))
    scan = _Scan(snapshot, touchpoints, gap, filter, period)
    total = accumulate(
        snapshot.slabs, lambda: empty_partial(len(scan.names)), scan.add, threads=threads,
        progress=progress, cancelled=cancelled,
    )  # fmt: skip
    return scan.counts(total)


def scan_transitions(
    snapshot: Snapshot, *, touchpoints: Sequence[TouchpointSpec] | None = None,
    gap: int | None = None, filter: Condition | None = None,  # noqa: A002
    period: Period | None = None, threads: int | None = None, progress: Progress | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Transitions:  # fmt: skip
    """Count which item directly follows which, profile by profile, with exact median waits.

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
    Memory beside the mapped columns: 96 bytes for each pair of items and thread, and in the second
    pass, which makes the medians exact, 8 to 16 bytes for each wait that lies within a factor of
    four of its edge's median, and as much again to sort them. Cost: two passes.
    """
    snapshot.load(("time", "event"), threads=threads_of(threads))
    scan = _Scan(snapshot, touchpoints, gap, filter, period)
    total = accumulate(
        snapshot.slabs, lambda: empty_partial(len(scan.names)), scan.add, threads=threads,
        progress=progress, cancelled=cancelled,
    )  # fmt: skip
    counts = scan.counts(total)
    medians = _Medians(counts.waits, _longest(snapshot))
    lists = run(
        snapshot.slabs, lambda one: scan.picked(one, medians), threads=threads, progress=progress,
        cancelled=cancelled,
    )  # fmt: skip
    return _transitions(counts, *medians.of(list(lists)))


def _longest(snapshot: Snapshot) -> int:
    parts = snapshot.version.parts
    newest = max((part.last for part in parts), default=0)
    return newest - min((part.first for part in parts), default=0)


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
        table = _table(_by_code(names, self.names)) if touchpoints is None else None
        for slab in snapshot.slabs:
            columns = SlabColumns(slab, snapshot.dictionaries)
            counted = counted_rows(slab, columns, filter, period)
            self._items[id(slab)] = (
                _Items(_codes(slab, len(names), counted), table)
                if table is not None
                else _by_touchpoint(columns, touchpoints or (), counted)
            )

    def counts(self, total: TransitionsPartial) -> TransitionCounts:
        from kundresa.measures.kernels.transitions import WAITS

        size = len(self.names)
        return TransitionCounts(
            tuple(self.names), int(total.cases[0]), total.starts, total.ends,
            total.waits.reshape(size, size, WAITS),
        )  # fmt: skip

    def add(self, partial: TransitionsPartial, one: Range) -> None:
        # Numba is imported here, so that small data doesn't wait for it.
        from kundresa.measures.kernels.transitions import count

        self._walk(
            count, one, cases=partial.cases, starts=partial.starts, ends=partial.ends,
            narrow=partial.narrow, carried=partial.carried,
        )  # fmt: skip

    def picked(self, one: Range, medians: _Medians) -> tuple[Ints, Ints]:
        """Give the wanted waits of a range, with their edges."""
        from kundresa.measures.kernels.transitions import pick

        room = _rows(one) * self._items[id(one.slab)].table.most
        edges, waits = np.empty(room, np.uint32), np.empty(room, np.int64)
        found = self._walk(pick, one, wanted=read_only(medians.wanted), edges=edges, waits=waits)
        return medians.packed(edges[:found], waits[:found])

    def _walk(self, kernel: Any, one: Range, **lent: Any) -> Any:
        slab, items = one.slab, self._items[id(one.slab)]
        longest = int(np.diff(slab.offsets[one.first : one.last + 1]).max(initial=0))
        return kernel(
            read_only(slab.offsets), read_only(slab.skip), read_only(slab.column("time")),
            items.codes, items.table.item_of, items.table.start, items.table.items,
            len(self.names), self._gap, one.first, one.last,
            group=np.empty(longest * items.table.most, np.int64), **lent,
        )  # fmt: skip


def _rows(one: Range) -> int:
    return int(one.slab.offsets[one.last] - one.slab.offsets[one.first])


@dataclass(frozen=True)
class _Table:
    """For each code of a row its item, and where its list of items begins.

    ``most`` is the length of the longest list.
    """

    item_of: NDArray[np.uint32]
    start: Ints
    items: Ints
    most: int


@dataclass(frozen=True)
class _Items:
    """Codes of the rows of a slab, and what they stand for."""

    codes: NDArray[np.uint32]
    table: _Table


def _by_code(names: Sequence[str | None], ordered: Sequence[str]) -> list[list[int]]:
    """List the items of each code of an event's name, and of the code of what doesn't count."""
    rank = {name: place for place, name in enumerate(ordered)}
    return [*([] if name is None else [rank[name]] for name in names), []]


def _codes(slab: Slab, size: int, counted: NDArray[np.bool_] | None) -> NDArray[np.uint32]:
    codes = slab.column("event")
    if counted is not None:
        codes = np.where(counted, codes, np.uint32(size)).astype(np.uint32)
    return read_only(codes)


def _by_touchpoint(
    columns: SlabColumns, touchpoints: Sequence[TouchpointSpec], counted: NDArray[np.bool_] | None
) -> _Items:
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
    return _Items(read_only(codes.reshape(-1).astype(np.uint32)), _table([*lists, []]))


def _table(lists: Sequence[Sequence[int]]) -> _Table:
    from kundresa.measures.kernels.transitions import NO_ITEM, SEVERAL

    lengths = list(map(len, lists))
    flat = np.array([item for some in lists for item in some], np.int64)
    single = [NO_ITEM if not some else some[0] if len(some) == 1 else SEVERAL for some in lists]
    return _Table(
        read_only(np.array(single, np.uint32)),
        read_only(np.cumsum([0, *lengths]).astype(np.int64)), read_only(flat), max(lengths),
    )  # fmt: skip


class _Medians:
    """Exact medians of the waits of each edge: which buckets hold them, and then which waits.

    Parameters
    ----------
    waits : shape (size, size, WAITS)
        Histograms of the waits.
    longest
        No wait takes more microseconds.
    """

    def __init__(self, waits: Ints, longest: int) -> None:
        grid = waits.reshape(-1, waits.shape[-1])
        self._edges = np.flatnonzero(grid.any(axis=1))
        self.wanted = np.zeros(len(grid), np.uint8)
        grid = grid[self._edges]
        ends = np.cumsum(grid, axis=1)
        ranks = (ends[:, -1] - 1) // 2, ends[:, -1] // 2
        low, high = ((ends <= rank[:, None]).sum(axis=1) for rank in ranks)
        self.wanted[self._edges] = low + grid.shape[1] * high
        places = np.arange(len(grid))
        listed = grid[places, low] + np.where(low < high, grid[places, high], 0)
        first = np.cumsum(listed) - listed - (ends - grid)[places, low]
        self._places = [first + rank for rank in ranks]
        self._bits = longest.bit_length()
        # One number for edge and wait is half to keep, and takes a tenth of the time to sort.
        self._fits = self._bits + len(self.wanted).bit_length() < 64

    def packed(self, edges: NDArray[np.uint32], waits: Ints) -> tuple[Ints, Ints]:
        """Give the picked waits of a range as they are kept until all are there."""
        if not self._fits:
            return edges.astype(np.int64), waits.copy()
        return (edges.astype(np.int64) << self._bits) | waits, np.zeros(0, np.int64)

    def of(self, picked: Sequence[tuple[Ints, Ints]]) -> tuple[Ints, NDArray[np.float64]]:
        """Give the edges that there are, and their median waits in seconds."""
        if not len(self._edges):
            return self._edges, np.zeros(0)
        keys, waits = (np.concatenate(arrays) for arrays in zip(*picked, strict=True))
        if self._fits:
            keys.sort()
            waits = keys
        else:
            waits = waits[np.lexsort((waits, keys))]
        low, high = (waits[places] for places in self._places)
        if self._fits:
            low, high = (found & ((1 << self._bits) - 1) for found in (low, high))
        # As numpy does it, so that both executors give the same last digit.
        return self._edges, (low / SECOND + high / SECOND) / 2


def _transitions(
    counts: TransitionCounts, edges: Ints, p50_wait: NDArray[np.float64]
) -> Transitions:
    found = zip(counts.names, counts.items, counts.starts, counts.ends, strict=True)
    nodes = tuple(Node(name, int(n), int(s), int(e)) for name, n, s, e in found if n)
    often = counts.edges.reshape(-1)[edges]
    order = np.lexsort((edges, -often))
    source, target = np.divmod(edges[order], max(1, len(counts.names)))
    return Transitions(
        counts.cases, nodes, Edges(counts.names, source, target, often[order], p50_wait[order]), 0
    )
