"""The mapping document: how the rows of some tables become events and readings.

A wide row gives one event for each of its times, or one reading for each of its numbers. A table
may be joined with others on shared columns, and a day may be counted from a named date, as data
sets without calendar dates do.
"""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from kundresa.core.errors import BadInputError, raise_if_faulty
from kundresa.events.sources.mapping_faults import faults_of_mapping


@dataclass(frozen=True)
class Mapping:
    """A checked mapping; ``folder`` is where the files of its tables lie."""

    folder: Path
    zone: str
    tables: AnyMapping[str, AnyMapping[str, Any]]
    rows: tuple[AnyMapping[str, Any], ...]
    types: AnyMapping[str, str] = field(default_factory=dict)
    dates: AnyMapping[str, AnyMapping[str, Any]] = field(default_factory=dict)
    missing: frozenset[str] = frozenset({""})
    readings: tuple[AnyMapping[str, Any], ...] = ()

    def rules(self) -> dict[str, AnyMapping[str, Any]]:
        """Give what tables become, by the place in the mapping that says so."""
        return {f"rows[{index}]": rule for index, rule in enumerate(self.rows)} | {
            f"readings[{index}]": rule for index, rule in enumerate(self.readings)
        }


def read_mapping(path: Path | str) -> Mapping:
    """Read and check a mapping file.

    Raises
    ------
    BadInputError
        With every fault of the file, each with its place.
    """
    file = Path(path)
    return mapping_of(_load(file), file.parent, file.name)


def mapping_of(data: AnyMapping[str, Any], folder: Path, name: str) -> Mapping:
    """Check what a mapping says, and give it; ``name`` stands in the error."""
    raise_if_faulty(faults_of_mapping(data), f"The mapping {name}")
    return Mapping(
        folder=folder,
        zone=data.get("zone", "UTC"),
        tables=data["tables"],
        rows=tuple(data.get("rows") or ()),
        types=data.get("types") or {},
        dates=data.get("dates") or {},
        missing=frozenset(data.get("missing", [""])),
        readings=tuple(data.get("readings") or ()),
    )


def _load(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text("utf-8")
        data = YAML(typ="safe", pure=True).load(text)
    except FileNotFoundError as error:
        raise BadInputError(f"There is no file {file}.") from error
    except OSError as error:
        raise BadInputError(f"{file} can't be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise BadInputError(f"{file} is not UTF-8.", hint="Save it as UTF-8.") from error
    except MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise BadInputError(f"{file}{where} is not YAML: {error.problem}.") from error
    except YAMLError as error:
        raise BadInputError(f"{file} is not YAML: {error}.") from error
    except (ValueError, OverflowError, RecursionError) as error:
        # A day that no calendar has, a number of thousands of digits, brackets without end.
        raise BadInputError(
            f"{file} holds a value that can't be read: {error}.", hint="Write it in quotes."
        ) from error
    if not isinstance(data, dict):
        raise BadInputError(f"{file} holds no mapping.", hint="Begin with kundresa_mapping: 1.")
    return data
