"""A mapping guessed from a file's header and first rows, to be read by somebody before it counts.

A table that has no profile but days and numbers is taken for readings, any other for events.

Every choice comes with a note that says how sure it is and why.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import msgspec
import pyarrow as pa
from ruamel.yaml import YAML

from kundresa.core.errors import BadInputError
from kundresa.events.sources.batch import plain_text
from kundresa.events.sources.guess_columns import (
    MOSTLY,
    Column,
    best,
    best_address,
    tells_apart,
)
from kundresa.events.sources.guess_decimals import guess_decimal
from kundresa.events.sources.guess_readings import guess_readings
from kundresa.events.sources.tables import OPTIONS, kind_of, open_table
from kundresa.events.sources.text_file import lines_of, reading, too_long

SAMPLE: Final = 10_000
_TABLE: Final = "rows"
_DELIMITERS: Final = ",;\t|"
_BEGINNING: Final = 1 << 20
_LINE_END: Final = re.compile(r"[\r\n]")
_ACCESS_LINE: Final = (
    r'(?P<ip>\S+) \S+ (?P<user>\S+) \[(?P<time>[^\]]+)\] "(?P<method>[A-Z]+) (?P<path>\S+)[^"]*"'
    r' (?P<status>\d{3}) (?P<bytes>\S+)(?: "(?P<referrer>[^"]*)" "(?P<agent>.*)")?'
)
ACCESS_LOG: Final = re.compile(_ACCESS_LINE)
_MARKS: Final = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8"}


@dataclass(frozen=True)
class Guess:
    """A mapping and what to know of it."""

    data: Mapping[str, Any]
    notes: tuple[str, ...]

    def text(self) -> str:
        """Write the mapping with its notes as a file."""
        out = io.StringIO()
        out.writelines(f"# {note}\n" for note in self.notes)
        yaml = YAML()
        yaml.width = 10_000
        yaml.dump(dict(self.data), out)
        return out.getvalue()


def guess_mapping(
    path: Path, *, zone: str = "UTC", folder: Path | None = None, name: str = ""
) -> Guess:
    """Guess how the rows of a file become events or readings, for a mapping in ``folder``.

    ``name`` is what people call the file, where that isn't its name on the disk.

    Raises
    ------
    BadInputError
        If no column looks like a time, or like somebody's.
    """
    table, columns = first_look(path)
    file = _beside(path, folder) if folder else path.name
    data: dict[str, Any] = {"kundresa_mapping": 1, "title": name or path.name, "zone": zone}
    data["tables"] = {_TABLE: {"file": file, **table}}
    found = guess_readings(columns, name or path.name, zone)
    if found is not None:
        rule, notes = found
        notes = [_first_note(name or path.name, columns), *_decimal_notes(columns), *notes]
        return Guess({**data, "readings": [{"table": _TABLE, **rule}]}, tuple(notes))
    guess = _Guess(name or path.name, zone, columns)
    rule = guess.rule()
    if guess.types:
        data["types"] = guess.types
    return Guess({**data, "rows": [rule]}, tuple(guess.notes))


def _first_note(name: str, columns: Sequence[Column]) -> str:
    count = len(columns[0].values)
    return f"Guessed from the first {count:,} rows of {name}; read it first."


def first_look(
    path: Path, *, rows: int = SAMPLE, table: Mapping[str, Any] | None = None
) -> tuple[dict[str, Any], list[Column]]:
    """Say how a file is to be opened, as options of a mapping's table, and give its first values.

    ``table`` are these options where they are known.

    Raises
    ------
    BadInputError
        If it can't be read, or has no rows.
    """
    if table is not None:
        return dict(table), _sample(path, table, rows)
    found = _table_of(path)
    columns = _sample(path, found, rows)
    if "decimal" not in OPTIONS[kind_of({"file": path.name})]:
        return found, columns
    sign = guess_decimal(columns, found.get("delimiter", ","))
    if not sign:
        return found, columns
    told = [replace(column, decimal=sign) for column in columns]
    return {**found, "decimal": sign}, told


def _decimal_notes(columns: Sequence[Column]) -> list[str]:
    """Say which columns have numbers that aren't written plainly, and how."""
    numbers = [column for column in columns if column.decimal and column.sort == "number"]
    written = [column.name for column in numbers if replace(column, decimal="").numbers is None]
    sign = "a comma" if numbers and numbers[0].decimal == "," else "a point"
    return [f"decimal: {', '.join(written)}: {sign} stands before decimals"] if written else []


