"""Event records, one on a line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from kundresa.core.errors import KundresaError
from kundresa.core.records import Event, parse_event
from kundresa.events.sources.quarantine import Mended
from kundresa.events.sources.reading import Piece, Progress, Reading, Rejected, collected
from kundresa.events.sources.text_file import lines_of, too_long
from kundresa.events.sources.text_file import reading as reading_of
from kundresa.store.rows import events_to_rows

BATCH: Final = 20_000


def read_jsonl(path: Path | str, *, zone: str = "UTC", progress: Progress | None = None) -> Reading:
    """Read a file of event records, plain or gzip; every bad line is kept with its reason."""
    return collected(record_pieces(Path(path), zone=zone), progress)


def record_pieces(file: Path, *, zone: str = "UTC", skip: int = 0) -> Iterator[Piece]:
    """Read a file of event records piece by piece, without its first ``skip`` records."""
    rows, events, rejected = 0, list[Event](), list[Rejected]()
    with reading_of(file) as stream:
        for number, line in lines_of(stream):
            if line is not None and not line.strip():
                continue
            rows += 1
            if rows <= skip:
                continue
            found = _event(line, f"{file.name}:{number}", zone)
            if isinstance(found, Event):
                events.append(found)
            else:
                text = None if line is None else line.decode()
                rejected.append(Rejected(file.name, number, found, text))
            if len(events) + len(rejected) >= BATCH:
                yield Piece(file.name, rows, stream.share, [events_to_rows(events)], rejected)
                events, rejected = [], []
    yield Piece(file.name, rows, 1.0, [events_to_rows(events)], rejected)


def mended_records(mended: Sequence[Mended], *, skip: int = 0) -> Iterator[Piece]:
    """Read event records that were put aside and mended, without the first ``skip``."""
    events, rejected = list[Event](), list[Rejected]()
    for row in mended[skip:]:
        text = row.row if isinstance(row.row, str) else json.dumps(row.row)
        found = _event(text.encode(), f"{row.file}:{row.line}", "UTC")
        if isinstance(found, Event):
            events.append(found)
        else:
            rejected.append(Rejected(row.file, row.line, found, row.row))
    yield Piece("rows put aside", len(mended), 1.0, [events_to_rows(events)], rejected)


def _event(line: bytes | None, place: str, zone: str) -> Event | str:
    """Read one line; give the event, or why there is none."""
    if line is None:
        return too_long()
    try:
        return parse_event(json.loads(line.decode()), place=place, zone=zone)
    except UnicodeDecodeError:
        raise
    except (ValueError, RecursionError) as error:
        return f"is not JSON: {error}"
    except KundresaError as error:
        faults = (f"{f.place.rpartition(':')[2]} {f.message}" for f in error.faults)
        return "; ".join(faults) or str(error)
