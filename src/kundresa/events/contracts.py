"""What crosses the door of events."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Imported:
    """What an import found and did; ``added`` is 0 when the same content came before."""

    rows: int
    events: int
    added: int
    rejected: int
