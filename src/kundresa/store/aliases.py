"""Aliases: which profiles are known to be others, in files that are only ever added to.

A version names the files, not the aliases: there may be a million, and most versions change none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kundresa.store.objects import Objects

Ints = NDArray[np.int64]
GROWTH: Final = 2
"""A file has so many times the aliases of the one after it, at least, as with dictionaries."""

_ENDING: Final = "aliases"


class Roots(dict[int, int]):
    """Leads from a profile to the one at the end of its aliases; not to be changed."""

    @cached_property
    def columns(self) -> tuple[Ints, Ints]:
        """Give the profiles, sorted, and the one of each."""
        sources = np.fromiter(self.keys(), np.int64, len(self))
        targets = np.fromiter(self.values(), np.int64, len(self))
        order = np.argsort(sources)
        return sources[order], targets[order]


class Aliases(dict[int, int]):
    """Leads from a profile to the one it is known to be; not to be changed."""

    @cached_property
    def roots(self) -> Roots:
        """Follow aliases to their ends; a ring ends at its smallest profile."""
        found = Roots()
        for source in self:
            seen, profile = [source], self[source]
            while profile in self and profile not in seen:
                seen.append(profile)
                profile = self[profile]
            end = min(seen[seen.index(profile) :]) if profile in seen else profile
            if source != end:
                found[source] = end
        return found

    @cached_property
    def name(self) -> str:
        """Give a text that changes whenever an alias does."""
        pairs = np.array(sorted(self.items()), np.int64)
        return hashlib.sha256(pairs.tobytes()).hexdigest()


def resolve(profile: Ints, canonical: Roots) -> Ints:
    """Give the profile that each is known to be."""
    if not canonical:
        return profile
    sources, targets = canonical.columns
    places = np.minimum(np.searchsorted(sources, profile), len(sources) - 1)
    return np.where(sources[places] == profile, targets[places], profile)


# Most versions name the files that the one before named.
@lru_cache(maxsize=4)
def aliases_of(objects: Objects, files: tuple[str, ...]) -> Aliases:
    """Read aliases; a later file has the last word, and one to itself is none any more."""
    pairs = _pairs(objects, files)
    return Aliases({source: target for source, target in pairs.items() if source != target})


def added(objects: Objects, files: tuple[str, ...], changed: Mapping[int, int]) -> tuple[str, ...]:
    """Write changed aliases and give the files of all; an alias to itself takes one away."""
    kept, size = len(files), len(changed)
    while kept and len(pairs := _read(objects, files[kept - 1])[0]) < GROWTH * size:
        kept -= 1
        size += len(pairs)
    found = {**_pairs(objects, files[kept:]), **changed}
    if not kept:
        found = {source: target for source, target in found.items() if source != target}
    return (*files[:kept], _written(objects, found)) if found else files[:kept]


def _pairs(objects: Objects, files: tuple[str, ...]) -> dict[int, int]:
    found: dict[int, int] = {}
    for name in files:
        sources, targets = _read(objects, name)
        found.update(zip(sources.tolist(), targets.tolist(), strict=True))
    return found


def _written(objects: Objects, aliases: Mapping[int, int]) -> str:
    columns = {
        "source": pa.array(aliases.keys(), pa.int64()),
        "target": pa.array(aliases.values(), pa.int64()),
    }
    sink = pa.BufferOutputStream()
    batch = pa.record_batch(columns)
    with pa.ipc.new_file(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return objects.put(sink.getvalue(), _ENDING)


# A file never changes, and adding looks at how long the last ones are.
@lru_cache(maxsize=64)
def _read(objects: Objects, name: str) -> tuple[Ints, Ints]:
    with objects.open(name) as file:
        table = pa.ipc.open_file(pa.py_buffer(file.read())).read_all()
    return table.column("source").to_numpy(), table.column("target").to_numpy()
