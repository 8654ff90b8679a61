"""Erasing profiles from a store: their rows, and every text that only they used."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from kundresa.store import dictionary
from kundresa.store.aliases import Aliases, added
from kundresa.store.columns import CODED, Block, dictionary_of
from kundresa.store.dictionary import Dictionaries
from kundresa.store.objects import Objects
from kundresa.store.part import Ints, PartReader, readers_of, write_part
from kundresa.store.snapshot import Bools, is_in
from kundresa.store.version import Part, Version


def without(
    objects: Objects, before: Version, cache: Path | None, keys: Sequence[str]
) -> tuple[Version, int]:
    """Give a version without some profiles (and those known to be them), and the rows dropped."""
    words = Dictionaries(objects, before.dictionaries)
    named = {code for code in words.find("profile", keys) if code is not None}
    gone = np.array(sorted(_with_aliases(named, before)), np.int64)
    if not len(gone):
        return before, 0
    readers = readers_of(objects, before.parts, cache)
    masks = {name: _rows_of(reader, gone) for name, reader in readers.items()}
    _blank_texts(words, before, readers, masks)
    words.blank("profile", gone.tolist())
    dictionary.forget()
    kept = {name: _kept(objects, readers[name], masks[name], before) for name in readers}
    gone_too = set(gone.tolist())
    aliases = {s: t for s, t in before.aliases.items() if not {s, t} & gone_too}
    after = before.after(
        base={b: part for b, p in before.base.items() if (part := kept[p.name]) is not None},
        deltas=tuple(part for p in before.deltas if (part := kept[p.name]) is not None),
        dictionaries=words.files,
        aliases=Aliases(aliases),
        alias_files=added(objects, (), aliases),
    )
    return after, sum(int(mask.sum()) for mask in masks.values())


def _with_aliases(named: set[int], before: Version) -> set[int]:
    canonical = before.aliases.roots
    ends = {canonical.get(code, code) for code in named}
    return ends | named | {source for source, end in canonical.items() if end in ends}


def _rows_of(reader: PartReader, gone: Ints) -> Bools:
    # Whose a row is, its origin and the aliases say; it may still stand under somebody else.
    return is_in(reader.column("origin"), gone)


def _kept(objects: Objects, reader: PartReader, mask: Bools, before: Version) -> Part | None:
    if not mask.any():
        return reader.part
    block: Block = reader.block(np.flatnonzero(~mask)).without_empty()
    return write_part(objects, block, before.buckets) if len(block) else None


def _blank_texts(
    words: Dictionaries, before: Version, readers: dict[str, PartReader], masks: dict[str, Bools]
) -> None:
    """Blank the texts that stand in erased rows and in no others."""
    names = dict.fromkeys(name for part in before.parts for name in part.columns)
    for name in names:
        if name not in CODED and not name.startswith("p/text/"):
            continue
        size = len(words.texts(dictionary_of(name)))
        erased, staying = np.zeros(size + 1, bool), np.zeros(size + 1, bool)
        for part, reader in readers.items():
            codes = np.minimum(reader.column(name), size) if name in reader.part.columns else None
            if codes is not None:
                erased[codes[masks[part]]] = True
                staying[codes[~masks[part]]] = True
        lonely = np.flatnonzero(erased[:size] & ~staying[:size])
        if len(lonely):
            words.blank(dictionary_of(name), lonely.tolist())
