"""Event records, one on a line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from kundresa.core.errors import KundresaError
from kundresa.core.records import Event, parse_event
from kundresa.events.sources.reading import Progress, Reading, Rejected
from kundresa.events.sources.text_file import reading as reading_of
from kundresa.store.rows import events_to_rows

BATCH: Final = 20_000


def read_jsonl(path: Path | str, *, zone: str = "UTC", progress: Progress | None = None) -> Reading:
    """Read a file of event records, plain or gzip; every bad line is kept with its reason."""
    file = Path(path)
    reading = Reading()
    events: list[Event] = []
    with reading_of(file) as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            reading.rows += 1
            found = _event(line, f"{file.name}:{number}", zone)
            if isinstance(found, Event):
                events.append(found)
            else:
                reading.rejected.append(Rejected(file.name, number, found, line))
            if len(events) >= BATCH:
                reading.tables.append(events_to_rows(events))
                events = []
                if progress:
                    progress(file.name, reading.rows)
    reading.tables.append(events_to_rows(events))
    return reading


def _event(line: str, place: str, zone: str) -> Event | str:
    """Read one line; give the event, or why there is none."""
    try:
        return parse_event(json.loads(line), place=place, zone=zone)
    except (ValueError, RecursionError) as error:
        return f"is not JSON: {error}"
    except KundresaError as error:
        faults = (f"{f.place.rpartition(':')[2]} {f.message}" for f in error.faults)
        return "; ".join(faults) or str(error)
