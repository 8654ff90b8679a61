"""Events from a file, for commands that need no workspace."""

from __future__ import annotations

from pathlib import Path

import click

from kundresa.cli.answers import Progress
from kundresa.core.errors import BadInputError, Fault
from kundresa.events.sources import Reading, read_jsonl, read_mapped, read_mapping
from kundresa.store import EventTable

_SHOWN = 20


def read_file(path: Path) -> Reading:
    """Read a file of event records, or the tables that a mapping names."""
    if path.suffix in (".yaml", ".yml"):
        return read_mapped(read_mapping(path), progress=Progress(f"Reading {path.name}"))
    return read_jsonl(path)


def refuse_bad_rows(reading: Reading, path: Path) -> None:
    """Stop when rows were rejected, and say which."""
    if not reading.rejected:
        return
    faults = [Fault(f"{bad.file}:{bad.line}", bad.reason) for bad in reading.rejected[:_SHOWN]]
    more = len(reading.rejected) - len(faults)
    raise BadInputError(
        f"{len(reading.rejected):,} of {reading.rows:,} rows of {path} can't be read"
        + (f"; the first {_SHOWN}:" if more else ":"),
        hint="Mend them, or leave them out with --skip-bad.",
        faults=faults,
    )


def read_events(path: Path, *, skip_bad: bool) -> EventTable:
    """Read a file as a table in memory."""
    reading = read_file(path)
    if skip_bad and reading.rejected:
        click.echo(f"Left out {len(reading.rejected):,} of {reading.rows:,} rows.", err=True)
    elif not skip_bad:
        refuse_bad_rows(reading, path)
    return EventTable.from_events(reading.events)
