"""The mapping document: how the rows of some tables become events.

A wide row gives one event for each of its times. A table may be joined with others on shared
columns, and a day may be counted from a named date, as data sets without calendar dates do.
"""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from kundresa.core.conditions import faults_in
from kundresa.core.errors import BadInputError, Fault, known_values, raise_if_faulty
from kundresa.core.records import scale_bounds
from kundresa.core.times import PRECISIONS, zone_named

TYPES: Final = ("text", "number", "boolean")
_TOP: Final = (
    "kundresa_mapping", "title", "zone", "missing", "tables", "types", "dates", "rows",
)  # fmt: skip
_ROW: Final = ("table", "join", "profile", "channel", "currency", "group", "properties", "events")
_TEXTS: Final = ("profile", "channel", "currency", "group", "id")
_RULES: Final = ({"value"}, {"column"}, {"columns"}, {"columns", "join"})
_RULE_HINT: Final = "Name a column, or write {value: …}, {column: …} or {columns: […], join: …}."
_EVENT: Final = (
    "event", "when", "time", "precision", "value", "currency", "channel", "group", "id", "score",
    "properties",
)  # fmt: skip


@dataclass(frozen=True)
class Mapping:
    """A checked mapping; ``folder`` is where the files of its tables lie, ``text`` as written."""

    folder: Path
    text: str
    zone: str
    tables: AnyMapping[str, AnyMapping[str, Any]]
    rows: tuple[AnyMapping[str, Any], ...]
    types: AnyMapping[str, str] = field(default_factory=dict)
    dates: AnyMapping[str, AnyMapping[str, Any]] = field(default_factory=dict)
    missing: frozenset[str] = frozenset({""})


def read_mapping(path: Path | str) -> Mapping:
    """Read and check a mapping file.

    Raises
    ------
    BadInputError
        With every fault of the file, each with its place.
    """
    file = Path(path)
    text, data = _load(file)
    faults = _faults(data)
    raise_if_faulty(faults, f"The mapping {file.name}")
    return Mapping(
        folder=file.parent,
        text=text,
        zone=data.get("zone", "UTC"),
        tables=data["tables"],
        rows=tuple(data["rows"]),
        types=data.get("types", {}),
        dates=data.get("dates", {}),
        missing=frozenset(data.get("missing", [""])),
    )


def _load(file: Path) -> tuple[str, dict[str, Any]]:
    try:
        text = file.read_text("utf-8")
        data = YAML(typ="safe", pure=True).load(text)
    except FileNotFoundError as error:
        raise BadInputError(f"There is no file {file}.") from error
    except UnicodeDecodeError as error:
        raise BadInputError(f"{file} is not UTF-8.", hint="Save it as UTF-8.") from error
    except MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise BadInputError(f"{file}{where} is not YAML: {error.problem}.") from error
    except YAMLError as error:
        raise BadInputError(f"{file} is not YAML: {error}.") from error
    if not isinstance(data, dict):
        raise BadInputError(f"{file} holds no mapping.", hint="Begin with kundresa_mapping: 1.")
    return text, data


def _faults(data: AnyMapping[str, Any]) -> list[Fault]:
    faults = _unknown(data, _TOP, "")
    if data.get("kundresa_mapping") != 1:
        said = f"is {data.get('kundresa_mapping')!r}."
        faults.append(Fault("kundresa_mapping", said, "This release reads 1."))
    faults += _zone_faults(data.get("zone", "UTC"))
    tables = data.get("tables")
    if not isinstance(tables, dict) or not tables:
        faults.append(Fault("tables", "names no table.", "Write tables: {orders: {file: …}}."))
        tables = {}
    faults += _table_faults(tables)
    faults += _type_faults(data.get("types") or {})
    dates = data.get("dates") or {}
    faults += _date_faults(dates)
    rows = data.get("rows")
    if not isinstance(rows, list) or not rows:
        return [*faults, Fault("rows", "says nothing.", "Write a list of tables with events.")]
    for index, row in enumerate(rows):
        faults += _row_faults(row, f"rows[{index}]", tables, dates)
    return faults


def _type_faults(types: Any) -> list[Fault]:
    if not isinstance(types, dict):
        return [Fault("types", f"is {types!r}.", "Write types: {column: number}.")]
    return [
        Fault(f"types.{column}", f"is {sort!r}.", known_values(sort, TYPES))
        for column, sort in types.items()
        if sort not in TYPES
    ]


def _date_faults(dates: AnyMapping[str, Any]) -> list[Fault]:
    faults = []
    for name, rule in dates.items():
        if not isinstance(rule, dict) or not isinstance(rule.get("column"), str):
            hint = "Write {column: …, values: {text: date}}."
            faults.append(Fault(f"dates.{name}", "names no column.", hint))
            continue
        for text, day in (rule.get("values") or {}).items():
            try:
                date.fromisoformat(str(day))
            except ValueError:
                where = f"dates.{name}.values.{text}"
                faults.append(Fault(where, f"is {day!r}.", "Write a date, as 2026-03-01."))
    return faults


def _zone_faults(zone: object) -> list[Fault]:
    try:
        zone_named(str(zone))
    except BadInputError as error:
        return [Fault("zone", error.message, error.hint)]
    return []


def _table_faults(tables: AnyMapping[str, Any]) -> list[Fault]:
    faults = []
    for name, table in tables.items():
        file = table.get("file") if isinstance(table, dict) else None
        # A mapping may come from elsewhere; it must not reach outside its own folder.
        if not isinstance(file, str) or Path(file).is_absolute() or ".." in Path(file).parts:
            hint = "Name a file beside the mapping."
            faults.append(Fault(f"tables.{name}.file", f"is {file!r}.", hint))
    return faults


