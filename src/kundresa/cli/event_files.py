"""Events from a file, for commands that need no workspace."""

from __future__ import annotations

from pathlib import Path

import click

from kundresa.cli.answers import Progress
from kundresa.events.sources import Contents, read_source, refuse_bad_rows, source_of
from kundresa.store import EventTable


def read_file(path: Path) -> Contents:
    """Read a file of event records or a mapping, and tell how far it is."""
    return read_source(source_of(path), progress=Progress(f"Reading {path.name}"))


def read_events(path: Path, *, skip_bad: bool) -> EventTable:
    """Read a file as a table in memory."""
    reading = read_file(path)
    if skip_bad and reading.rejected:
        click.echo(f"Left out {len(reading.rejected):,} of {reading.rows:,} rows.", err=True)
    elif not skip_bad:
        refuse_bad_rows(reading, str(path))
    return reading.table()
