"""The ordered funnel over a store: the kernel on every slab, partials that add, the same answer.

Small data is quicker in `funnel`; both say the same, held by a property test.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kundresa.core.conditions import as_mask, normalised
from kundresa.core.times import SECOND
from kundresa.measures.executors import Progress, Range, accumulate, run, threads_of
from kundresa.measures.funnel import Funnel, FunnelStep, StepCount
from kundresa.measures.intervals import Quantiles, rate_of
from kundresa.measures.journeys import NEVER, Ints
from kundresa.measures.kernels import read_only
from kundresa.measures.slab_masks import counted_rows
from kundresa.measures.specs import Condition, Period
from kundresa.store import Slab, Snapshot
from kundresa.store.columns import dictionary_of
from kundresa.store.dictionary import Dictionaries
from kundresa.store.slab_columns import SlabColumns

MOST_STEPS: Final = 50
_QUANTILES: Final = (0.1, 0.5, 0.9)


@dataclass
class FunnelPartial:
    """What a range of units adds to a funnel; small, and any two add."""

    depths: Ints
    matured: Ints
    from_previous: Ints
    from_first: Ints

    def add(self, other: FunnelPartial) -> None:
        """Take another range's counts in."""
        for mine, others in zip(vars(self).values(), vars(other).values(), strict=True):
            np.add(mine, others, out=mine)


def empty_partial(size: int, *, times: bool = True) -> FunnelPartial:
    """Give the partial of nobody."""
    from kundresa.measures.kernels.lengths import BUCKETS

    grids = (np.zeros((size if times else 0, BUCKETS), np.int64) for _ in range(2))
    return FunnelPartial(np.zeros(size + 1, np.int64), np.zeros(3, np.int64), *grids)


@dataclass(frozen=True)
class _Question:
    """What every range is asked."""

    steps: tuple[Condition, ...]
    window: int
    data_end: int
    filter: Condition | None
    period: Period | None


def scan_funnel(
    snapshot: Snapshot, steps: Sequence[FunnelStep], *, window: int | None = None,
    filter: Condition | None = None, period: Period | None = None,  # noqa: A002
    data_end: int | None = None, times: bool = True, threads: int | None = None,
    progress: Progress | None = None, cancelled: Callable[[], bool] = lambda: False,
) -> Funnel:  # fmt: skip
    """Count how many profiles got how far.

    Parameters
    ----------
    snapshot
        A version of a store.
    steps
        In order, 50 at most.
    window
        Microseconds from the first step, inclusive; None for no limit.
    filter, period
        Which events count.
    data_end
        UTC microseconds, by default the newest event; decides which windows have run out.
    times
        Whether to measure lengths of time too; without them one pass is enough.
    threads, progress, cancelled
        As in `executors.run`.

    Returns
    -------
    Funnel
        As `funnel.funnel` gives it, without the units behind it.

    Notes
    -----
    Memory beside the mapped columns: one histogram pair for each thread, and for exact quantiles
    the different lengths of time in the six buckets that hold them. Cost: one pass, and a second
    over the same columns where anybody got to the second step.
    """
    snapshot.load(("time", "event"), threads=threads_of(threads))
    newest = max((part.last for part in snapshot.version.parts), default=0)
    end = newest if data_end is None else data_end
    limit = NEVER if window is None else window
    asked = _Question(tuple(step.matcher for step in steps), limit, end, filter, period)
    scan = _Scan(snapshot, asked)
    total = accumulate(
        snapshot.slabs, lambda: empty_partial(len(steps), times=times), scan.add,
        threads=threads, progress=progress, cancelled=cancelled,
    )  # fmt: skip
    lengths = _Times(total)
    if lengths.wanted:
        for values in run(
            snapshot.slabs, lambda one: scan.lengths(one, lengths), threads=threads,
            progress=progress, cancelled=cancelled,
        ):  # fmt: skip
            lengths.add(values)
    return _funnel(steps, total, lengths, window, end)


