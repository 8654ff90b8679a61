"""Our own form, ``*.journey.yaml``; it loses nothing."""

from __future__ import annotations

from typing import Any

from kundresa.documents.format_map import text_of
from kundresa.documents.formats.contracts import Conversion, Format, MapData
from kundresa.documents.lint_map import faults_in_source, only_errors
from kundresa.documents.yaml_source import SourceError, load


def read(text: str) -> Conversion[dict[str, Any]]:
    """Read and check map text; raise with every fault."""
    source = load(text)
    faults = only_errors(faults_in_source(source))
    if faults:
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise SourceError(f"The map has {count}.", faults=faults)
    return Conversion(source.data)


def write(data: MapData) -> Conversion[str]:
    """Write a map in canonical form."""
    return Conversion(text_of(data))


FORMAT = Format("yaml", (".journey.yaml", ".journey.yml", ".yaml", ".yml"), read, write)
