"""What crosses the door of events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Imported:
    """What an import did: what it took of its source by now, and what it ``added`` this time.

    ``rows``, ``events`` and ``rejected`` count earlier calls with the same content too;
    ``added`` is 0 when everything had come before.
    """

    rows: int
    events: int
    added: int
    rejected: int


@dataclass(frozen=True)
class Held:
    """What is held about a profile.

    ``identifiers`` lead to the profile and to nobody else, its own name among them. ``shared``
    also stand in events of other profiles, which keep them. ``events`` are those in the store,
    ``inbox`` the rows as they came in (kept for some days), ``quarantine`` the lines of rows that
    could not be imported, ``exports`` the files made of its data, ``uploads`` the files that wait to be
    imported and name it.
    """

    profile: str
    identifiers: tuple[str, ...]
    shared: tuple[str, ...]
    events: int
    inbox: int
    quarantine: int
    exports: int
    uploads: int = 0

    @property
    def is_nothing(self) -> bool:
        """Whether nothing at all was found."""
        return not any(self.counts.values())

    @property
    def counts(self) -> dict[str, int]:
        """How much it is, for the ledger."""
        names = ("events", "inbox", "quarantine", "exports", "uploads")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class Erased:
    """An erasure that is done; nothing in it names the customer."""

    erasure: str
    counts: Mapping[str, int]
