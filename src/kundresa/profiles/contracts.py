"""What crosses the door of profiles."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

USER_ID: Final = "user_id"
ANONYMOUS_ID: Final = "anonymous_id"
PREVIOUS_ID: Final = "previous_id"
EMAIL: Final = "email"


@dataclass(frozen=True)
class MergeRules:
    """Which identifiers make two profiles one.

    ``types`` are tried in their order, the surest first. A value that leads to more than
    ``most_profiles`` profiles is a shared device or a made-up value, and merges nothing.
    """

    types: tuple[str, ...] = (USER_ID, ANONYMOUS_ID, EMAIL)
    most_profiles: int = 20


@dataclass(frozen=True)
class ProfileSeen:
    """A profile: ``number`` is its code in the store, ``key`` what the events call it.

    Times are UTC microseconds, over everything that was merged into it. ``merged`` are the numbers
    of those.
    """

    number: int
    key: str | None
    first_seen: int
    last_seen: int
    merged: tuple[int, ...] = ()


@dataclass(frozen=True)
class IdentifierSeen:
    """An identifier that leads to a profile: since when, and where it is from."""

    type: str
    value: str
    first_seen: int
    source: str


@dataclass(frozen=True)
class SharedIdentifier:
    """An identifier that leads to several profiles and merges nothing, and why."""

    type: str
    value: str
    profiles: int
    why: str


@dataclass(frozen=True)
class Counts:
    """How much a workspace has.

    ``profiles`` counts those that events name, ``merged`` how many of them are part of others;
    ``shared`` the identifiers that lead to several profiles and merge nothing.
    """

    profiles: int = 0
    identifiers: int = 0
    accounts: int = 0
    merged: int = 0
    shared: int = 0

    def since(self, before: Counts) -> Counts:
        """Give how much more it is than before; nothing where it is less."""
        names = (field.name for field in fields(self))
        return Counts(
            **{name: max(0, getattr(self, name) - getattr(before, name)) for name in names}
        )


@dataclass(frozen=True)
class Link:
    """A profile by its key, and every identifier's value that its events carry."""

    key: str
    values: frozenset[str]
