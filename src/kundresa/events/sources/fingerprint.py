"""What a file or a mapping with its files says, as one short name: the same content, the same name."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from kundresa.core.errors import BadInputError
from kundresa.events.sources.mapping import Mapping


def fingerprint(source: Path | Mapping, *, zone: str = "UTC") -> str:
    """Give 32 hexadecimal digits for a file of records in a zone, or a mapping with its tables."""
    found = hashlib.sha256()
    if zone != "UTC":
        found.update(zone.encode())
    if isinstance(source, Mapping):
        found.update(_said(source))
    for file in _files(source):
        found.update(_digest(file))
    return found.hexdigest()[:32]


def fingerprint_of_mended(path: Path, mapping: Mapping | None) -> str:
    """Give 32 hexadecimal digits for a quarantine file as it stands now, read by a mapping."""
    found = hashlib.sha256(b"mended")
    found.update(_said(mapping) if mapping else b"")
    found.update(_digest(path))
    return found.hexdigest()[:32]


def _said(mapping: Mapping) -> bytes:
    """Give what a mapping means for its files, whatever its comments, titles and file names."""
    tables = {
        name: {key: value for key, value in table.items() if key != "file"}
        for name, table in mapping.tables.items()
    }
    parts = [mapping.zone, tables, mapping.rows, mapping.types, mapping.dates,
             sorted(mapping.missing)]  # fmt: skip
    if mapping.readings:  # names of mappings without any stay what they were
        parts.append(mapping.readings)
    return json.dumps(parts, sort_keys=True, default=str).encode()


def _files(source: Path | Mapping) -> list[Path]:
    if isinstance(source, Path):
        return [source]
    return [source.folder / str(table["file"]) for table in source.tables.values()]


def _digest(file: Path) -> bytes:
    try:
        with file.open("rb") as data:
            return hashlib.file_digest(data, "sha256").digest()
    except OSError as error:
        raise BadInputError(f"{file} can't be read: {error.strerror}.") from error
