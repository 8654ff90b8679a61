"""A few lives lived by any number of profiles, so that every answer is known from living each once.

Names follow Zipf's law, a life has 2 to 500 events (log-normal, median 11) in bursts over weeks, no
two of them at one time. Each profile starts on a moment of its own.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kundresa.core.times import DAY
from kundresa.store.rows import rows_of

NAMES = 200
FIRST = 1_735_689_600_000_000
_WORDS = pa.array([f"event_{rank + 1}" for rank in range(NAMES)])
Life = list[tuple[str, int]]


class Lives:
    """Profile number ``p`` lives the life ``p % count``, microseconds after a start of its own."""

    def __init__(self, count: int, seed: int = 1) -> None:
        random = np.random.default_rng(seed)
        self.count = count
        self.sizes = np.clip(random.lognormal(np.log(11), 1.1, count).astype(int), 2, 500)
        self.events = int(self.sizes.sum())
        self._life = np.repeat(np.arange(count), self.sizes)
        self._first = np.cumsum(self.sizes) - self.sizes
        is_pause = random.random(self.events) < 0.15
        waits = np.where(is_pause, random.exponential(2 * DAY, self.events),
                         random.exponential(40e6, self.events)).astype(np.int64) + 1  # fmt: skip
        clock = np.cumsum(waits)
        self._since = clock - clock[self._first][self._life]
        weights = np.cumsum(1 / np.arange(1, NAMES + 1))
        self._name = np.searchsorted(weights, random.random(self.events) * weights[-1])

    def __iter__(self) -> Iterator[Life]:
        names = _WORDS.take(pa.array(self._name)).to_pylist()
        for first, size in zip(self._first.tolist(), self.sizes.tolist(), strict=True):
            one = slice(first, first + size)
            yield list(zip(names[one], self._since[one].tolist(), strict=True))

    def rows(self, turn: int, turns: int, *, is_early: bool) -> pa.Table:
        """Give the earlier or the later half of each life of the profiles of some turns."""
        place = np.arange(self.events) - self._first[self._life]
        half = np.flatnonzero((place < self.sizes[self._life] // 2) == is_early)
        profiles = turns * self.count
        owner = (self._life[half] + np.arange(turns)[:, None] * self.count).ravel()
        start = np.random.default_rng(turn).integers(0, 60 * DAY, profiles)
        times = np.tile(self._since[half], turns) + start[owner] + FIRST
        keys = pa.array(np.arange(profiles) + turn * self.count).cast(pa.string())
        return _rows(owner, keys, np.tile(self._name[half], turns), times)


def _rows(
    owner: NDArray[np.int64], keys: pa.Array, name: NDArray[np.int64], times: NDArray[np.int64]
) -> pa.Table:
    coded = pa.DictionaryArray.from_arrays
    stamps = pa.array(times)
    columns = {
        "profile": coded(pa.array(owner.astype(np.int32)), keys),
        "event": coded(pa.array(name.astype(np.int32)), _WORDS),
        "time": stamps, "until": stamps,
        "precision": pa.repeat(pa.scalar("microsecond"), len(times)),
    }  # fmt: skip
    return rows_of(columns, len(times))


# --- the answers, each straight from its definition -----------------------------------------------


def funnel_depth(life: Life, steps: Sequence[str], window: int) -> int:
    """Say how far the best try of a life gets; each of the steps has a name of its own."""
    return max((_depth(life[place:], steps, window) for place in range(len(life))), default=0)


def _depth(rest: Life, steps: Sequence[str], window: int) -> int:
    (_, began), depth = rest[0], 0
    for name, time in rest:
        if depth < len(steps) and name == steps[depth] and time - began <= window:
            depth += 1
        elif depth == 0:
            return 0
    return depth


def pairs(lives: Lives) -> dict[tuple[str, str], tuple[int, float]]:
    """Give how often one name directly follows another, and the median wait in seconds."""
    waits = defaultdict(list)
    for life in lives:
        for (name, time), (after, later) in pairwise(life):
            waits[name, after].append(later - time)
    return {pair: (len(found), median(found) / 1e6) for pair, found in waits.items()}


def ends(lives: Lives) -> tuple[Counter[str], Counter[str]]:
    """Count the names that lives start and end with."""
    known = list(lives)
    return Counter(life[0][0] for life in known), Counter(life[-1][0] for life in known)


def funnel_counts(lives: Lives, steps: Sequence[str], window: int) -> list[int]:
    """Count how many lives get to each of the steps."""
    depths = [funnel_depth(life, steps, window) for life in lives]
    return [sum(depth > place for depth in depths) for place in range(len(steps))]