def _beside(path: Path, folder: Path) -> str:
    try:
        return path.resolve().relative_to(folder.resolve()).as_posix()
    except ValueError as error:
        raise BadInputError(
            f"A mapping in {folder} can't name {path}.", hint="Write it into the file's folder."
        ) from error


# --- the file -----------------------------------------------------------------------------------


def _table_of(path: Path) -> dict[str, Any]:
    kind = kind_of({"file": path.name})
    if kind in ("parquet", "xes"):
        return {}
    encoding = _encoding(path)
    named = {} if encoding == "utf-8" else {"encoding": encoding}
    if kind == "csv":
        delimiter = _delimiter(path, encoding)
        return named if delimiter == "," else {"delimiter": delimiter, **named}
    lines = _first_lines(path, encoding)
    if kind == "lines":
        return {"pattern": _pattern(path, lines), **named}
    each = _list_in(lines)
    return {"each": each, **named} if each else named


def _encoding(path: Path) -> str:
    with reading(path, "latin-1") as stream:
        head = stream.read(_BEGINNING).decode().encode("latin-1")
    for mark, name in _MARKS.items():
        if head.startswith(mark):
            return name
    try:
        head.decode()
    except UnicodeDecodeError as error:
        # The beginning may end within a letter.
        return "utf-8" if error.start > len(head) - 4 else "windows-1252"
    return "utf-8"


def _first_lines(path: Path, encoding: str, count: int = 1_000) -> list[str]:
    with reading(path, encoding) as stream:
        lines = [line for (_, line), _ in zip(lines_of(stream), range(count), strict=False)]
    found = [line.decode() for line in lines if line is not None and line.strip()]
    if not found and None in lines:
        raise BadInputError(
            f"{path}, line 1 {too_long()}", hint="Check that it is what it's named."
        )
    if not found:
        raise BadInputError(f"{path} is empty.")
    return found


def _delimiter(path: Path, encoding: str) -> str:
    """Give the sign that makes the most of the header; what is wrong with that tells its reader."""
    with reading(path, encoding) as stream:
        first = _LINE_END.split(stream.read(_BEGINNING).decode(errors="ignore"), maxsplit=1)[0]

    def width(sign: str) -> int:
        try:
            return len(next(csv.reader([first], delimiter=sign), []))
        except csv.Error:
            return 0

    return max(_DELIMITERS, key=width)


def _pattern(path: Path, lines: Sequence[str]) -> str:
    fitting = sum(ACCESS_LOG.fullmatch(line) is not None for line in lines)
    if fitting < MOSTLY * len(lines):
        raise BadInputError(
            f"{path} is not an access log of a web server, the only kind of lines that is guessed.",
            hint="Write a mapping with a pattern; docs/reference/mapping.md shows one.",
        )
    return _ACCESS_LINE


def _list_in(lines: Sequence[str]) -> str | None:
    try:
        first = msgspec.json.decode(lines[0])
    except msgspec.DecodeError:
        return None
    lists = [
        key for key, value in first.items()
        if isinstance(value, list) and value and isinstance(value[0], dict)
    ] if isinstance(first, dict) else []  # fmt: skip
    return lists[0] if len(lists) == 1 else None


def _sample(path: Path, table: Mapping[str, Any], most: int = SAMPLE) -> list[Column]:
    file = open_table(path.parent, {"file": path.name, **table}, frozenset({""}))
    names, types = file.header(), file.types()
    parts: list[Mapping[str, pa.Array]] = []
    count = 0
    for rows in file.batches(names):
        parts.append(rows.columns)
        count += len(rows.lines)
        if count >= most:
            break
    if not count:
        raise BadInputError(f"{path} has no rows that could be read.")
    found = []
    for name in names:
        values = pa.concat_arrays([_undone(part[name]) for part in parts if name in part])
        found.append(Column(name, values.slice(0, most), types.get(name, "text")))
    return found


def _undone(column: pa.Array) -> pa.Array:
    return plain_text(column) if pa.types.is_dictionary(column.type) else column


# --- the meaning --------------------------------------------------------------------------------


