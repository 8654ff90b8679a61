"""What crosses the door of events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kundresa.core.readings import Reading
from kundresa.events.sources.contents import Rejected


@dataclass(frozen=True)
class Imported:
    """What an import did: what it took of its source by now, and what it ``added`` this time.

    ``rows``, ``events`` and ``rejected`` count earlier calls with the same content too;
    ``added`` is 0 when everything had come before. Of ``readings``, ``readings_added`` are new and
    ``readings_corrected`` replaced another number this time; the others stood there already. The
    rest counts what is new: profiles, how many became part of others, identifiers, customer
    accounts, and identifiers that lead to several profiles and merge nothing.
    """

    rows: int
    events: int
    added: int
    rejected: int
    readings: int = 0
    readings_added: int = 0
    readings_corrected: int = 0
    profiles: int = 0
    merged: int = 0
    identifiers: int = 0
    accounts: int = 0
    shared: int = 0


@dataclass(frozen=True)
class TakenReadings:
    """What became of some readings: ``count`` stand in the table now, ``rejected`` don't."""

    count: int = 0
    added: int = 0
    corrected: int = 0
    rejected: tuple[Rejected, ...] = ()


@dataclass(frozen=True)
class SeriesKept:
    """A series at one place from one source, and from when until when it has readings."""

    series: str
    place_kind: str
    place: str
    source: str
    unit: str
    count: int
    begins: int
    ends: int


@dataclass(frozen=True)
class ReadingsWithin:
    """Readings that lie wholly in a period; ``cut`` ones lie in it only partly and are left out."""

    readings: tuple[Reading, ...]
    cut: int


@dataclass(frozen=True)
class SeriesTotal:
    """What a series comes to in a period.

    ``total`` is none where readings overlap, as days beside their month do: adding them would
    count twice. ``last`` is the value of the one that ends last, for series such as followers that
    don't add up. ``cut`` readings lie in the period only partly and are left out.
    """

    series: str
    place_kind: str
    place: str
    source: str
    unit: str
    total: float | None
    last: float | None
    count: int
    cut: int


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
