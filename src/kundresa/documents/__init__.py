"""Map documents: read, check, format, compare and convert them.

A map is text that belongs to the company: readable in any editor, reviewed like code, and never
holding measured data.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kundresa.core.errors import NotFoundError
from kundresa.documents.diff_maps import Change, to_json
from kundresa.documents.diff_maps import diff as diff_documents
from kundresa.documents.format_map import fmt, text_of
from kundresa.documents.formats import (
    FORMATS,
    Conversion,
    Loss,
    MapData,
    format_named,
    format_of_file,
)
from kundresa.documents.lint_map import faults_in_data, lint
from kundresa.documents.map_model import LocalizedText, MapDocument
from kundresa.documents.read_map import is_localized, map_of
from kundresa.documents.yaml_source import read_text

__all__ = [
    "FORMATS", "Change", "Conversion", "LocalizedText", "Loss", "MapDocument", "convert", "diff",
    "faults_in_data", "fmt", "lint", "localized", "map_of", "read_data", "read_map", "text_of",
    "to_json", "write",
]  # fmt: skip


def read_data(source: str | Path, format_name: str | None = None) -> Conversion[dict[str, Any]]:
    """Read a map as plain data, from a file or from text.

    Parameters
    ----------
    source
        A file, or the text itself. A line that ends like a file is the name of one.
    format_name
        One of `FORMATS`; by default what the file's ending tells, and ``yaml`` for text.

    Raises
    ------
    BadInputError
        With every fault, if the map has errors. Warnings don't hinder.
    """
    if isinstance(source, str) and "\n" not in source and Path(source).suffix:
        source = Path(source)
    if isinstance(source, Path):
        found = format_named(format_name) if format_name else format_of_file(source)
        if not source.is_file():
            raise NotFoundError(f"There is no file {source}.", hint="Check the name.")
        return found.read(read_text(source))
    return format_named(format_name or "yaml").read(source)


def read_map(source: str | Path, format_name: str | None = None) -> MapDocument:
    """Read a map, from a file or from text; see `read_data`."""
    return map_of(read_data(source, format_name).result)


def diff(before: str | Path | MapDocument, after: str | Path | MapDocument) -> list[Change]:
    """List what changed from one map to another."""
    old, new = (
        each if isinstance(each, MapDocument) else read_map(each) for each in (before, after)
    )
    return diff_documents(old, new)


def write(data: MapData, format_name: str = "yaml") -> Conversion[str]:
    """Write checked map data in a format, and tell what the format can't carry."""
    return format_named(format_name).write(data)


def convert(source: str | Path, to: str, format_name: str | None = None) -> Conversion[str]:
    """Turn a map from one format into another, with the losses of both ways."""
    read = read_data(source, format_name)
    written = write(read.result, to)
    return Conversion(written.result, (*read.losses, *written.losses))


def localized(value: Any, language: str, fallback: tuple[str, ...] = ("en",)) -> str:
    """Give the text of a raw value (plain, or by language) in a language, as persona details hold."""
    if isinstance(value, LocalizedText):
        return value.in_language(language, fallback)
    if isinstance(value, str):
        return value
    if not is_localized(value) or isinstance(value, str):
        return ""
    return LocalizedText(value).in_language(language, fallback)
