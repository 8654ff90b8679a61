"""Where an import takes its rows from: records, a mapping, or rows that were mended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from kundresa.core.errors import BadInputError
from kundresa.events.sources.contents import Piece
from kundresa.events.sources.fingerprint import fingerprint, fingerprint_of_mended
from kundresa.events.sources.jsonl import mended_records, record_pieces
from kundresa.events.sources.mapping import Mapping
from kundresa.events.sources.quarantine import is_quarantine, mended_rows
from kundresa.events.sources.rows import check_mapped, mapped_pieces, mended_pieces
from kundresa.events.sources.text_file import check_text, lines_of, reading, refuse_list


@dataclass(frozen=True)
class Origin:
    """Something to import.

    ``pieces(skip=…)`` reads it without its first rows, always in the same order. ``fingerprint``
    is the same for the same content. ``mended`` is the quarantine file that the rows come from.
    """

    name: str
    fingerprint: str
    pieces: Callable[..., Iterator[Piece]]
    mended: Path | None = None


def origin_of(source: Path | Mapping, name: str, *, zone: str = "UTC") -> Origin:
    """Open a file of records or a mapping, and read through it once.

    ``zone`` is that of a record's times that tell none; a mapping says its own.

    Raises
    ------
    BadInputError
        If a file can't be read to its end, or lacks what the mapping names.
    """
    if isinstance(source, Mapping):
        check_mapped(source)
        return Origin(name, fingerprint(source), partial(mapped_pieces, source))
    refuse_list(source)
    check_text(source)
    _refuse_empty(source)
    pieces = partial(record_pieces, source, zone=zone)
    return Origin(name, fingerprint(source, zone=zone), pieces)


def _refuse_empty(path: Path) -> None:
    with reading(path) as stream:
        if all(line is not None and not line.strip() for _, line in lines_of(stream)):
            raise BadInputError(f"{path} is empty.", hint="Write a record on each line.")


def origin_of_mended(path: Path, mapping: Mapping | None) -> Origin:
    """Open a quarantine file; rows of a mapped table need the mapping that refused them."""
    rows = mended_rows(path)
    if mapping is None and any(row.rule for row in rows):
        raise BadInputError(
            f"{path} holds rows of a mapped table.", hint="Name the mapping with --mapping."
        )
    name = fingerprint_of_mended(path, mapping)
    if mapping is None:
        return Origin(path.name, name, partial(mended_records, rows), path)
    return Origin(path.name, name, partial(mended_pieces, mapping, rows), path)


__all__ = ["Origin", "is_quarantine", "origin_of", "origin_of_mended"]