class _Guess:
    def __init__(self, name: str, zone: str, columns: list[Column]) -> None:
        self._name = name
        self._zone = zone
        self._columns = columns
        self._left = {column.name: column for column in columns if column.filled}
        self._zoneless: list[str] = []
        self.types: dict[str, str] = {}
        self.notes = [_first_note(name, columns), *_decimal_notes(columns)]

    def rule(self) -> dict[str, Any]:
        """Give the entry of ``rows``."""
        times = self._times()
        profile = self._profile()
        event = self._event_column() if len(times) == 1 or self._says_event() else None
        chosen = self._chosen_times(times, event)
        rule: dict[str, Any] = {"table": _TABLE, "profile": profile.name}
        first: dict[str, Any] = {}
        self._take_identifiers(rule, profile)
        self._take_channel(rule)
        self._take_money(rule, first)
        if len(chosen) == 1:  # of several events nothing tells which one was scored
            self._take_score(first)
        if self._zoneless:
            names = ", ".join(self._zoneless)
            self.notes.append(f"zone: {names}: read in {self._zone}, as no zone is told")
        rest = self._rest()
        if rest:
            rule["properties"] = rest
        rule["events"] = [
            {"event": name, "time": self._time_rule(column), **(first if index == 0 else {})}
            for index, (name, column) in enumerate(chosen)
        ]
        return rule

    def _take(self, column: Column) -> Column:
        self._left.pop(column.name, None)
        return column

    def _note(self, what: str, column: Column, sure: str, why: str) -> None:
        rows = f"{column.filled:,} of {len(column.values):,} rows, {column.different:,} different"
        self.notes.append(f"{what}: {column.name} ({sure}; {why}; {rows})")

    def _times(self) -> list[Column]:
        found = [column for column in self._left.values() if column.form is not None]
        # Whole numbers of eight digits read as days too; only a name makes them times.
        found = [
            column for column in found
            if column.rank("time") is not None or column.sort == "text" or column.form == "ms"
        ]  # fmt: skip
        planned = [column for column in found if column.rank("plan") is not None]
        for column in planned if len(planned) < len(found) else ():
            self._note("no event", column, "likely", "its name tells of a plan")
        times = [column for column in found if column not in planned] or found
        if not times:
            raise BadInputError(f"{self._name} has no column of times.", hint=self._without_times())
        return times

    def _without_times(self) -> str:
        near = [column.name for column in self._columns if column.holds_times_mostly]
        if near:
            return (
                f"Most values of {near[0]} are times, but not nearly all. Write a mapping that names"
                " it: rows without a time that can be read are put aside."
            )
        return (
            "Write a mapping with days counted from a date, or with one time for all rows,"
            " as time: {value: 2026-03-01}."
        )

    def _profile(self) -> Column:
        open_to = [
            column for column in self._left.values()
            if column.form is None and column.sort != "boolean"
            and column.filled > len(column.values) / 2
            and (column.different > 1 or len(column.values) == 1)
        ]  # fmt: skip
        column = best(open_to, "profile")
        address = best_address(open_to)
        if address is not None and (column is None or column.names_a_deal):
            self._note("profile", address, "likely", "by its content")
            return self._take(address)
        if column is None:
            raise BadInputError(
                f"{self._name} has no column whose name tells whose rows these are.",
                hint=f"Write a mapping; the columns are {', '.join(c.name for c in self._columns)}."
                " profile: {row: true} makes each row a customer of its own.",
            )
        alike = [c.name for c in open_to if c.rank("profile") == column.rank("profile")]
        sure = "sure" if len(alike) == 1 and column.filled == len(column.values) else "unsure"
        why = "by its name" if len(alike) == 1 else f"as well possible: {', '.join(alike[1:])}"
        self._note("profile", column, sure, why)
        return self._take(column)

    def _take_identifiers(self, rule: dict[str, Any], profile: Column) -> None:
        left = [column for column in self._left.values() if tells_apart(column, profile)]
        found = {
            "email": best_address(left),
            "phone": best([column for column in left if column.holds_phones], "phone"),
            "anonymous_id": best(left, "anonymous_id"),
        }
        for sort, column in found.items():
            if column is None or column.name not in self._left:
                continue
            is_named, is_seen = column.rank(sort) is not None, sort != "anonymous_id"
            sure = "sure" if is_named and sort == "email" else "likely"
            why = {(True, True): "by name and content", (True, False): "by its name"}.get(
                (is_named, is_seen), "by its content"
            )
            self._note(f"identifier {sort}", column, sure, why)
            rule.setdefault("identifiers", {})[sort] = self._take(column).name

    def _says_event(self) -> bool:
        column = best(list(self._left.values()), "event")
        return column is not None and (column.rank("event") or 0) < _UNSURE_EVENT

    def _event_column(self) -> Column | None:
        few = [
            column for column in self._left.values()
            if column.sort == "text" and column.form is None
            and column.different <= max(200, len(column.values) // 20)
            and column.filled >= MOSTLY * len(column.values)
        ]  # fmt: skip
        column = best(few, "event")
        if column is None:
            return None
        sure = "sure" if (column.rank("event") or 0) < _UNSURE_EVENT else "unsure"
        self._note("event", column, sure, "by its name")
        return self._take(column)

    def _chosen_times(self, times: list[Column], event: Column | None) -> list[tuple[Any, Column]]:
        if event is not None or len(times) == 1:
            column = best(times, "time") or times[0]
            sure = "sure" if len(times) == 1 else "likely"
            self._note("time", column, sure, "by its content")
            name: Any = {"column": event.name} if event else _title(self._name.split(".")[0])
            return [(name, self._timed(column))]
        for column in times:
            self._note("event", column, "likely", "each time of a row is an event")
        return [(event_title(column.name), self._timed(column)) for column in times]

    def _timed(self, column: Column) -> Column:
        if column.form == "ms" and column.declared == "text":
            self.types[column.name] = "number"
        if not column.has_zone:
            self._zoneless.append(column.name)
        if column.may_be_month_first:
            self.notes.append(f"form: day and month of {column.name} may be the other way round")
        return self._take(column)

    def _time_rule(self, column: Column) -> Any:
        if column.form in ("", "ms"):
            return column.name
        return {"column": column.name, "form": column.form}

    def _take_channel(self, rule: dict[str, Any]) -> None:
        column = best([c for c in self._left.values() if c.sort == "text"], "channel")
        if column is not None and column.different <= 200:
            rule["channel"] = self._take(column).name
            self._note("channel", column, "likely", "by its name")

    def _take_money(self, rule: dict[str, Any], first: dict[str, Any]) -> None:
        column = best([c for c in self._left.values() if c.sort == "number"], "value")
        if column is None:
            return
        first["value"] = self._typed(column)
        self._note("value", column, "unsure", "by its name")
        currency = best([c for c in self._left.values() if c.is_currency], "currency")
        if currency is not None:
            rule["currency"] = self._take(currency).name
            self._note("currency", currency, "sure", "by name and content")
        else:
            self.notes.append(
                "currency: none found; write currency: {value: SEK}, or take value out"
            )

    def _take_score(self, first: dict[str, Any]) -> None:
        column = next((c for c in self._left.values() if c.scale), None)
        if column is not None:
            first["score"] = {"value": self._typed(column), "scale": column.scale}
            self._note("score", column, "unsure", f"as {column.scale} by name and content")

    def _typed(self, column: Column) -> str:
        if column.sort != column.declared:
            self.types[column.name] = column.sort
        return self._take(column).name

    def _rest(self) -> dict[str, str]:
        found = {}
        for column in list(self._left.values()):
            if column.rank("personal") is not None and ":" not in column.name:
                self._note("left out", column, "likely", "its name tells of personal data")
                continue
            if column.holds_addresses:
                self._note("left out", column, "likely", "its content tells of personal data")
                continue
            found[column.name] = self._typed(column)
        return found


_UNSURE_EVENT: Final = 9
"""From this word on (type, status) a name may mean something else than events."""

_ENDINGS: Final = frozenset({
    "timestamp", "time", "date", "datetime", "at", "tid", "dato", "datum", "tidspunkt", "ts",
})  # fmt: skip


def event_title(column: str) -> str:
    """Give the name of the event that a column of times tells of, or a file."""
    words = re.findall(r"[^\W_]+", column)
    while len(words) > 1 and words[-1].lower() in _ENDINGS:
        words.pop()
    return _title(" ".join(words))


def _title(name: str) -> str:
    text = re.sub(r"[\W_]+", " ", name).strip() or "Row"
    return text[:1].upper() + text[1:]
