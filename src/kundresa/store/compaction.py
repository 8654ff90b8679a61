"""Compaction: rows of deltas move into one sorted part per bucket, where that is worth it.

A bucket is rewritten when the profiles that its deltas touch hold more than `WORTH` of its rows:
from there on, putting them together at each reading costs more (measured, `docs/decisions`).
What isn't worth it yet is put together into one delta.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from kundresa.store.aliases import Roots, resolve
from kundresa.store.columns import Block, column_or_empty, together
from kundresa.store.dictionary import Dictionaries
from kundresa.store.objects import Objects
from kundresa.store.overflow import OVERFLOW
from kundresa.store.part import Ints, PartReader, bucket_of, in_order, readers_of, write_part
from kundresa.store.promotion import has_any, promoted
from kundresa.store.snapshot import is_in, misplaced
from kundresa.store.version import Part, Version

WORTH: Final = 0.12
MANY: Final = 24
"""More deltas than this are put together even where no bucket is worth rewriting."""


def compacted(
    objects: Objects,
    before: Version,
    cache: Path | None,
    *,
    whole: bool,
    wanted: AbstractSet[str] = frozenset(),
) -> Version | None:
    """Give a version with the same events in fewer, better sorted parts; None if none is worth it.

    Properties of the overflow that are ``wanted`` get columns, wherever they stand. Holds the rows
    of one bucket in memory at a time, and those of the deltas that stay deltas.
    """
    canonical = before.aliases.roots
    readers = readers_of(objects, before.parts, cache)
    deltas = [readers[part.name] for part in before.deltas]
    moved = _misplaced(before, readers, canonical)
    chosen = [
        bucket
        for bucket in range(before.buckets)
        if whole or _is_worth(before, readers, deltas, moved, bucket)
    ]
    asking = {part.name for part in before.parts if _asks(readers[part.name], wanted)}
    chosen = [b for b in chosen if len(moved.get(b, ())) or _has_rows(deltas, b)]
    chosen += [b for b, part in before.base.items() if part.name in asking and b not in chosen]
    if not chosen and not asking and len(deltas) <= MANY:
        return None
    words = Dictionaries(objects, before.dictionaries)

    def write(block: Block) -> Part:
        filled = promoted(block, wanted, words).without_empty()
        return write_part(objects, in_order(filled, before.buckets), before.buckets)

    return replace(_rewritten(before, readers, canonical, chosen, write), dictionaries=words.files)


def _rewritten(
    before: Version, readers: Mapping[str, PartReader], canonical: Roots,
    chosen: Sequence[int], write: Callable[[Block], Part],
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
            base[bucket] = write(block)
    rest = together(staying) if staying else None
    deltas = (write(rest),) if rest is not None and len(rest) else ()
    return replace(before, base=base, deltas=deltas)


def _of_bucket(
    reader: PartReader, part: Part, bucket: int, canonical: Roots, before: Version
) -> Block:
    # Rows that were moved by a join stand by whose they were then, which may be undone by now.
    if canonical or "origin" in part.columns:
        block = _canonical(reader.block(), canonical)
        here = bucket_of(block.columns["profile"], before.buckets) == bucket
        return block.take(np.flatnonzero(here))
    return reader.block(slice(part.bounds[bucket], part.bounds[bucket + 1]))


def _rows_outside(block: Block, chosen: Sequence[int], buckets: int) -> Ints:
    bucket = bucket_of(block.columns["profile"], buckets)
    return np.flatnonzero(~np.isin(bucket, chosen))


def _canonical(block: Block, canonical: Roots) -> Block:
    """Give rows to whom they belong now, and keep whose they were."""
    origin = column_or_empty(block, "origin")
    profile = resolve(origin, canonical)
    columns = {**block.columns, "profile": profile, "origin": origin}
    if (profile == origin).all():
        del columns["origin"]
    return Block(columns, block.texts)


def _asks(reader: PartReader, wanted: AbstractSet[str]) -> bool:
    """Tell whether a wanted property stands in a part's overflow."""
    if not wanted or OVERFLOW not in reader.part.columns:
        return False
    return has_any(reader.text(OVERFLOW), wanted)


def _has_rows(deltas: Sequence[PartReader], bucket: int) -> bool:
    return any(reader.part.bounds[bucket + 1] > reader.part.bounds[bucket] for reader in deltas)


def _misplaced(
    before: Version, readers: Mapping[str, PartReader], canonical: Roots
) -> dict[int, Ints]:
    """Give, by bucket, the profiles under which its part holds rows that aren't theirs."""
    return {
        bucket: np.unique(misplaced(readers[part.name], canonical))
        for bucket, part in before.base.items()
    }


def _is_worth(
    before: Version, readers: Mapping[str, PartReader], deltas: Sequence[PartReader],
    moved: Mapping[int, Ints], bucket: int,
) -> bool:  # fmt: skip
    pieces = [
        reader.column("profile")[reader.part.bounds[bucket] : reader.part.bounds[bucket + 1]]
        for reader in deltas
    ]
    touched = np.unique(np.concatenate(pieces)) if pieces else np.zeros(0, np.int64)
    if bucket not in before.base:
        return bool(len(touched))
    reader = readers[before.base[bucket].name]
    affected = is_in(reader.profiles(), touched) | is_in(reader.profiles(), moved[bucket])
    rows = int(np.diff(reader.offsets())[affected].sum()) + sum(map(len, pieces))
    return rows > WORTH * len(reader)
