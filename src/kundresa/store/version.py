"""The version of a store: which parts, dictionaries and aliases count, how far logs are read.

A version is one small document. It is the only thing that changes, and it changes in one step:
a file ``CURRENT`` that is replaced, or one row of a database.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Final

from kundresa.core.errors import BadInputError, NewerFormatError
from kundresa.store.aliases import Aliases, aliases_of
from kundresa.store.objects import Objects

FORMAT: Final = 4
OLDEST: Final = 2
"""Versions of this format and later are read as they are, older ones brought up first."""

WITHOUT_FILES: Final = 3
"""Up to this format, versions list the aliases themselves."""

KEPT: Final = "kept"
BUCKETS: Final = 16


@dataclass(frozen=True)
class Part:
    """One immutable file of rows, sorted by bucket, profile, time and arrival.

    ``bounds`` has the first row of each bucket and the number of rows: shape (buckets + 1,).
    ``first`` and ``last`` are the times of the earliest and latest event, UTC microseconds.
    """

    name: str
    rows: int
    first: int
    last: int
    columns: tuple[str, ...]
    bounds: tuple[int, ...]


@dataclass(frozen=True)
class Version:
    """What counts now.

    ``base`` has the compacted part of each bucket; ``deltas`` came since, oldest first.
    ``dictionaries`` names the files that hold each dictionary's texts, in order of their codes.
    ``aliases`` leads from a profile to the one it is known to be, and ``alias_files`` names the
    files that say so; formats before 4 had none.
    """

    number: int = 0
    buckets: int = BUCKETS
    base: Mapping[int, Part] = field(default_factory=dict)
    deltas: tuple[Part, ...] = ()
    dictionaries: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    aliases: Aliases = field(default_factory=Aliases)
    alias_files: tuple[str, ...] = ()
    marks: Mapping[str, int] = field(default_factory=dict)
    sequence: int = 0

    @property
    def parts(self) -> tuple[Part, ...]:
        """Give every part."""
        return (*self.base.values(), *self.deltas)

    @property
    def event_count(self) -> int:
        """Count the events of all parts."""
        return sum(part.rows for part in self.parts)

    @property
    def properties(self) -> frozenset[str]:
        """Give the properties that have columns in any part."""
        columns = {column for part in self.parts for column in part.columns}
        return frozenset(one.split("/", 2)[2] for one in columns if one.startswith("p/"))

    @property
    def name(self) -> str:
        """Give a short name that changes whenever the events or the aliases do: a cache key."""
        said = [*(part.name for part in self.parts), self.aliases.name]
        return hashlib.sha256(",".join(said).encode()).hexdigest()[:16]

    def objects(self) -> Iterator[str]:
        """Name every file that this version needs."""
        yield from (part.name for part in self.parts)
        for files in self.dictionaries.values():
            yield from files
        yield from self.alias_files

    def after(self, **changes: Any) -> Version:
        """Give the next version with some things changed."""
        return replace(self, number=self.number + 1, **changes)


def to_text(version: Version) -> str:
    """Write a version down."""
    body = {
        "kundresa_store": FORMAT,
        "version": version.number,
        "buckets": version.buckets,
        "base": {str(bucket): vars(part) for bucket, part in version.base.items()},
        "deltas": [vars(part) for part in version.deltas],
        "dictionaries": {name: list(files) for name, files in version.dictionaries.items()},
        "aliases": list(version.alias_files),
        "marks": dict(version.marks),
        "sequence": version.sequence,
    }
    return json.dumps(body, separators=(",", ":"))


def in_database() -> str:
    """Give what stands in the place of a version whose store has its version in a database.

    Any release refuses it, so that nobody writes a second version of the same store.
    """
    return json.dumps({"kundresa_store": FORMAT, KEPT: "database"})


def is_in_database(text: str) -> bool:
    """Tell whether a text only says that the version is in a database."""
    try:
        return _body(text).get(KEPT) == "database"
    except (ValueError, TypeError):
        return False


# Every look at a store reads its version, which mostly is the one that was read before.
@lru_cache(maxsize=4)
def _body(text: str) -> Mapping[str, Any]:
    """Give what a version of any format says."""
    body = json.loads(text)
    if not isinstance(body, dict):
        raise TypeError("it is no object")
    return body


def number_of(text: str, place: str) -> int:
    """Give the number of a version of any format; 0 where there is none yet."""
    if not text:
        return 0
    _refuse_foreign(text, place)
    try:
        return int(_body(text)["version"])
    except (ValueError, KeyError, TypeError) as error:
        raise _broken(place, error) from error


def format_of(text: str, place: str) -> int:
    """Tell in which format a version is written; a newer one is refused.

    Raises
    ------
    NewerFormatError
        If a newer release wrote it.
    BadInputError
        If it isn't a version at all.
    """
    try:
        found = int(_body(text)["kundresa_store"])
    except (ValueError, KeyError, TypeError) as error:
        raise _broken(place, error) from error
    if found > FORMAT:
        raise NewerFormatError(
            f"The store in {place} has format {found}; this release reads up to {FORMAT}.",
            hint="Start the newer release on this folder.",
        )
    _refuse_foreign(text, place)
    return found


def _refuse_foreign(text: str, place: str) -> None:
    if is_in_database(text):
        raise BadInputError(
            f"The store of {place} has its version in a database.",
            hint="Open it by its workspace, with the database that belongs to it.",
        )


@lru_cache(maxsize=4)
def whole(objects: Objects, text: str, place: str) -> Version:
    """Read a version with its aliases; ``place`` names it in errors.

    Raises
    ------
    FileNotFoundError
        If a file of aliases isn't there.
    """
    found = from_text(text, place)
    if not found.alias_files:
        return found
    return replace(found, aliases=aliases_of(objects, found.alias_files))


def from_text(text: str, place: str) -> Version:
    """Read what stands in a version of this format or those before; ``place`` names it in errors."""
    try:
        body = _body(text)
        is_in_files = int(body["kundresa_store"]) > WITHOUT_FILES
        aliases = body["aliases"]
        return Version(
            number=int(body["version"]),
            buckets=int(body["buckets"]),
            base={int(bucket): _part(part) for bucket, part in body["base"].items()},
            deltas=tuple(_part(part) for part in body["deltas"]),
            dictionaries={name: tuple(files) for name, files in body["dictionaries"].items()},
            aliases=Aliases() if is_in_files else Aliases({int(s): int(t) for s, t in aliases}),
            alias_files=tuple(map(str, aliases)) if is_in_files else (),
            marks=body["marks"],
            sequence=int(body["sequence"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise _broken(place, error) from error


def _part(body: Mapping[str, Any]) -> Part:
    return Part(**{**body, "columns": tuple(body["columns"]), "bounds": tuple(body["bounds"])})


def _broken(place: str, error: Exception) -> BadInputError:
    return BadInputError(f"{place} can't be read: {error}.", hint="Restore it from a backup.")
