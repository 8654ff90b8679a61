"""What a file or a mapping with its files says, as one short name: the same content, the same name."""

from __future__ import annotations

import hashlib
from pathlib import Path

from kundresa.core.errors import BadInputError
from kundresa.events.sources.mapping import Mapping


def fingerprint(source: Path | Mapping) -> str:
    """Give 32 hexadecimal digits for a file of event records, or a mapping with its tables."""
    found = hashlib.sha256()
    if isinstance(source, Mapping):
        found.update(source.text.encode())
    for file in _files(source):
        found.update(_digest(file))
    return found.hexdigest()[:32]


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
