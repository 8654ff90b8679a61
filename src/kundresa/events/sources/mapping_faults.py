"""What is wrong with a mapping: every fault with its place, whatever somebody wrote there.

Nothing that passes may fail later but for what a file holds.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from kundresa.core.conditions import faults_in
from kundresa.core.errors import BadInputError, Fault, known_values, shown
from kundresa.core.readings import PLACES
from kundresa.core.records import scale_bounds
from kundresa.core.times import PRECISIONS, parse_moment, zone_named
from kundresa.events.sources.identifiers import IDENTIFIERS
from kundresa.events.sources.tables import faults_of_table

TYPES: Final = ("text", "number", "boolean")
LENGTHS: Final = ("hour", "day", "week", "month", "year")
"""How long a period may be that one time tells."""

_TOP: Final = (
    "kundresa_mapping", "title", "zone", "missing", "tables", "types", "dates", "rows", "readings",
)  # fmt: skip
_ROW: Final = (
    "table", "join", "profile", "channel", "currency", "group", "properties", "identifiers", "events",
)  # fmt: skip
_READING_ROW: Final = ("table", "join", "period", "unit", "source", *PLACES, "series")
_SERIES: Final = ("series", "value", "unit", "source", *PLACES)
_TEXTS: Final = ("channel", "currency", "group", "id")
_RULES: Final = ({"value"}, {"column"}, {"columns"}, {"columns", "join"})
_RULE_HINT: Final = "Name a column, or write {value: …}, {column: …} or {columns: […], join: …}."
_EVENT: Final = (
    "event", "when", "time", "precision", "value", "currency", "channel", "group", "id", "score",
    "properties", "identifiers",
)  # fmt: skip
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_MOST_DAYS: Final = 100_000
_PERIOD_HINT: Final = (
    "Name the column of the day, or write {column: …, length: week}, {from: …, to: …} or"
    " {from: …, last: …}."
)


def faults_of_mapping(data: Any) -> list[Fault]:
    """List what is wrong with a mapping; its files are looked at elsewhere."""
    if not isinstance(data, Mapping):
        return [Fault("", "holds no mapping.", "Begin with kundresa_mapping: 1.")]
    broken = _broken_texts(data)
    if broken:  # they can't even be looked up
        return broken
    faults = _unknown(data, _TOP, "")
    version = data.get("kundresa_mapping")
    if version != 1 or isinstance(version, bool):
        said = f"is {shown(version)}."
        faults.append(Fault("kundresa_mapping", said, "This release reads 1."))
    faults += _head_faults(data)
    tables = data.get("tables")
    if not isinstance(tables, dict) or not tables:
        faults.append(Fault("tables", "names no table.", "Write tables: {orders: {file: …}}."))
        tables = {}
    faults += _table_faults(tables)
    faults += _type_faults(data.get("types") or {})
    dates = _object(data, "dates", faults, "Write dates: {name: {column: …, values: {…}}}.")
    faults += _date_faults(dates)
    return faults + _rule_faults(data, tables, dates)


def _broken_texts(data: Any) -> list[Fault]:
    """List the texts that no file can hold, as halves of letters, which JSON can write."""
    faults = []
    seen: set[int] = set()
    waiting: list[tuple[str, Any]] = [("", data)]
    while waiting:
        place, part = waiting.pop()
        if isinstance(part, str):
            if not _is_whole_text(part):
                faults.append(Fault(place, f"is {shown(part)}.", "Write whole letters."))
        elif isinstance(part, (dict, list)) and id(part) not in seen:
            seen.add(id(part))  # YAML lets a part hold itself
            if isinstance(part, list):
                waiting += [(f"{place}[{index}]", each) for index, each in enumerate(part)]
            else:
                inner = [
                    (f"{place}.{shown(key)}".lstrip("."), key, each) for key, each in part.items()
                ]
                waiting += [(name, each) for name, key, each in inner]
                waiting += [(name, key) for name, key, _ in inner]
    return faults


def _is_whole_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _head_faults(data: Mapping[str, Any]) -> list[Fault]:
    faults = []
    if not isinstance(data.get("title", ""), str):
        faults.append(Fault("title", f"is {shown(data['title'])}.", "Write a text."))
    missing = data.get("missing", [""])
    if not isinstance(missing, list) or not all(isinstance(text, str) for text in missing):
        hint = 'Write a list of texts, as ["", "NULL"].'
        faults.append(Fault("missing", f"is {shown(missing)}.", hint))
    return faults + _zone_faults(data.get("zone", "UTC"))


def _zone_faults(zone: object) -> list[Fault]:
    try:
        zone_named(zone if isinstance(zone, str) else shown(zone))
    except BadInputError as error:
        return [Fault("zone", error.message, error.hint)]
    return []


def _object(data: Mapping[str, Any], key: str, faults: list[Fault], hint: str) -> dict[Any, Any]:
    """Give an object that may be left out; note when it is something else."""
    found = data.get(key)
    if found is None:
        return {}
    if not isinstance(found, dict):
        faults.append(Fault(key, f"is {shown(found)}.", hint))
        return {}
    return found


def _rule_faults(
    data: Mapping[str, Any], tables: Mapping[str, Any], dates: Mapping[str, Any]
) -> list[Fault]:
    rows, readings = data.get("rows"), data.get("readings")
    if not rows and not readings:
        return [Fault("rows", "says nothing.", "Write a list of tables with events or readings.")]
    faults: list[Fault] = []
    for index, row in enumerate(_list(rows, "rows", faults)):
        faults += _row_faults(row, f"rows[{index}]", tables, dates)
    for index, row in enumerate(_list(readings, "readings", faults)):
        faults += _reading_faults(row, f"readings[{index}]", tables)
    return faults


def _list(found: Any, place: str, faults: list[Fault]) -> Sequence[Any]:
    if found is None:
        return []
    if not isinstance(found, list):
        faults.append(Fault(place, f"is {shown(found)}.", "Write a list."))
        return []
    return found


# --- tables, types and dates --------------------------------------------------------------------


def _type_faults(types: Any) -> list[Fault]:
    if not isinstance(types, dict):
        return [Fault("types", f"is {shown(types)}.", "Write types: {column: number}.")]
    return [
        Fault(f"types.{column}", f"is {shown(sort)}.", known_values(sort, TYPES))
        for column, sort in types.items()
        if sort not in TYPES
    ]


def _date_faults(dates: Mapping[Any, Any]) -> list[Fault]:
    faults = []
    hint = "Write {column: …, values: {text: date}}."
    for name, rule in dates.items():
        if not isinstance(rule, dict) or not isinstance(rule.get("column"), str):
            faults.append(Fault(f"dates.{name}", "names no column.", hint))
            continue
        faults += _unknown(rule, ("column", "values"), f"dates.{name}.")
        values = rule.get("values")
        if not isinstance(values, dict) or not values:
            faults.append(Fault(f"dates.{name}.values", f"is {shown(values)}.", hint))
            continue
        faults += [
            Fault(
                f"dates.{name}.values.{text}", f"is {shown(day)}.", "Write a date, as 2026-03-01."
            )
            for text, day in values.items()
            if not _is_day(day)
        ]
        faults += [
            Fault(f"dates.{name}.values.{text}", "is no text.", f'Write it as "{text}".')
            for text in values
            if not isinstance(text, str)
        ]
    return faults


def _is_day(day: Any) -> bool:
    try:
        text = str(day)  # YAML makes dates of what looks like one
        return bool(_DAY.fullmatch(text)) and date.fromisoformat(text) is not None
    except ValueError:
        return False


def _table_faults(tables: Mapping[Any, Any]) -> list[Fault]:
    faults = []
    for name, table in tables.items():
        file = table.get("file") if isinstance(table, dict) else None
        if not isinstance(name, str):
            faults.append(Fault(f"tables.{name}", "is no text.", f'Write it as "{name}".'))
        elif not _is_beside(file):
            hint = "Name a file beside the mapping."
            faults.append(Fault(f"tables.{name}.file", f"is {shown(file)}.", hint))
        else:
            faults += faults_of_table(table, f"tables.{name}")
    return faults


def _is_beside(file: Any) -> bool:
    # A mapping may come from elsewhere; it must not reach outside its own folder.
    if not isinstance(file, str) or not file.strip() or "\0" in file:
        return False
    return not Path(file).is_absolute() and ".." not in Path(file).parts


# --- rows that become events --------------------------------------------------------------------


def _row_faults(
    row: Any, place: str, tables: Mapping[str, Any], dates: Mapping[str, Any]
) -> list[Fault]:
    if not isinstance(row, dict):
        return [Fault(place, "is not a table with events.", "Write {table: …, events: […]}.")]
    faults = _unknown(row, _ROW, f"{place}.")
    faults += _table_name_faults(row.get("table"), f"{place}.table", tables)
    faults += _join_faults(row.get("join"), f"{place}.join", tables)
    faults += _value_faults(row, place)
    faults += _profile_faults(row, place)
    if "profile" not in row:
        faults.append(Fault(f"{place}.profile", "is missing.", "Name the column of the profile."))
    events = row.get("events")
    if not isinstance(events, list) or not events:
        return [*faults, Fault(f"{place}.events", "is empty.", "Write a list of events.")]
    for index, event in enumerate(events):
        faults += _event_faults(event, f"{place}.events[{index}]", dates)
    return faults


def _profile_faults(row: Mapping[str, Any], place: str) -> list[Fault]:
    """Check what says whose events these are; each row may be a customer of its own."""
    rule = row.get("profile")
    if not isinstance(rule, dict) or "row" not in rule:
        return _text_faults(row, ("profile",), place)
    faults = _unknown(rule, ("row",), f"{place}.profile.")
    name = rule["row"]
    if name is not True and not (isinstance(name, str) and name.strip()):
        hint = "Write true, or what stands before the row's number, as shop-."
        faults.append(Fault(f"{place}.profile.row", f"is {shown(name)}.", hint))
    return faults


def _join_faults(joins: Any, place: str, tables: Mapping[str, Any]) -> list[Fault]:
    if joins is None:
        return []
    if not isinstance(joins, list):
        hint = "Write a list, as [{table: …, on: [order_id]}]."
        return [Fault(place, f"is {shown(joins)}.", hint)]
    faults = []
    for index, join in enumerate(joins):
        inner = f"{place}[{index}]"
        if not isinstance(join, dict):
            said = f"is {shown(join)}."
            faults.append(Fault(inner, said, "Write {table: …, on: [order_id]}."))
            continue
        faults += _unknown(join, ("table", "on"), f"{inner}.")
        faults += _table_name_faults(join.get("table"), f"{inner}.table", tables)
        if not _are_names(join.get("on")):
            faults.append(Fault(f"{inner}.on", "names no column.", "Write on: [order_id]."))
    return faults


def _table_name_faults(table: Any, place: str, tables: Mapping[str, Any]) -> list[Fault]:
    # A list or mapping can't be looked up at all.
    if isinstance(table, str) and table in tables:
        return []
    return [Fault(place, f"is {shown(table)}.", known_values(table, map(str, tables)))]


def _event_faults(event: Any, place: str, dates: Mapping[str, Any]) -> list[Fault]:
    if not isinstance(event, dict):
        return [Fault(place, "is not an event.", "Write {event: …, time: …}.")]
    faults = _unknown(event, _EVENT, f"{place}.")
    hint = "Write the event's name, or {column: …} where the rows tell it."
    faults += _name_faults(event.get("event"), f"{place}.event", hint)
    if "when" in event:
        faults += faults_in(event["when"], f"{place}.when")
    faults += _time_faults(event.get("time"), f"{place}.time", dates)
    faults += _value_faults(event, place)
    precision = event.get("precision", "day")
    if precision not in PRECISIONS:
        hint = known_values(precision, PRECISIONS)
        faults.append(Fault(f"{place}.precision", f"is {shown(precision)}.", hint))
    if event.get("score") is not None:
        faults += _score_faults(event["score"], f"{place}.score")
    return faults


def _name_faults(name: Any, place: str, hint: str) -> list[Fault]:
    if isinstance(name, str) and name.strip():
        return []
    if isinstance(name, dict) and _is_rule(name):
        return []
    return [Fault(place, f"is {shown(name)}." if name else "is missing.", hint)]


def _time_faults(time: Any, place: str, dates: Mapping[str, Any]) -> list[Fault]:
    if isinstance(time, str):
        return []
    if not isinstance(time, dict):
        return [Fault(place, f"is {shown(time)}.", "Name the column of the time.")]
    if "column" in time:
        return _form_faults(time, place, ("column", "form"))
    if "value" in time:
        return _unknown(time, ("value",), f"{place}.") + _one_time_faults(time["value"], place)
    faults = _unknown(time, ("day", "from"), f"{place}.")
    first = time.get("from")
    if not isinstance(first, str) or first not in dates:
        hint = known_values(first, map(str, dates))
        faults.append(Fault(f"{place}.from", f"is {shown(first)}.", hint))
    day = time.get("day")
    if not isinstance(day, str) and not _is_count_of_days(day):
        hint = f"Write a number of days up to {_MOST_DAYS:,}, or the column that holds it."
        faults.append(Fault(f"{place}.day", f"is {shown(day)}.", hint))
    return faults


def _one_time_faults(value: Any, place: str) -> list[Fault]:
    hint = "Write a date or a time, as 2014-11-01 or 2014-11-01T09:30."
    text = written_time(value)
    try:
        if isinstance(text, str):
            parse_moment(text)
            return []
    except (BadInputError, OverflowError):
        pass
    return [Fault(f"{place}.value", f"is {shown(value)}.", hint)]


def written_time(value: Any) -> Any:
    """Write a date or time as ISO 8601; YAML makes one of what looks like one."""
    return value.isoformat() if isinstance(value, date) else value


def _form_faults(time: Mapping[str, Any], place: str, known: Sequence[str]) -> list[Fault]:
    faults = _unknown(time, known, f"{place}.")
    if not isinstance(time["column"], str):
        hint = "Name the column of the time."
        faults.append(Fault(f"{place}.column", f"is {shown(time['column'])}.", hint))
    form = time.get("form", "%Y")
    if not isinstance(form, str) or "%" not in form or not _is_form(form):
        hint = "Write it as %d/%m/%Y %H:%M:%S; %b is a month in English."
        faults.append(Fault(f"{place}.form", f"is {shown(form)}.", hint))
    return faults


def _is_form(form: str) -> bool:
    try:
        datetime.strptime("", form)  # noqa: DTZ007 - no time comes of it
    except ValueError as error:
        return "does not match" in str(error)
    except (re.error, OverflowError):  # one sign twice
        return False
    return True


# --- rows that become readings ------------------------------------------------------------------


def _reading_faults(row: Any, place: str, tables: Mapping[str, Any]) -> list[Fault]:
    if not isinstance(row, dict):
        hint = "Write {table: …, period: …, series: […]}."
        return [Fault(place, "is not a table with readings.", hint)]
    faults = _unknown(row, _READING_ROW, f"{place}.")
    faults += _table_name_faults(row.get("table"), f"{place}.table", tables)
    faults += _join_faults(row.get("join"), f"{place}.join", tables)
    faults += _period_faults(row.get("period"), f"{place}.period")
    faults += _text_faults(row, ("unit", "source", *PLACES), place)
    faults += _place_faults(row, place)
    series = row.get("series")
    if not isinstance(series, list) or not series:
        return [*faults, Fault(f"{place}.series", "is empty.", "Write a list of series.")]
    for index, each in enumerate(series):
        faults += _series_faults(each, row, f"{place}.series[{index}]")
    return faults


def _series_faults(series: Any, row: Mapping[str, Any], place: str) -> list[Fault]:
    if not isinstance(series, dict):
        return [Fault(place, "is not a series.", "Write {series: …, value: …, unit: …}.")]
    faults = _unknown(series, _SERIES, f"{place}.")
    hint = "Write its name, or {column: …} where the rows tell it."
    faults += _name_faults(series.get("series"), f"{place}.series", hint)
    faults += _amount_faults(series.get("value"), f"{place}.value")
    faults += _text_faults(series, ("unit", "source", *PLACES), place)
    faults += _place_faults(series, place)
    for key, example in (("unit", "{value: SEK}"), ("source", "{value: ad account}")):
        if key not in series and key not in row:
            hint = f"Name a column, or write {key}: {example}, here or for all series."
            faults.append(Fault(f"{place}.{key}", "is missing.", hint))
    return faults


def _place_faults(data: Mapping[str, Any], place: str) -> list[Fault]:
    there = [kind for kind in PLACES if kind in data]
    return [
        Fault(f"{place}.{kind}", f"stands beside {there[0]}.", "A reading belongs to one place.")
        for kind in there[1:]
    ]


def _period_faults(period: Any, place: str) -> list[Fault]:
    if isinstance(period, str) and period:
        return []
    if not isinstance(period, dict) or not ({"column", "from"} & period.keys()):
        said = "is missing." if period is None else f"is {shown(period)}."
        return [Fault(place, said, _PERIOD_HINT)]
    if "column" in period:
        faults = _form_faults(period, place, ("column", "form", "length"))
        length = period.get("length", "day")
        if length not in LENGTHS:
            hint = known_values(length, LENGTHS)
            faults.append(Fault(f"{place}.length", f"is {shown(length)}.", hint))
        return faults
    faults = _unknown(period, ("from", "to", "last"), f"{place}.")
    if ("to" in period) == ("last" in period):
        hint = "Write to: for the first time after it, or last: for the last day in it."
        faults.append(Fault(place, "has not one end.", hint))
    for key in ("from", "to", "last"):
        end = period.get(key, "-")
        if isinstance(end, dict) and "column" in end:
            faults += _form_faults(end, f"{place}.{key}", ("column", "form"))
        elif not isinstance(end, str) or not end:
            hint = "Name a column, or write {column: …, form: …}."
            faults.append(Fault(f"{place}.{key}", f"is {shown(end)}.", hint))
    return faults


# --- where values come from ---------------------------------------------------------------------


def _value_faults(data: Mapping[str, Any], place: str) -> list[Fault]:
    """Check what says where a value comes from: of texts, amount, properties and identifiers."""
    faults = _text_faults(data, _TEXTS, place) + _identifier_faults(data, place)
    properties = data.get("properties")
    if properties is not None and not isinstance(properties, dict):
        said = f"is {shown(properties)}."
        faults.append(Fault(f"{place}.properties", said, "Write {name: column}."))
        properties = None
    for name, rule in (properties or {}).items():
        inner = f"{place}.properties.{name}"
        if not isinstance(name, str) or not name:
            faults.append(Fault(inner, "is no text.", f'Write it as "{name}".'))
        elif not _is_rule(rule):
            faults.append(Fault(inner, f"is {shown(rule)}.", _RULE_HINT))
    return faults + (_amount_faults(data["value"], f"{place}.value") if "value" in data else [])


def _identifier_faults(data: Mapping[str, Any], place: str) -> list[Fault]:
    carried, place = data.get("identifiers"), f"{place}.identifiers"
    if carried is None:
        return []
    if not isinstance(carried, dict):
        return [Fault(place, f"is {shown(carried)}.", "Write {email: column}.")]
    faults = []
    for sort, rule in carried.items():
        inner = f"{place}.{sort or shown(sort)}"
        if sort not in IDENTIFIERS:
            hint = known_values(sort, IDENTIFIERS)
            faults.append(Fault(inner, "is no type of identifier.", hint))
        # One value for every row would make all customers one.
        if not _is_rule(rule) or (isinstance(rule, dict) and "value" in rule):
            hint = "Name a column, or write {column: …} or {columns: […], join: …}."
            faults.append(Fault(inner, f"is {shown(rule)}.", hint))
    return faults


def _text_faults(data: Mapping[str, Any], keys: Iterable[str], place: str) -> list[Fault]:
    return [
        Fault(f"{place}.{key}", f"is {shown(data[key])}.", _RULE_HINT)
        for key in keys
        if key in data and not _is_rule(data[key])
    ]


def _amount_faults(amount: Any, place: str) -> list[Fault]:
    if isinstance(amount, dict) and amount.keys() == {"value"}:
        if _is_number(amount["value"]):
            return []
        return [Fault(f"{place}.value", f"is {shown(amount['value'])}.", "Write a number.")]
    if not _is_rule(amount) or (isinstance(amount, dict) and "columns" in amount):
        return [Fault(place, f"is {shown(amount)}.", "Name the amount's column.")]
    return []


def _is_rule(rule: Any) -> bool:
    if isinstance(rule, str):
        return bool(rule)
    if not isinstance(rule, dict) or set(rule) not in _RULES:
        return False
    if "value" in rule:
        return isinstance(rule["value"], (str, bool)) or _is_number(rule["value"])
    names = rule.get("columns", [rule.get("column")])
    return _are_names(names) and isinstance(rule.get("join", ""), str)


def _are_names(names: Any) -> bool:
    return isinstance(names, list) and bool(names) and all(isinstance(n, str) and n for n in names)


def _is_number(value: Any) -> bool:
    try:
        return not isinstance(value, (bool, str)) and math.isfinite(value)
    except (TypeError, OverflowError):
        return False


def _is_count_of_days(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _MOST_DAYS


def _score_faults(score: Any, place: str) -> list[Fault]:
    if (
        not isinstance(score, dict)
        or not isinstance(score.get("value"), str)
        or "scale" not in score
    ):
        return [Fault(place, f"is {shown(score)}.", "Write {value: column, scale: csat5}.")]
    faults = _unknown(score, ("value", "scale"), f"{place}.")
    scale = score["scale"]
    try:
        scale_bounds(scale if isinstance(scale, str) else shown(scale))
    except BadInputError as error:
        faults.append(Fault(f"{place}.scale", error.message, error.hint))
    return faults


def _unknown(data: Mapping[Any, Any], known: Sequence[str], place: str) -> list[Fault]:
    return [
        Fault(f"{place}{key or shown(key)}", "is not known here.", known_values(key, known))
        for key in data
        if key not in known
    ]
