"""One version of a store as slabs: every event stands in exactly one, whole profiles together.

A part whose profiles stand nowhere else is a slab as it lies. The rows of profiles that several
parts share, or that are known to be one, are put together in a slab of their own, and the parts
skip them: late and merged data are read right without being rewritten first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, cached_property
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kundresa.store.aliases import Roots, resolve
from kundresa.store.columns import Block, Column, empty_value, is_text, together
from kundresa.store.dictionary import Dictionaries
from kundresa.store.merging import Runs, in_order
from kundresa.store.merging import together as joined
from kundresa.store.objects import Objects
from kundresa.store.part import Ints, PartReader, bucket_of, readers_of
from kundresa.store.version import Version

Bools = NDArray[np.bool_]
SMALL: Final = 65_536
"""Deltas of fewer rows are always put together: a slab of its own costs more than copying it."""


class Slab(Protocol):
    """Rows sorted by profile and time.

    ``profiles`` and ``offsets`` say which rows are whose; where ``skip`` is True the profile's
    rows stand in another slab.
    """

    profiles: Ints
    offsets: Ints
    skip: Bools

    def column(self, name: str) -> Column:
        """Give a column of shape (n_rows,)."""

    def text(self, name: str) -> pa.Array:
        """Give a column of plain text."""


class PartSlab:
    """A part as it lies."""

    def __init__(self, reader: PartReader, skip: Bools) -> None:
        self._reader = reader
        self.profiles = reader.profiles()
        self.offsets = reader.offsets()
        self.skip = skip

    def column(self, name: str) -> Column:
        """Give a column."""
        return self._reader.column(name)

    def text(self, name: str) -> pa.Array:
        """Give a column of plain text."""
        return self._reader.text(name)


class MergedSlab:
    """Rows of several parts, put together; columns are gathered when they are asked for."""

    def __init__(self, pieces: Sequence[tuple[PartReader, Bools]], canonical: Roots) -> None:
        self._pieces = [
            (reader, rows_of_profiles(reader.offsets(), chosen)) for reader, chosen in pieces
        ]
        ends = np.cumsum([0, *(len(rows) for _, rows in self._pieces)])
        runs = [
            runs_of(reader, chosen, rows, int(first), canonical)
            for (reader, chosen), (_, rows), first in zip(
                pieces, self._pieces, ends[:-1], strict=True
            )
        ]
        time, arrival = self._gather("time"), cache(lambda: self._gather("sequence"))
        self._order, self.profiles, self.offsets = in_order(joined(runs), time, arrival)
        self.skip = np.zeros(len(self.profiles), bool)
        self._kept: dict[str, Column] = {"time": time[self._order]}

    def column(self, name: str) -> Column:
        """Give a column."""
        if name not in self._kept:
            self._kept[name] = (
                np.repeat(self.profiles, np.diff(self.offsets))
                if name == "profile"
                else self._gather(name)[self._order]
            )
        return self._kept[name]

    def text(self, name: str) -> pa.Array:
        """Give a column of plain text."""
        pieces = [reader.text(name).take(pa.array(rows)) for reader, rows in self._pieces]
        whole = pa.concat_arrays(pieces) if pieces else pa.array([], pa.string())
        return whole.take(pa.array(self._order))

    def _gather(self, name: str) -> Column:
        pieces = [reader.column(name)[rows] for reader, rows in self._pieces]
        if not pieces:
            sort = (
                np.int64
                if name in ("profile", "origin", "sequence", "time")
                else empty_value(name).dtype
            )
            return np.zeros(0, sort)
        return np.concatenate(pieces)


def runs_of(reader: PartReader, chosen: Bools, rows: Ints, first: int, canonical: Roots) -> Runs:
    """Give the runs of some profiles of a part, whose rows are gathered from ``first`` on."""
    starts = np.cumsum(np.diff(reader.offsets())[chosen])
    opens = np.zeros(len(rows) + 1, bool)
    opens[0], opens[starts] = True, True
    if "origin" not in reader.part.columns:
        owner = resolve(reader.profiles()[chosen], canonical)
    else:
        # Under one profile may stand rows that are others' now.
        owners = resolve(reader.column("origin")[rows], canonical)
        opens[1:-1] |= owners[1:] != owners[:-1]
        owner = owners[np.flatnonzero(opens)[:-1]]
    edges = np.flatnonzero(opens) + first
    return Runs(owner, edges[:-1], edges[1:])


class Snapshot:
    """The events of one version; stays what it is while others write."""

    def __init__(self, objects: Objects, version: Version, cache: Path | None) -> None:
        self.version = version
        self.dictionaries = Dictionaries(objects, version.dictionaries)
        self._readers = readers_of(objects, version.parts, cache)
        self.canonical = version.aliases.roots

    @cached_property
    def slabs(self) -> tuple[Slab, ...]:
        """Give the slabs; those with nothing but skipped profiles are left out."""
        shared = self._shared()
        slabs: list[Slab] = []
        pieces: list[tuple[PartReader, Bools]] = []
        for reader in self._readers.values():
            skip = is_in(reader.profiles(), shared)
            if not skip.all():
                slabs.append(PartSlab(reader, skip))
            if skip.any():
                pieces.append((reader, skip))
        if pieces:
            slabs.append(MergedSlab(pieces, self.canonical))
        return tuple(slabs)

    def load(self, names: Sequence[str], *, threads: int) -> None:
        """Have some columns of all parts at hand, read side by side; others are read when asked."""
        missing = [reader for reader in self._readers.values() if not reader.has(names)]
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda reader: reader.load(names), missing))

    def blocks(self) -> Iterator[Block]:
        """Give all columns of all rows, slab by slab, with canonical profiles."""
        for slab in self.slabs:
            yield slab_block(slab, self.column_names())

    def column_names(self) -> list[str]:
        """Name every column that some part has."""
        return list(dict.fromkeys(name for part in self.version.parts for name in part.columns))

    def _shared(self) -> Ints:
        """Give, sorted, the profiles whose rows must be put together."""
        deltas = [self._readers[part.name] for part in self.version.deltas]
        large = [reader.profiles() for reader in deltas if len(reader) >= SMALL]
        small = [reader.profiles() for reader in deltas if len(reader) < SMALL]
        found = [*small]
        if large:
            profiles, counts = np.unique(np.concatenate(large), return_counts=True)
            found.append(profiles[counts > 1])
        touched = np.unique(np.concatenate([*large, *small])) if deltas else np.zeros(0, np.int64)
        bucket = bucket_of(touched, self.version.buckets)
        for number, part in self.version.base.items():
            here = touched[bucket == number]
            found.append(here[is_in(here, self._readers[part.name].profiles())])
        found.append(self._aliased())
        return np.unique(np.concatenate(found))

    def _aliased(self) -> Ints:
        """Give the profiles that hold rows of others as they lie, and those others."""
        found = [misplaced(reader, self.canonical) for reader in self._readers.values()]
        return np.unique(np.concatenate(found)) if found else np.zeros(0, np.int64)


def misplaced(reader: PartReader, canonical: Roots) -> Ints:
    """Give the profiles under which a part holds rows that aren't theirs, and whose they are.

    Rows stand under whom they were known to be when the part was written; what is known since, or
    known no more, is told by the aliases and the rows' origins.
    """
    profiles = reader.profiles()
    owners = resolve(profiles, canonical)
    under, origins = reader.moved()
    theirs = resolve(origins, canonical)
    away, other = profiles != owners, under != theirs
    return np.concatenate([profiles[away], owners[away], under[other], theirs[other]])


def slab_block(slab: Slab, names: Sequence[str]) -> Block:
    """Give some columns of a slab's own rows."""
    rows = rows_of_profiles(slab.offsets, ~slab.skip)
    columns = {name: slab.column(name)[rows] for name in names if not is_text(name)}
    texts = {name: slab.text(name).take(pa.array(rows)) for name in names if is_text(name)}
    return Block(columns, texts)


def whole(snapshot: Snapshot) -> Block:
    """Give all rows as one block."""
    return together(list(snapshot.blocks()))


def is_in(values: Ints, sorted_set: Ints) -> Bools:
    """Tell which values stand in a sorted set."""
    if not len(sorted_set):
        return np.zeros(len(values), bool)
    places = np.minimum(np.searchsorted(sorted_set, values), len(sorted_set) - 1)
    found: Bools = sorted_set[places] == values
    return found


def rows_of_profiles(offsets: Ints, chosen: Bools) -> Ints:
    """Give the rows of some profiles, in order."""
    first, counts = offsets[:-1][chosen], np.diff(offsets)[chosen]
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    rows: Ints = np.arange(total) + np.repeat(first - (ends - counts), counts)
    return rows
