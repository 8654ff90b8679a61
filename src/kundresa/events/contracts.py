"""What crosses the door of events."""

from __future__ import annotations

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
