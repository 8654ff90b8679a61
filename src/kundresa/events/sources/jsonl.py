"""Event records, one on a line."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

from kundresa.core.errors import BadInputError, KundresaError
from kundresa.core.records import parse_event
from kundresa.events.sources.rows import Reading, Rejected


def read_jsonl(path: Path | str, *, zone: str = "UTC") -> Reading:
    """Read a file of event records, plain or gzip; every bad line is kept with its reason."""
    file = Path(path)
    reading = Reading()
    for number, line in enumerate(_lines(file), 1):
        if not line.strip():
            continue
        reading.rows += 1
        try:
            data = json.loads(line)
        except (ValueError, RecursionError) as error:
            reading.rejected.append(Rejected(file.name, number, f"is not JSON: {error}", line))
            continue
        try:
            reading.events.append(parse_event(data, place=f"{file.name}:{number}", zone=zone))
        except KundresaError as error:
            reading.rejected.append(Rejected(file.name, number, _reason(error), line))
    return reading


def _reason(error: KundresaError) -> str:
    return "; ".join(f"{f.place.rpartition(':')[2]} {f.message}" for f in error.faults) or str(
        error
    )


def _lines(file: Path) -> Iterator[str]:
    try:
        with _open(file) as lines:
            yield from lines
    except FileNotFoundError as error:
        raise BadInputError(f"There is no file {file}.") from error
    except (UnicodeDecodeError, gzip.BadGzipFile, EOFError) as error:
        raise BadInputError(f"{file} can't be read: {error}.", hint="Save it as UTF-8.") from error


def _open(file: Path) -> IO[str]:
    if file.suffix == ".gz":
        return cast("IO[Any]", gzip.open(file, "rt", encoding="utf-8"))
    return file.open(encoding="utf-8-sig")
