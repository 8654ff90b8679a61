"""Events as in a busy shop, made in pieces of whole profiles, so that any size fits into memory.

Names follow Zipf's law, one profile has 1 to 500 events (log-normal, median 11), in sessions of
bursts over two months. No two events of a profile share a time, as no peer promises an order then.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from kundresa.core.times import DAY
from kundresa.store.rows import rows_of

NAMES = 200
PIECE = 1_000_000
FIRST = 1_735_689_600_000_000
_WORDS = pa.array([f"event_{rank + 1}" for rank in range(NAMES)])
_MOST_PROFILES = 1_000_000


def pieces(events: int) -> Iterator[pa.Table]:
    """Give rows for the store, `PIECE` at a time."""
    for seed, start in enumerate(range(0, events, PIECE)):
        yield piece(min(PIECE, events - start), seed)


def piece(count: int, seed: int) -> pa.Table:
    """Give rows of profiles that no piece of another seed has."""
    random = np.random.default_rng(seed)
    sizes = np.clip(random.lognormal(np.log(11), 1.1, count // 8 + 2).astype(int), 1, 500)
    ends = np.cumsum(sizes)
    profiles = int(np.searchsorted(ends, count)) + 1
    owner = np.repeat(np.arange(profiles), sizes[:profiles])[:count]
    gaps = np.where(random.random(count) < 0.15, random.exponential(2 * DAY, count),
                    random.exponential(40e6, count)).astype(np.int64) + 1  # fmt: skip
    clock = np.cumsum(gaps)
    first = np.concatenate([[0], ends[: profiles - 1]])
    start = random.integers(0, 60 * DAY, profiles)
    times = clock - np.repeat(clock[first] - start, sizes[:profiles])[:count] + FIRST
    weights = np.cumsum(1 / np.arange(1, NAMES + 1))
    name = np.searchsorted(weights, random.random(count) * weights[-1])
    return rows(owner, keys(np.arange(profiles) + seed * _MOST_PROFILES), name, times)


def keys(numbers: np.ndarray) -> pa.Array:
    """Give the keys of profiles."""
    return pa.array(numbers).cast(pa.string())


def late(names: pa.Array, count: int, seed: int) -> pa.Table:
    """Give events of profiles picked by chance, at any time of the two months."""
    random = np.random.default_rng(seed)
    owner = random.integers(0, len(names), count)
    times = FIRST + random.integers(0, 60 * DAY, count)
    return rows(owner, names, random.integers(0, NAMES, count), times)


def rows(owner: np.ndarray, names: pa.Array, name: np.ndarray, times: np.ndarray) -> pa.Table:
    """Give rows for the store; owners and names are places among the keys and the words."""
    coded = pa.DictionaryArray.from_arrays
    stamps = pa.array(times)
    return rows_of(
        {
            "profile": coded(pa.array(owner.astype(np.int32)), names),
            "event": coded(pa.array(name.astype(np.int32)), _WORDS),
            "time": stamps, "until": stamps,
            "precision": pa.repeat(pa.scalar("microsecond"), len(times)),
        },
        len(times),
    )  # fmt: skip