def _row_faults(
    row: Any, place: str, tables: AnyMapping[str, Any], dates: AnyMapping[str, Any]
) -> list[Fault]:
    if not isinstance(row, dict):
        return [Fault(place, "is not a table with events.", "Write {table: …, events: […]}.")]
    faults = _unknown(row, _ROW, f"{place}.")
    faults += _table_name_faults(row.get("table"), f"{place}.table", tables)
    faults += _join_faults(row.get("join") or [], f"{place}.join", tables)
    faults += _value_faults(row, place)
    if "profile" not in row:
        faults.append(Fault(f"{place}.profile", "is missing.", "Name the column of the profile."))
    events = row.get("events")
    if not isinstance(events, list) or not events:
        return [*faults, Fault(f"{place}.events", "is empty.", "Write a list of events.")]
    for index, event in enumerate(events):
        faults += _event_faults(event, f"{place}.events[{index}]", dates)
    return faults


def _join_faults(joins: Any, place: str, tables: AnyMapping[str, Any]) -> list[Fault]:
    if not isinstance(joins, list):
        return [Fault(place, f"is {joins!r}.", "Write a list, as [{table: …, on: [order_id]}].")]
    faults = []
    for index, join in enumerate(joins):
        inner = f"{place}[{index}]"
        if not isinstance(join, dict):
            faults.append(Fault(inner, f"is {join!r}.", "Write {table: …, on: [order_id]}."))
            continue
        faults += _table_name_faults(join.get("table"), f"{inner}.table", tables)
        if not join.get("on"):
            faults.append(Fault(f"{inner}.on", "names no column.", "Write on: [order_id]."))
    return faults


def _table_name_faults(table: Any, place: str, tables: AnyMapping[str, Any]) -> list[Fault]:
    # A list or mapping can't be looked up at all.
    if isinstance(table, str) and table in tables:
        return []
    return [Fault(place, f"is {table!r}.", known_values(table, map(str, tables)))]


def _event_faults(event: Any, place: str, dates: AnyMapping[str, Any]) -> list[Fault]:
    if not isinstance(event, dict):
        return [Fault(place, "is not an event.", "Write {event: …, time: …}.")]
    faults = _unknown(event, _EVENT, f"{place}.")
    if not event.get("event"):
        faults.append(Fault(f"{place}.event", "is missing.", "Write the event's name."))
    if "when" in event:
        faults += faults_in(event["when"], f"{place}.when")
    faults += _time_faults(event.get("time"), f"{place}.time", dates)
    faults += _value_faults(event, place)
    precision = event.get("precision", "day")
    if precision not in PRECISIONS:
        hint = known_values(precision, PRECISIONS)
        faults.append(Fault(f"{place}.precision", f"is {precision!r}.", hint))
    score = event.get("score")
    if score is not None:
        faults += _scale_faults(score, f"{place}.score")
    return faults


def _time_faults(time: Any, place: str, dates: AnyMapping[str, Any]) -> list[Fault]:
    if isinstance(time, str):
        return []
    if not isinstance(time, dict):
        return [Fault(place, f"is {time!r}.", "Name the column of the time.")]
    faults = _unknown(time, ("day", "from"), f"{place}.")
    if time.get("from") not in dates:
        hint = known_values(time.get("from"), dates)
        faults.append(Fault(f"{place}.from", f"is {time.get('from')!r}.", hint))
    if not isinstance(time.get("day"), (int, str)):
        hint = "Write a number of days, or the column that holds it."
        faults.append(Fault(f"{place}.day", f"is {time.get('day')!r}.", hint))
    return faults


def _value_faults(data: AnyMapping[str, Any], place: str) -> list[Fault]:
    """Check what says where a value comes from: of texts, of the amount, of the properties."""
    rules = [(f"{place}.{key}", data[key]) for key in _TEXTS if key in data]
    properties = data.get("properties") or {}
    if not isinstance(properties, dict):
        return [Fault(f"{place}.properties", "is not an object.", "Write {name: column}.")]
    rules += [(f"{place}.properties.{name}", rule) for name, rule in properties.items()]
    faults = [
        Fault(where, f"is {rule!r}.", _RULE_HINT) for where, rule in rules if not _is_rule(rule)
    ]
    amount = data.get("value", "")
    if isinstance(amount, dict) and not isinstance(amount.get("value", 0), (int, float)):
        said = f"is {amount['value']!r}."
        faults.append(Fault(f"{place}.value.value", said, "Write a number."))
    elif not _is_rule(amount, empty=True) or (isinstance(amount, dict) and "columns" in amount):
        faults.append(Fault(f"{place}.value", f"is {amount!r}.", "Name the amount's column."))
    return faults


def _is_rule(rule: Any, *, empty: bool = False) -> bool:
    if isinstance(rule, str):
        return bool(rule) or empty
    if not isinstance(rule, dict) or set(rule) not in _RULES:
        return False
    if "value" in rule:
        return isinstance(rule["value"], (str, bool, int, float))
    names = rule.get("columns", [rule.get("column")])
    return isinstance(names, list) and bool(names) and all(isinstance(n, str) for n in names)


def _scale_faults(score: Any, place: str) -> list[Fault]:
    try:
        scale_bounds(str(score["scale"]))
    except (KeyError, TypeError):
        return [Fault(place, f"is {score!r}.", "Write {value: column, scale: csat5}.")]
    except BadInputError as error:
        return [Fault(f"{place}.scale", error.message, error.hint)]
    return []


def _unknown(data: AnyMapping[str, Any], known: tuple[str, ...], place: str) -> list[Fault]:
    return [
        Fault(f"{place}{key}", "is not known here.", known_values(key, known))
        for key in data
        if key not in known
    ]
