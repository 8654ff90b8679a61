"""Files become events: a mapping says which columns mean what, and every row is accounted for.

Knows no database: the same reading serves a command without a workspace and a job with one.
"""

from __future__ import annotations

from pathlib import Path

from kundresa.events.sources.contents import Contents, Piece, Progress, Rejected, refuse_bad_rows
from kundresa.events.sources.fingerprint import fingerprint
from kundresa.events.sources.guess import Guess, guess_mapping
from kundresa.events.sources.jsonl import read_jsonl
from kundresa.events.sources.mapping import Mapping, mapping_of, read_mapping
from kundresa.events.sources.origin import Origin, is_quarantine, origin_of, origin_of_mended
from kundresa.events.sources.quarantine import Quarantine
from kundresa.events.sources.readings import Readings
from kundresa.events.sources.rows import read_mapped
from kundresa.store import EventTable

__all__ = [
    "Contents",
    "Guess",
    "Mapping",
    "Origin",
    "Piece",
    "Quarantine",
    "Readings",
    "Rejected",
    "fingerprint",
    "guess_mapping",
    "is_quarantine",
    "mapping_of",
    "origin_of",
    "origin_of_mended",
    "read_events",
    "read_jsonl",
    "read_mapped",
    "read_mapping",
    "read_source",
    "refuse_bad_rows",
    "source_of",
]


def source_of(path: Path) -> Path | Mapping:
    """Give the mapping that a file holds, or the file of event records itself."""
    return read_mapping(path) if path.suffix in (".yaml", ".yml") else path


def read_source(source: Path | Mapping, *, progress: Progress | None = None) -> Contents:
    """Read a file of event records, or the tables of a mapping."""
    if isinstance(source, Path):
        return read_jsonl(source, progress=progress)
    return read_mapped(source, progress=progress)


def read_events(path: Path | str, *, skip_bad: bool = False) -> EventTable:
    """Read a file of event records (.jsonl, .jsonl.gz) or a mapping (.yaml) as columns.

    Raises
    ------
    BadInputError
        If the file can't be read, or holds bad rows and these are not to be left out.
    """
    reading = read_source(source_of(Path(path)))
    if not skip_bad:
        refuse_bad_rows(reading, str(path))
    return reading.table()