class _Scan:
    """One question over the slabs of a snapshot; what a slab's rows match is found once."""

    def __init__(self, snapshot: Snapshot, asked: _Question) -> None:
        self._asked = asked
        self._matches = matches_of(
            snapshot.slabs, snapshot.dictionaries, asked.steps, asked.filter, asked.period
        )

    def add(self, partial: FunnelPartial, one: Range) -> None:
        self._walk(one, partial, np.empty((0, len(self._asked.steps)), np.int64))

    def lengths(self, one: Range, times: _Times) -> dict[tuple[int, int], tuple[Ints, Ints]]:
        """Give the different lengths of time in the wanted buckets, and how often each occurs."""
        size = len(self._asked.steps)
        runs = np.empty((one.last - one.first, size), np.int64)
        runs[:] = NEVER
        self._walk(one, empty_partial(size), runs)
        return times.pick(runs)

    def _walk(self, one: Range, partial: FunnelPartial, runs: Ints) -> None:
        # Numba is imported here, so that small data doesn't wait for it.
        from kundresa.measures.kernels.funnel import walk

        slab, asked = one.slab, self._asked
        found = self._matches[id(slab)]
        walk(
            read_only(slab.offsets), read_only(slab.skip), read_only(slab.column("time")),
            found.codes, found.bits, found.step, len(asked.steps), asked.window, asked.data_end, one.first, one.last,
            partial.depths, partial.matured, partial.from_previous, partial.from_first, runs,
        )  # fmt: skip


@dataclass(frozen=True)
class Matches:
    """What the rows of a slab match: ``codes`` per row, and per code its steps.

    ``bits`` has bit k for step k; ``step`` the number of the only step, from 1, 0 for none, 255
    for several.
    """

    codes: NDArray[np.uint32]
    bits: NDArray[np.uint64]
    step: NDArray[np.uint8]


def _matches(codes: NDArray[np.uint32], bits: NDArray[np.uint64]) -> Matches:
    single = (bits & (bits - np.uint64(1))) == 0
    numbers = np.log2(np.maximum(bits, 1).astype(np.float64)).astype(np.uint8) + 1
    step = np.where(bits == 0, 0, np.where(single, numbers, 255)).astype(np.uint8)
    return Matches(read_only(codes), read_only(bits), read_only(step))


def matches_of(
    slabs: Sequence[Slab], dictionaries: Dictionaries, steps: Sequence[Condition],
    filter: Condition | None, period: Period | None,  # noqa: A002
) -> dict[int, Matches]:  # fmt: skip
    """Find what the rows of each slab, by its ``id``, match.

    Where every step asks for event names alone, the codes are the events' own and no row is
    looked at. A code beyond the table matches nothing, which its last entry says.
    """
    trees = [normalised(step) for step in steps]
    if filter is None and period is None and all(set(tree) == {"event"} for tree in trees):
        table = _name_bits(dictionaries, [set(tree["event"]) for tree in trees])
        return {id(slab): _matches(slab.column("event"), table) for slab in slabs}
    found = {}
    for slab in slabs:
        bits = _row_bits(slab, dictionaries, steps, filter, period)
        table, codes = np.unique(bits, return_inverse=True)
        found[id(slab)] = _matches(codes.astype(np.uint32), np.append(table, np.uint64(0)))
    return found


def _name_bits(dictionaries: Dictionaries, steps: Sequence[set[str]]) -> NDArray[np.uint64]:
    texts = dictionaries.texts(dictionary_of("event")).to_pylist()
    table = np.zeros(len(texts) + 1, np.uint64)
    for bit, names in enumerate(steps):
        hits = [place for place, text in enumerate(texts) if text in names]
        table[hits] |= np.uint64(1 << bit)
    return table


def _row_bits(
    slab: Slab, dictionaries: Dictionaries, steps: Sequence[Condition],
    filter: Condition | None, period: Period | None,  # noqa: A002
) -> NDArray[np.uint64]:  # fmt: skip
    columns = SlabColumns(slab, dictionaries)
    counted = counted_rows(slab, columns, filter, period)
    bits = np.zeros(len(columns), np.uint64)
    for bit, step in enumerate(steps):
        bits |= as_mask(step, columns).astype(np.uint64) << np.uint64(bit)
    if counted is not None:
        bits[~counted] = 0
    return bits


