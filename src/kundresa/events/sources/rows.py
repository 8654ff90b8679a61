"""Rows of mapped tables become events.

Every row is accounted for: it gives events, gives none because its times are empty or its
conditions don't hold, or is rejected with file, line and reason. Nothing falls away silently.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import IO, Any, Final, cast

from kundresa.core.conditions import as_predicate
from kundresa.core.errors import BadInputError, KundresaError, known_values
from kundresa.core.records import Event, parse_event
from kundresa.core.times import Moment
from kundresa.events.sources import mapping as mappings

Row = dict[str, Any]
Progress = Callable[[str, int], None]
_EVERY: Final = 20_000
_NEVER: Final = Moment(0, 0, "day")


@dataclass(frozen=True)
class Rejected:
    """A row that gave no event because something in it is wrong."""

    file: str
    line: int
    reason: str
    row: Any

    def to_json(self) -> dict[str, Any]:
        """Give it as a line of a quarantine file."""
        return vars(self)


@dataclass
class Reading:
    """What a file gave."""

    events: list[Event] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    rows: int = 0


def read_mapped(mapping: mappings.Mapping, *, progress: Progress | None = None) -> Reading:
    """Read all tables of a mapping.

    ``progress`` is called with the table's name and the rows read so far, now and then.
    """
    reading = Reading()
    for rule in mapping.rows:
        _read_table(mapping, rule, reading, progress or (lambda _table, _rows: None))
    return reading


def _read_table(
    mapping: mappings.Mapping, rule: Mapping[str, Any], reading: Reading, progress: Progress
) -> None:
    name = rule["table"]
    file = mapping.folder / mapping.tables[name]["file"]
    joins = [(join["on"], _index(mapping, join)) for join in rule.get("join") or []]
    makers = [_Maker(mapping, rule, event) for event in rule["events"]]
    for line, row in _typed_rows(mapping, file):
        reading.rows += 1
        if reading.rows % _EVERY == 0:
            progress(name, reading.rows)
        for columns, index in joins:
            row.update(index.get(_key(row, columns, file), {}))
        try:
            reading.events += [event for maker in makers if (event := maker(row)) is not None]
        except KundresaError as error:
            reason = "; ".join(f"{f.place} {f.message}" for f in error.faults) or error.message
            reading.rejected.append(Rejected(file.name, line, reason, row))
    progress(name, reading.rows)


def _index(mapping: mappings.Mapping, join: Mapping[str, Any]) -> dict[tuple[Any, ...], Row]:
    file = mapping.folder / mapping.tables[join["table"]]["file"]
    return {_key(row, join["on"], file): row for _, row in _typed_rows(mapping, file)}


def _key(row: Row, columns: list[str], file: Path) -> tuple[Any, ...]:
    try:
        return tuple(row[column] for column in columns)
    except KeyError as error:
        raise BadInputError(
            f"{file.name} has no column {error.args[0]!r}.", hint=known_values(error.args[0], row)
        ) from error


def _typed_rows(mapping: mappings.Mapping, file: Path) -> Iterator[tuple[int, Row]]:
    convert = {column: _CONVERT[sort] for column, sort in mapping.types.items() if sort != "text"}
    for line, row in _rows(file):
        for column, value in row.items():
            if value is None or value in mapping.missing:
                row[column] = None
            elif column in convert:
                row[column] = convert[column](value)
        yield line, row


def _rows(file: Path) -> Iterator[tuple[int, Row]]:
    try:
        with _open(file) as text:
            reader = csv.DictReader(text, strict=True)
            for row in reader:
                yield reader.line_num, row
    except FileNotFoundError as error:
        raise BadInputError(f"There is no file {file}.") from error
    except (UnicodeDecodeError, csv.Error, gzip.BadGzipFile, EOFError) as error:
        raise BadInputError(
            f"{file} can't be read: {error}.", hint="Save it as UTF-8 CSV."
        ) from error


def _open(file: Path) -> IO[str]:
    if file.suffix == ".gz":
        return cast("IO[Any]", gzip.open(file, "rt", encoding="utf-8-sig", newline=""))
    return file.open(encoding="utf-8-sig", newline="")


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        # Left as it stands: the event that uses it then says what is wrong, with its place.
        return text


_CONVERT: Final[dict[str, Callable[[str], Any]]] = {
    "number": _number,
    "boolean": lambda text: {"true": True, "1": True, "false": False, "0": False}.get(
        text.lower(), text
    ),
}


class _Maker:
    """Makes one kind of event from the rows of one table."""

    def __init__(
        self, mapping: mappings.Mapping, rule: Mapping[str, Any], event: Mapping[str, Any]
    ) -> None:
        self.mapping = mapping
        self.event = event
        self.both = {**rule, **event}
        self.when = as_predicate(event["when"]) if "when" in event else None
        self.properties = {**(rule.get("properties") or {}), **(event.get("properties") or {})}
        self.days: dict[tuple[str, float], str] = {}

    def __call__(self, row: Row) -> Event | None:
        if self.when and not self.when(Event("", "", _NEVER, row)):
            return None
        time = self.time(row)
        if time is None:
            return None
        record = {
            "profile": _text(self.column(row, self.both["profile"])),
            "event": self.event["event"],
            "time": time,
            "properties": self.filled(row),
        }
        for key in ("value", "currency", "channel", "group", "id"):
            if key in self.both and (value := self.given(row, self.both[key])) is not None:
                record[key] = value if key == "value" else _text(value)
        if self.event.get("precision"):
            record["precision"] = self.event["precision"]
        score = self.event.get("score")
        if score and (answer := self.column(row, score["value"])) is not None:
            record["score"] = {"value": answer, "scale": score["scale"]}
        return parse_event(record, zone=self.mapping.zone)

    def time(self, row: Row) -> str | None:
        rule = self.event["time"]
        if isinstance(rule, str):
            return cast("str | None", self.column(row, rule))
        day = rule["day"] if isinstance(rule["day"], int) else self.column(row, rule["day"])
        if day is None:
            return None
        return self.day(self.first_day(row, rule["from"]), day)

    def first_day(self, row: Row, name: str) -> str:
        rule = self.mapping.dates[name]
        value = self.column(row, rule["column"])
        if value not in rule["values"]:
            hint = known_values(value, rule["values"])
            raise BadInputError(f"dates.{name} knows no date for {value!r}.", hint=hint)
        return str(rule["values"][value])

    def day(self, first: str, number: float) -> str:
        key = (first, number)
        if key not in self.days:
            if not isinstance(number, (int, float)):
                raise BadInputError(f"{number!r} is not a day number.")
            self.days[key] = (date.fromisoformat(first) + timedelta(days=number)).isoformat()
        return self.days[key]

    def filled(self, row: Row) -> Row:
        values = {name: self.given(row, rule) for name, rule in self.properties.items()}
        return {name: value for name, value in values.items() if value is not None}

    def given(self, row: Row, rule: Any) -> Any:
        if isinstance(rule, str):
            return self.column(row, rule)
        if "value" in rule:
            return rule["value"]
        if "columns" in rule:
            parts = [self.column(row, column) for column in rule["columns"]]
            joined = rule.get("join", "-").join(_text(part) or "" for part in parts)
            return joined if None not in parts else None
        return self.column(row, rule["column"])

    def column(self, row: Row, name: str) -> Any:
        try:
            return row[name]
        except KeyError as error:
            raise BadInputError(
                f"There is no column {name!r}.", hint=known_values(name, row)
            ) from error


def _text(value: Any) -> str | None:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return None if value is None else str(value)
