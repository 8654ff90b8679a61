"""The first rows of a source as they will be stored, and those that would be put aside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta, timezone
from typing import Any, Final

import pyarrow as pa

from kundresa.core.records import MICRO
from kundresa.core.times import from_microseconds
from kundresa.events.sources.contents import Piece, Rejected

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


@dataclass(frozen=True)
class Preview:
    """What the first rows of a source give."""

    rows: int = 0
    event_count: int = 0
    rejected_count: int = 0
    events: list[Shown] = field(default_factory=list)
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
    def has_scores(self) -> bool:
        """Whether any event shown has a score."""
        return any(event.score for event in self.events)


def preview_of(pieces: Iterator[Piece], *, shown: int = SHOWN, enough: int = ENOUGH) -> Preview:
    """Read until enough rows are seen, and show the first events and the first bad rows."""
    rows = events = rejected = 0
    first: list[Shown] = []
    bad: list[Rejected] = []
    is_all = True
    with closing(pieces) as read:  # type: ignore[type-var]
        for piece in read:
            rows = piece.rows
            events += sum(table.num_rows for table in piece.tables)
            rejected += len(piece.rejected)
            bad += piece.rejected[: shown - len(bad)]
            first += _shown(piece.tables, shown - len(first))
            if rows >= enough:
                is_all = piece.share >= 1
                break
    return Preview(rows, events, rejected, first, bad, is_all)


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
    )


def _time(row: Mapping[str, Any]) -> str:
    zone = timezone(timedelta(minutes=row["offset_minutes"] or 0))
    moment = from_microseconds(row["time"]).astimezone(zone)
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
