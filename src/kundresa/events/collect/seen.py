"""Which message ids came in before, in memory: for each the hash, and the number of its row.

An index of random ids on disk costs a page of writing for each id. Here a look-up only says where
the same id could stand; the row itself decides. Tables hold buckets and are never made anew, each
next one is larger, so that no request waits while the ids of millions move.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Final

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Numbers = NDArray[np.int64]

_WIDE: Final = 16
_BUCKETS: Final = 1 << 10
_MOST_BUCKETS: Final = 1 << 18
_GROWTH: Final = 8
_FULL: Final = 2 / 3
"""At this share of full slots, one id in a hundred finds its bucket full and is spilt."""
_MOST_APART: Final = (1 << 32) - 1


def hash_ids(ids: Iterable[tuple[int, str]]) -> Hashes:
    """Hash workspaces with message ids, 64 bits each; 0 stands for an empty slot and never comes.

    Nobody can choose ids of one hash: they would fill one bucket and slow everybody down.
    """
    digests = [blake2b(f"{one} {name}".encode(), digest_size=8).digest() for one, name in ids]
    return np.maximum(read_hashes(digests), np.uint64(1))


def read_hashes(blobs: Sequence[bytes]) -> Hashes:
    """Read what `hash_ids` gave and `Hashes.tobytes` wrote."""
    return np.frombuffer(b"".join(blobs), "<u8").astype(np.uint64, copy=False)


class Seen:
    """The ids of one day."""

    def __init__(self) -> None:
        self._tables: list[_Table] = []
        self._spilt: dict[int, list[int]] = {}

    def places(self, hashes: Hashes) -> list[tuple[int, int]]:
        """Give the index of each hash that came before, with the number of each row it could be."""
        found = [place for table in self._tables for place in table.places(hashes)]
        plain = hashes.tolist()
        if not self._spilt.keys().isdisjoint(plain):
            for index, one in enumerate(plain):
                found.extend((index, number) for number in self._spilt.get(one, ()))
        return found

    def add(self, hashes: Hashes, numbers: Numbers) -> None:
        """Note ids with the numbers of their rows, which rise."""
        start = 0
        while start < len(hashes):
            table = self._table_for(int(numbers[start]))
            end = min(len(hashes), start + table.room)
            end = int(np.searchsorted(numbers[:end], table.base + _MOST_APART))
            for one, number in table.add(hashes[start:end], numbers[start:end]):
                self._spilt.setdefault(one, []).append(number)
            start = end

    def _table_for(self, number: int) -> _Table:
        last = self._tables[-1] if self._tables else None
        if last is None or not last.room or number - last.base >= _MOST_APART:
            larger = _GROWTH * last.buckets if last else _BUCKETS
            self._tables.append(_Table(min(larger, _MOST_BUCKETS), number))
        return self._tables[-1]


class _Table:
    """Buckets of hashes; a row's number stands beside its hash, counted from ``base``."""

    def __init__(self, buckets: int, base: int) -> None:
        self.buckets = buckets
        self.base = base
        self.room = int(buckets * _WIDE * _FULL)
        self._hashes = np.zeros((buckets, _WIDE), np.uint64)
        self._numbers = np.zeros((buckets, _WIDE), np.uint32)

    def places(self, hashes: Hashes) -> list[tuple[int, int]]:
        """Give index and number of each hash that stands here."""
        buckets = self._buckets_of(hashes)
        is_there = self._hashes.take(buckets, axis=0) == hashes[:, None]
        if not is_there.any():
            return []
        indexes, slots = np.nonzero(is_there)
        numbers = self._numbers[buckets[indexes], slots].astype(np.int64) + self.base
        return list(zip(indexes.tolist(), numbers.tolist(), strict=True))

    def add(self, hashes: Hashes, numbers: Numbers) -> list[tuple[int, int]]:
        """Put hashes into their buckets; give those whose bucket is full."""
        self.room -= len(hashes)
        order = np.argsort(self._buckets_of(hashes), kind="stable")
        hashes, numbers = hashes[order], numbers[order]
        buckets = self._buckets_of(hashes)
        taken = np.count_nonzero(self._hashes.take(buckets, axis=0), axis=1)
        slots = taken + _nth_of_equal(buckets)
        fits = slots < _WIDE
        at = buckets[fits], slots[fits]
        self._hashes[at] = hashes[fits]
        self._numbers[at] = numbers[fits] - self.base
        return list(zip(hashes[~fits].tolist(), numbers[~fits].tolist(), strict=True))

    def _buckets_of(self, hashes: Hashes) -> Numbers:
        return (hashes & np.uint64(self.buckets - 1)).astype(np.int64)


def _nth_of_equal(ordered: Numbers) -> Numbers:
    """Count, from 0, how many equal ones stand before each."""
    places = np.arange(len(ordered))
    begins = np.ones(len(ordered), bool)
    begins[1:] = ordered[1:] != ordered[:-1]
    return places - np.maximum.accumulate(np.where(begins, places, 0))
