"""Compaction: rows of deltas move into one sorted part per bucket, where that is worth it.

A bucket is rewritten when the profiles that its deltas touch hold more than `WORTH` of its rows:
from there on, putting them together at each reading costs more (measured, `docs/decisions`).
What isn't worth it yet is put together into one delta.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from kundresa.store.columns import Block, column_or_empty, together
from kundresa.store.objects import Objects
from kundresa.store.part import Ints, PartReader, bucket_of, in_order, write_part
from kundresa.store.snapshot import is_in, resolve, roots
from kundresa.store.version import Part, Version

WORTH: Final = 0.12
MANY: Final = 24
"""More deltas than this are put together even where no bucket is worth rewriting."""


def compacted(
    objects: Objects, before: Version, cache: Path | None, *, whole: bool
) -> Version | None:
    """Give a version with the same events in fewer, better sorted parts; None if none is worth it.

    Holds the rows of one bucket in memory at a time, and those of the deltas that stay deltas.
    """
    canonical = roots(before.aliases)
    readers = {part.name: PartReader(objects, part, cache) for part in before.parts}
    deltas = [readers[part.name] for part in before.deltas]
    moved = _moved(before, readers, canonical)
    chosen = [
        bucket
        for bucket in range(before.buckets)
        if whole or _is_worth(before, readers, deltas, moved, bucket)
    ]
    chosen = [bucket for bucket in chosen if moved[bucket] or _has_rows(deltas, bucket)]
    if not chosen and len(deltas) <= MANY:
        return None
    return _rewritten(objects, before, readers, canonical, chosen)


def split_again(
    objects: Objects, before: Version, cache: Path | None, aliases: Mapping[int, int],
    gone: set[int],
) -> Version:  # fmt: skip
    """Give a version in which rows that were moved to another profile are their own again."""
    readers = {part.name: PartReader(objects, part, cache) for part in before.parts}
    sources = np.array(sorted(gone), np.int64)
    holding = {
        name
        for name, reader in readers.items()
        if "origin" in reader.part.columns and is_in(reader.column("origin"), sources).any()
    }
    if not holding:
        return before
    buckets = [bucket for bucket, part in before.base.items() if part.name in holding]
    canonical = roots(aliases)
    # Rows may go to any bucket; so what leaves a bucket becomes a delta, and deltas are made anew.
    return _rewritten(objects, before, readers, canonical, buckets)


def _rewritten(
    objects: Objects, before: Version, readers: Mapping[str, PartReader],
    canonical: Mapping[int, int], chosen: Sequence[int],
) -> Version:  # fmt: skip
    base = dict(before.base)
    staying: list[Block] = []
    for part in before.deltas:
        block = _canonical(readers[part.name].block(), canonical)
        staying.append(block.take(_rows_outside(block, chosen, before.buckets)))
    for bucket in chosen:
        blocks = [_of_bucket(readers[p.name], p, bucket, canonical, before) for p in before.deltas]
        if bucket in base:
            part = base.pop(bucket)
            own = _canonical(readers[part.name].block(), canonical)
            here = bucket_of(own.columns["profile"], before.buckets) == bucket
            staying.append(own.take(np.flatnonzero(~here)))
            blocks.append(own.take(np.flatnonzero(here)))
        block = together(blocks)
        if len(block):
            base[bucket] = _written(objects, block, before.buckets)
    rest = together(staying) if staying else None
    deltas = (_written(objects, rest, before.buckets),) if rest is not None and len(rest) else ()
    return replace(before, base=base, deltas=deltas)


def _of_bucket(
    reader: PartReader, part: Part, bucket: int, canonical: Mapping[int, int], before: Version
) -> Block:
    if canonical:
        block = _canonical(reader.block(), canonical)
        here = bucket_of(block.columns["profile"], before.buckets) == bucket
        return block.take(np.flatnonzero(here))
    return reader.block(slice(part.bounds[bucket], part.bounds[bucket + 1]))


def _rows_outside(block: Block, chosen: Sequence[int], buckets: int) -> Ints:
    bucket = bucket_of(block.columns["profile"], buckets)
    return np.flatnonzero(~np.isin(bucket, chosen))


def _canonical(block: Block, canonical: Mapping[int, int]) -> Block:
    """Give rows to whom they belong now, and keep whose they were."""
    origin = column_or_empty(block, "origin")
    profile = resolve(origin, canonical)
    columns = {**block.columns, "profile": profile, "origin": origin}
    if (profile == origin).all():
        del columns["origin"]
    return Block(columns, block.texts)


def _written(objects: Objects, block: Block, buckets: int) -> Part:
    return write_part(objects, in_order(block.without_empty(), buckets), buckets)


def _has_rows(deltas: Sequence[PartReader], bucket: int) -> bool:
    return any(reader.part.bounds[bucket + 1] > reader.part.bounds[bucket] for reader in deltas)


def _moved(
    before: Version, readers: Mapping[str, PartReader], canonical: Mapping[int, int]
) -> list[bool]:
    """Tell which buckets hold rows of profiles that are known to be others."""
    sources = np.array(sorted(canonical), np.int64)
    found = [False] * before.buckets
    for bucket, part in before.base.items():
        found[bucket] = bool(is_in(sources, readers[part.name].profiles()).any())
    return found


def _is_worth(
    before: Version, readers: Mapping[str, PartReader], deltas: Sequence[PartReader],
    moved: Sequence[bool], bucket: int,
) -> bool:  # fmt: skip
    pieces = [
        reader.column("profile")[reader.part.bounds[bucket] : reader.part.bounds[bucket + 1]]
        for reader in deltas
    ]
    touched = np.unique(np.concatenate(pieces)) if pieces else np.zeros(0, np.int64)
    if bucket not in before.base:
        return bool(len(touched))
    reader = readers[before.base[bucket].name]
    affected = is_in(reader.profiles(), touched)
    if moved[bucket]:
        affected |= is_in(reader.profiles(), np.array(sorted(before.aliases), np.int64))
    rows = int(np.diff(reader.offsets())[affected].sum()) + sum(map(len, pieces))
    return rows > WORTH * len(reader)
