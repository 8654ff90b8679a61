"""What reading a file gave: events as rows of the store, readings, and every bad row."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import pyarrow as pa

from kundresa.core.errors import BadInputError, Fault
from kundresa.events.sources.readings import Readings
from kundresa.store import EventTable
from kundresa.store.rows import table_from_rows

SHOWN: Final = 20
Progress = Callable[[str, int], None]
"""Is told what is being read and how many rows were, now and then."""


@dataclass(frozen=True)
class Rejected:
    """A row that gave nothing because something in it is wrong."""

    file: str
    line: int
    reason: str
    row: Any
    rule: str = ""
    number: str = ""
    """Which row of the file it is, where the mapping makes a profile of that."""

    def to_json(self) -> dict[str, Any]:
        """Give it as a line of a quarantine file."""
        told = vars(self).items()
        return {key: value for key, value in told if value or key not in ("rule", "number")}


@dataclass
class Contents:
    """What a file gave."""

    tables: list[pa.Table] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    rows: int = 0
    readings: list[Readings] = field(default_factory=list)

    @property
    def event_count(self) -> int:
        """Count the events."""
        return sum(table.num_rows for table in self.tables)

    def table(self) -> EventTable:
        """Give the events as columns for the measures."""
        return table_from_rows(self.tables)


@dataclass
class Piece:
    """What some rows of a source gave.

    ``rows`` counts the rows of the source up to here, over all its files; ``share`` says which
    part of its bytes that is; ``name`` what they were read from.
    """

    name: str
    rows: int
    share: float
    tables: list[pa.Table] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    readings: list[Readings] = field(default_factory=list)


def collected(pieces: Iterable[Piece], progress: Progress | None = None) -> Contents:
    """Put all pieces together."""
    reading = Contents()
    for piece in pieces:
        reading.tables += piece.tables
        reading.rejected += piece.rejected
        reading.readings += piece.readings
        reading.rows = piece.rows
        if progress:
            progress(piece.name, piece.rows)
    return reading


def refuse_bad_rows(reading: Contents, name: str) -> None:
    """Raise one error that tells the first bad rows, or return when there is none."""
    if not reading.rejected:
        return
    faults = [Fault(f"{bad.file}:{bad.line}", bad.reason) for bad in reading.rejected[:SHOWN]]
    more = len(reading.rejected) > len(faults)
    raise BadInputError(
        f"{len(reading.rejected):,} of {reading.rows:,} rows of {name} can't be read"
        + (f"; the first {SHOWN}:" if more else ":"),
        hint="Mend them, or leave them out (--skip-bad, skip_bad=True).",
        faults=faults,
    )
