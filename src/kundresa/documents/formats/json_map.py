"""The same data as JSON, for programs; comments are the only thing it can't carry."""

from __future__ import annotations

import json
from typing import Any

from kundresa.core.errors import BadInputError, Fault, raise_if_faulty
from kundresa.documents.formats.contracts import Conversion, Format, MapData
from kundresa.documents.lint_map import faults_in_data


def read(text: str) -> Conversion[dict[str, Any]]:
    """Read and check a map in JSON; raise with every fault."""
    try:
        data = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        line, column = getattr(error, "lineno", 1), getattr(error, "colno", 1)
        said = getattr(error, "msg", "It is nested too deep")
        fault = Fault("", f"The text is no JSON here: {said}.", "", line, column)
        raise BadInputError("The map text can't be read.", faults=[fault]) from error
    raise_if_faulty(faults_in_data(data), "The map")
    return Conversion(data)


def write(data: MapData) -> Conversion[str]:
    """Write a map as indented JSON."""
    return Conversion(json.dumps(data, ensure_ascii=False, indent=2) + "\n")


FORMAT = Format("json", (".journey.json", ".json"), read, write)
