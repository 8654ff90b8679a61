"""The first rows of a source as they will be stored, and those that would be put aside."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta, timezone, tzinfo
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from kundresa.core.records import MICRO
from kundresa.core.times import from_microseconds, zone_named
from kundresa.events.sources.contents import Piece, Rejected
from kundresa.events.sources.readings import Readings

SHOWN: Final = 20
ENOUGH: Final = 10_000
"""Rows that are read for a preview; a piece of a source may hold more."""


@dataclass(frozen=True)
class Shown:
    """An event as it will be stored; ``time`` is ISO 8601, a date alone where no hour is known."""

    profile: str
    event: str
    time: str
    channel: str = ""
    value: float | None = None
    currency: str = ""
    score: str = ""
    properties: tuple[tuple[str, str], ...] = ()
    identifiers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ShownReading:
    """A reading as it will be stored; ``ends`` is no longer in it."""

    series: str
    place: str
    begins: str
    ends: str
    value: float
    unit: str
    source: str


@dataclass(frozen=True)
class Preview:
    """What the first rows of a source give."""

    rows: int = 0
    event_count: int = 0
    rejected_count: int = 0
    events: list[Shown] = field(default_factory=list)
    reading_count: int = 0
    readings: list[ShownReading] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    is_all: bool = False

    @property
    def has_channels(self) -> bool:
        """Whether any event shown has a channel."""
        return any(event.channel for event in self.events)

    @property
    def has_values(self) -> bool:
        """Whether any event shown has an amount."""
        return any(event.value is not None for event in self.events)

    @property
    def has_identifiers(self) -> bool:
        """Whether any event shown carries an identifier."""
        return any(event.identifiers for event in self.events)

    @property
    def has_scores(self) -> bool:
        """Whether any event shown has a score."""
        return any(event.score for event in self.events)


def preview_of(pieces: Iterator[Piece], *, shown: int = SHOWN, enough: int = ENOUGH) -> Preview:
    """Read until enough rows are seen, and show the first events, readings and bad rows."""
    rows = events = readings = rejected = 0
    first: list[Shown] = []
    numbers: list[ShownReading] = []
    bad: list[Rejected] = []
    is_all = True
    with closing(pieces) as read:  # type: ignore[type-var]
        for piece in read:
            rows = piece.rows
            events += sum(table.num_rows for table in piece.tables)
            readings += sum(map(len, piece.readings))
            rejected += len(piece.rejected)
            bad += piece.rejected[: shown - len(bad)]
            first += _shown(piece.tables, shown - len(first))
            numbers += _shown_readings(piece.readings, shown - len(numbers))
            if rows >= enough:
                is_all = piece.share >= 1
                break
    return Preview(
        rows, events, rejected, first, readings, numbers, bad, is_all
    )  # fmt: skip


def _shown(tables: Iterable[pa.Table], most: int) -> list[Shown]:
    """Give some of each table, as the first would hide the others, in order of time."""
    filled = [table for table in tables if table.num_rows]
    if not filled or most <= 0:
        return []
    each = -(-most // len(filled))
    rows = [row for table in filled for row in table.slice(0, each).to_pylist()]
    return [_told(row) for row in sorted(rows[:most], key=lambda row: row["time"])]


def _told(row: Mapping[str, Any]) -> Shown:
    return Shown(
        profile=row["profile"],
        event=row["event"],
        time=_time(row),
        channel=row["channel"] or "",
        value=None if row["value"] is None else row["value"] / MICRO,
        currency=row["currency"] or "",
        score="" if row["score_raw"] is None else f"{_plain(row['score_raw'])} ({row['scale']})",
        properties=tuple(
            (name.split("/", 2)[2], _plain(value))
            for name, value in row.items()
            if name.startswith("p/") and value is not None
        ),
        identifiers=tuple(json.loads(row["rest"] or "{}").get("identifiers", {}).items()),
    )


def _shown_readings(some: Iterable[Readings], most: int) -> list[ShownReading]:
    """Give some of each series, as the first would hide the others, in order of time."""
    parts = [part for each in some for part in _by_series(each.columns, most)]
    if not parts or most <= 0:
        return []
    each = -(-most // len(parts))
    rows = [row for part in parts for row in part.slice(0, each).to_pylist()]
    return [_number(row) for row in sorted(rows[:most], key=lambda row: row["begins"])]


def _by_series(columns: pa.Table, most: int) -> Iterator[pa.Table]:
    for name in pc.unique(columns["series"])[: max(most, 0)]:
        yield columns.filter(pc.equal(columns["series"], name))


def _number(row: Mapping[str, Any]) -> ShownReading:
    zone = zone_named(row["zone"])
    both = _local(row["begins"], zone), _local(row["ends"], zone)
    if all(end.time() == time.min for end in both):
        begins, ends = (end.date().isoformat() for end in both)
    else:
        begins, ends = (end.isoformat(sep=" ", timespec="minutes")[:16] for end in both)
    return ShownReading(
        row["series"], row["place"], begins, ends, row["value"], row["unit"], row["source"]
    )  # fmt: skip


def _local(moment: int, zone: tzinfo) -> datetime:
    """Give a time in a zone; beyond the calendar there, its first or last moment."""
    try:
        return from_microseconds(moment).astimezone(zone)
    except OverflowError:
        last, first = datetime.max.replace(tzinfo=zone), datetime.min.replace(tzinfo=zone)
        return last if moment > 0 else first


def _time(row: Mapping[str, Any]) -> str:
    zone = timezone(timedelta(minutes=row["offset_minutes"] or 0))
    moment = _local(row["time"], zone)
    if row["precision"] in ("year", "month", "day"):
        return moment.date().isoformat()
    exact = {"hour": "minutes", "minute": "minutes", "second": "seconds"}
    text = moment.isoformat(sep=" ", timespec=exact.get(row["precision"], "auto"))
    return f"{text[:-6]} {text[-6:]}"


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
