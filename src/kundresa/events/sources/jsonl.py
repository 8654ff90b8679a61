"""Event records and readings, one on a line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from kundresa.core.errors import KundresaError
from kundresa.core.readings import Reading, is_reading, parse_reading
from kundresa.core.records import Event, parse_event
from kundresa.events.sources.contents import Contents, Piece, Progress, Rejected, collected
from kundresa.events.sources.quarantine import Mended
from kundresa.events.sources.readings import Readings, readings_of
from kundresa.events.sources.text_file import lines_of, too_long
from kundresa.events.sources.text_file import reading as reading_of
from kundresa.store.rows import events_to_rows

BATCH: Final = 20_000


def read_jsonl(
    path: Path | str, *, zone: str = "UTC", progress: Progress | None = None
) -> Contents:
    """Read a file of records, plain or gzip; every bad line is kept with its reason."""
    return collected(record_pieces(Path(path), zone=zone), progress)


def record_pieces(file: Path, *, zone: str = "UTC", skip: int = 0) -> Iterator[Piece]:
    """Read a file of records piece by piece, without its first ``skip`` records."""
    rows, some = 0, _Some(file.name, zone)
    with reading_of(file) as stream:
        for number, line in lines_of(stream):
            if line is not None and not line.strip():
                continue
            rows += 1
            if rows <= skip:
                continue
            some.add(line, file.name, number, None if line is None else line.decode())
            if some.count >= BATCH:
                yield some.piece(rows, stream.share)
                some = _Some(file.name, zone)
    yield some.piece(rows, 1.0)


def mended_records(mended: Sequence[Mended], *, skip: int = 0) -> Iterator[Piece]:
    """Read records that were put aside and mended, without the first ``skip``."""
    some = _Some("rows put aside", "UTC")
    for row in mended[skip:]:
        text = row.row if isinstance(row.row, str) else json.dumps(row.row)
        some.add(text.encode(), row.file, row.line, row.row)
    yield some.piece(len(mended), 1.0)


class _Some:
    """What some lines hold."""

    def __init__(self, name: str, zone: str) -> None:
        self._name, self._zone = name, zone
        self._events: list[Event] = []
        self._numbers: dict[str, list[tuple[Reading, int, Any]]] = {}
        self._rejected: list[Rejected] = []
        self.count = 0

    def add(self, line: bytes | None, file: str, number: int, row: Any) -> None:
        """Read one line of a file; ``row`` is what is kept of it if it is put aside."""
        self.count += 1
        found = _record(line, f"{file}:{number}", self._zone)
        if isinstance(found, Event):
            self._events.append(found)
        elif isinstance(found, Reading):
            self._numbers.setdefault(file, []).append((found, number, row))
        else:
            self._rejected.append(Rejected(file, number, found, row))

    def piece(self, rows: int, share: float) -> Piece:
        readings = [_columns(file, found) for file, found in self._numbers.items()]
        tables = [events_to_rows(self._events)]
        return Piece(self._name, rows, share, tables, self._rejected, readings)


def _columns(file: str, found: Sequence[tuple[Reading, int, Any]]) -> Readings:
    numbers, lines, rows = zip(*found, strict=True)
    return readings_of(file, numbers, lines, rows)


def _record(line: bytes | None, place: str, zone: str) -> Event | Reading | str:
    """Read one line; give what it holds, or why that is nothing."""
    if line is None:
        return too_long()
    try:
        data = _json(line.decode())
        parse = parse_reading if is_reading(data) else parse_event
        return parse(data, place=place, zone=zone)
    except UnicodeDecodeError:
        raise
    except (ValueError, RecursionError) as error:
        return f"is not JSON: {error}"
    except KundresaError as error:
        faults = (f"{f.place.removeprefix(f'{place}.')} {f.message}" for f in error.faults)
        return "; ".join(faults) or str(error)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise
    except ValueError:
        # Python turns no more than 4,300 digits into a number; more of them are a name.
        return json.loads(text, parse_int=_whole)


def _whole(digits: str) -> int | str:
    try:
        return int(digits)
    except ValueError:
        return digits