class _Times:
    """Exact quantiles of lengths of time: which buckets hold them, and then which lengths."""

    def __init__(self, total: FunnelPartial) -> None:
        self._grids = (total.from_previous, total.from_first)
        self.wanted: dict[tuple[int, int], set[int]] = {}
        self._found: dict[tuple[int, int], dict[int, int]] = {}
        for which, grid in enumerate(self._grids):
            for step in range(1, len(grid)):
                count = int(grid[step].sum())
                if count:
                    self.wanted[which, step] = self._buckets(grid[step], count)

    @staticmethod
    def _buckets(histogram: Ints, count: int) -> set[int]:
        ends = np.cumsum(histogram)
        ranks = [rank for q in _QUANTILES for rank in _ranks(q, count)]
        return set(np.searchsorted(ends, ranks, side="right").tolist())

    def pick(self, runs: Ints) -> dict[tuple[int, int], tuple[Ints, Ints]]:
        """Give the lengths of the runs that lie in wanted buckets, each with its count."""
        from kundresa.measures.kernels.lengths import buckets_of

        found = {}
        for (which, step), buckets in self.wanted.items():
            there = runs[:, step] != NEVER
            start = runs[there, 0 if which else step - 1]
            lengths = runs[there, step] - start
            chosen = np.isin(buckets_of(lengths), list(buckets))
            found[which, step] = np.unique(lengths[chosen], return_counts=True)
        return found

    def add(self, values: dict[tuple[int, int], tuple[Ints, Ints]]) -> None:
        """Add what a range picked."""
        for key, (lengths, counts) in values.items():
            mine = self._found.setdefault(key, {})
            for length, count in zip(lengths.tolist(), counts.tolist(), strict=True):
                mine[length] = mine.get(length, 0) + count

    def quantiles(self, which: int, step: int) -> Quantiles | None:
        """Give p10, p50 and p90 in seconds, None where nobody got there."""
        if (which, step) not in self.wanted:
            return None
        histogram = self._grids[which][step]
        count = int(histogram.sum())
        return Quantiles(*(self._quantile(which, step, q, count) for q in _QUANTILES))

    def _quantile(self, which: int, step: int, q: float, count: int) -> float:
        low, high = (self._ranked(which, step, rank) / SECOND for rank in _ranks(q, count))
        part = q * (count - 1) % 1
        # As numpy does it, so that both executors give the same last digit.
        return high - (high - low) * (1 - part) if part >= 0.5 else low + (high - low) * part

    def _ranked(self, which: int, step: int, rank: int) -> int:
        histogram = self._grids[which][step]
        ends = np.cumsum(histogram)
        bucket = int(np.searchsorted(ends, rank, side="right"))
        left = rank - int(ends[bucket] - histogram[bucket])
        from kundresa.measures.kernels.lengths import buckets_of

        lengths = np.array(sorted(self._found[which, step]), np.int64)
        inside = lengths[buckets_of(lengths) == bucket]
        counts = np.cumsum([self._found[which, step][length] for length in inside.tolist()])
        return int(inside[int(np.searchsorted(counts, left, side="right"))])


def _ranks(q: float, count: int) -> tuple[int, int]:
    place = q * (count - 1)
    return int(place), min(int(place) + 1, count - 1)


def _funnel(
    steps: Sequence[FunnelStep], total: FunnelPartial, times: _Times, window: int | None, end: int
) -> Funnel:
    reached = np.cumsum(total.depths[::-1])[::-1][1:].tolist()
    rows = [
        StepCount(
            step.label,
            reached[k],
            rate_of(reached[k], reached[0]),
            rate_of(reached[k], reached[max(0, k - 1)]),
            times.quantiles(0, k) if k else None,
            times.quantiles(1, k) if k else None,
        )
        for k, step in enumerate(steps)
    ]
    waiting, mature, mature_done = total.matured.tolist()
    done = int(total.depths[-1])
    nobody: Any = np.zeros(0, np.int64)
    return Funnel(
        tuple(rows), done, reached[0] - done - waiting, waiting, rate_of(mature_done, mature),
        rows[-1].time_from_first, window, end, 0, nobody, nobody, nobody,
    )  # fmt: skip
