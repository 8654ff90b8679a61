"""Exact quantiles of lengths of time from histograms that add and a second look.

The first pass counts lengths by bucket. Here stands which buckets hold the ranks that are asked
for; the second pass lists the lengths in those alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kundresa.core.times import SECOND
from kundresa.measures.intervals import Quantiles
from kundresa.measures.journeys import Ints

QUANTILES: Final = (0.1, 0.5, 0.9)
EXACT: Final = 16
"""The first buckets hold one length each, their own number."""

Listed = tuple[Ints, Ints, Ints]
"""Series, lengths, and how often each occurs."""


class ExactLengths:
    """Quantiles of several series of lengths, by their histograms ``grid`` (n_series, BUCKETS)."""

    def __init__(self, grid: Ints, quantiles: Sequence[float]) -> None:
        self._grid = grid
        self._ends = np.cumsum(grid, axis=1)
        self._counts: list[int] = grid.sum(axis=1).tolist()
        self._lists: list[Listed] = []
        self.wanted = np.zeros(grid.shape, np.uint8)
        for series, count in enumerate(self._counts):
            ranks = [rank for q in quantiles for rank in _ranks(q, count)] if count else []
            buckets = np.searchsorted(self._ends[series], ranks, side="right")
            self.wanted[series, buckets[buckets >= EXACT]] = 1
        self.room = int(grid[self.wanted == 1].sum())
        """How many lengths the second pass lists at most."""

    def take(self, listed: Listed) -> None:
        """Take in what a range listed."""
        self._lists.append(listed)

    def quantiles(self, series: int) -> Quantiles | None:
        """Give p10, p50 and p90 in seconds, None without a length."""
        if not self._counts[series]:
            return None
        lengths = self._sorted(series)
        return Quantiles(*(self._quantile(series, q, lengths) for q in QUANTILES))

    def median(self, series: int) -> float | None:
        """Give the median in seconds, None without a length."""
        count = self._counts[series]
        if not count:
            return None
        lengths = self._sorted(series)
        low, high = (
            self._ranked(series, rank, lengths) / SECOND for rank in ((count - 1) // 2, count // 2)
        )
        return (low + high) / 2

    def _quantile(self, series: int, q: float, lengths: tuple[Ints, Ints]) -> float:
        count = self._counts[series]
        low, high = (self._ranked(series, rank, lengths) / SECOND for rank in _ranks(q, count))
        part = q * (count - 1) % 1
        # As numpy does it, so that both executors give the same last digit.
        return high - (high - low) * (1 - part) if part >= 0.5 else low + (high - low) * part

    def _sorted(self, series: int) -> tuple[Ints, Ints]:
        """Give the listed lengths of a series, ascending, and how many there are up to each."""
        at, lengths, counts = self._merged
        first, last = np.searchsorted(at, [series, series + 1])
        return lengths[first:last], np.cumsum(counts[first:last])

    @cached_property
    def _merged(self) -> Listed:
        nothing = np.zeros((3, 0), np.int64)
        at, lengths, counts = np.concatenate([nothing, *self._lists], axis=1)
        order = np.lexsort((lengths, at))
        return at[order], lengths[order], counts[order]

    def _ranked(self, series: int, rank: int, lengths: tuple[Ints, Ints]) -> int:
        from kundresa.measures.kernels.lengths import buckets_of

        bucket = int(np.searchsorted(self._ends[series], rank, side="right"))
        if bucket < EXACT:
            return bucket
        values, ends = lengths
        first = int(np.searchsorted(buckets_of(values), bucket))
        before = int(ends[first - 1]) if first else 0
        left = rank - int(self._ends[series, bucket] - self._grid[series, bucket])
        return int(values[int(np.searchsorted(ends, before + left, side="right"))])


def condensed(listed: NDArray[np.int64]) -> Listed:
    """Give each pair of series and length once, with how often it is listed."""
    series, lengths = listed
    bits = int(lengths.max(initial=0)).bit_length()
    if bits + int(series.max(initial=0)).bit_length() > 62:
        pairs, counts = np.unique(listed, axis=1, return_counts=True)
        return pairs[0], pairs[1], counts
    both, counts = np.unique((series << bits) | lengths, return_counts=True)
    return both >> bits, both & ((1 << bits) - 1), counts


def _ranks(q: float, count: int) -> tuple[int, int]:
    place = q * (count - 1)
    return int(place), min(int(place) + 1, count - 1)
