"""Every form a map can be read from or written to; a new one is a module and a line here."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from kundresa.core.errors import BadInputError, known_values
from kundresa.documents.formats import json_map, mermaid_journey, yaml_map
from kundresa.documents.formats.contracts import Conversion, Format, Loss, MapData

FORMATS: Final[dict[str, Format]] = {
    module.FORMAT.name: module.FORMAT for module in (yaml_map, json_map, mermaid_journey)
}

__all__ = [
    "FORMATS", "Conversion", "Format", "Loss", "MapData", "format_named", "format_of_file",
]  # fmt: skip


def format_named(name: str) -> Format:
    """Give the format of a name, or list those there are."""
    if name not in FORMATS:
        raise BadInputError(f"{name!r} is no map format.", hint=known_values(name, FORMATS))
    return FORMATS[name]


def format_of_file(path: Path) -> Format:
    """Give the format that a file's ending tells; of several endings the longest."""
    endings = {suffix: each for each in FORMATS.values() for suffix in each.suffixes}
    fitting = [suffix for suffix in endings if path.name.lower().endswith(suffix)]
    if not fitting:
        hint = f"Known: {', '.join(endings)}."
        raise BadInputError(f"{path.name} has no ending we know.", hint=hint)
    return endings[max(fitting, key=len)]
