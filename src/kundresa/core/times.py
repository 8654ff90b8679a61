"""Times and durations as whole microseconds, UTC.

An event may be known to the day only; then it stands for the whole local day, and an order
within that day is not claimed. That is why a time is an interval here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from reprlib import Repr
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kundresa.core.errors import BadInputError

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
WEEK: Final = 7 * DAY
LONGEST: Final = 366_000 * DAY
"""A thousand years: longer ones would leave 64 bits when taken from a time."""

PRECISIONS: Final = ("microsecond", "second", "minute", "hour", "day", "month", "year")
_FIXED: Final = {"microsecond": 1, "second": SECOND, "minute": MINUTE, "hour": HOUR}
_UNITS: Final = {
    "ms": 1000,
    "s": SECOND,
    "m": MINUTE,
    "min": MINUTE,
    "h": HOUR,
    "d": DAY,
    "w": WEEK,
}
_DURATION: Final = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*")
_DATE_ONLY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# A number may have any count of digits; a message has room for some.
_SHORT: Final = Repr()
_SHORT.maxstring = _SHORT.maxlong = _SHORT.maxother = 80
_shown = _SHORT.repr


@dataclass(frozen=True)
class Moment:
    """When something happened: ``time`` to ``until``, both inclusive, UTC microseconds."""

    time: int
    until: int
    precision: str
    offset_minutes: int | None = None


def parse_duration(text: object) -> int:
    """Turn ``"90d"``, ``"1h"``, ``"1h 30m"`` or a number of seconds into microseconds.

    A day is 86,400 seconds here: a window is an absolute length of time.
    """
    length = _length(text)
    if length is None:
        raise BadInputError(
            f"{text!r} is not a duration.", hint="Write a number and a unit: 30s, 15m, 1h, 90d, 2w."
        )
    if length > LONGEST:
        raise BadInputError(
            f"{_shown(text)} is longer than 1,000 years.",
            hint="Write a shorter one, as 90d, or leave it out.",
        )
    return round(length)


def _length(text: object) -> float | None:
    if isinstance(text, (int, float)) and not isinstance(text, bool) and text >= 0:
        return text * SECOND
    if not isinstance(text, str) or not text.strip():
        return None
    total, position = 0.0, 0
    while position < len(text):
        found = _DURATION.match(text, position)
        if not found or found[2] not in _UNITS:
            return None
        total += float(found[1]) * _UNITS[found[2]]
        position = found.end()
    return total


def zone_named(name: str) -> ZoneInfo:
    """Give the time zone, or say that there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadInputError(
            f"{name!r} is not a time zone.", hint="Write one like Europe/Stockholm or UTC."
        ) from error


def microseconds(moment: datetime) -> int:
    """Give an aware time as microseconds since 1970, UTC."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def from_microseconds(time: int) -> datetime:
    """Give microseconds since 1970 as an aware UTC time."""
    return _EPOCH + timedelta(microseconds=time)


def day_start(day: date, zone: ZoneInfo) -> int:
    """Give the first instant of a local day, UTC microseconds."""
    return microseconds(datetime(day.year, day.month, day.day, tzinfo=zone))


# Days and seconds repeat in real files, and reading a calendar is dear: 4 times quicker on a
# quarter of a million events of day precision. Typed, as True must not be taken for 1.
@lru_cache(maxsize=65_536, typed=True)
def parse_moment(value: object, *, precision: str | None = None, zone: str = "UTC") -> Moment:
    """Read ISO 8601 (a date alone is allowed) or epoch milliseconds.

    Parameters
    ----------
    value
        Text or a number. A time without an offset is taken in ``zone``.
    precision
        How exact the time is; by default ``day`` for a date alone, else ``microsecond``.
    """
    if precision is not None and precision not in PRECISIONS:
        raise BadInputError(
            f"{precision!r} is not a precision.", hint=f"Known: {', '.join(PRECISIONS)}."
        )
    moment, found_precision = _read(value, zone)
    exact = precision or found_precision
    offset = moment.utcoffset()
    try:
        time, until = _bounds(moment, exact)
    except (OverflowError, ValueError) as error:
        # Its end is found from what comes after it, and after the year 9999 comes none.
        raise BadInputError(
            f"{_shown(value)}, known to the {exact}, is too near the end of the calendar.",
            hint="Times go up to the year 9999; write an earlier one.",
        ) from error
    return Moment(
        time, until, exact, None if offset is None else round(offset.total_seconds() / 60)
    )


def _read(value: object, zone: str) -> tuple[datetime, str]:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            return _EPOCH + timedelta(milliseconds=value), "microsecond"
        except (OverflowError, ValueError) as error:
            raise BadInputError(
                f"{_shown(value)} is outside the years 1 to 9999.",
                hint="Epoch times are milliseconds.",
            ) from error
    if isinstance(value, str):
        text = value.strip()
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            pass
        else:
            precision = "day" if _DATE_ONLY.fullmatch(text) else "microsecond"
            return (moment if moment.tzinfo else moment.replace(tzinfo=zone_named(zone))), precision
    raise BadInputError(
        f"{value!r} is not a time.",
        hint="Write ISO 8601 (2026-03-01T12:30:00+01:00, or a date alone) or epoch milliseconds.",
    )


def _bounds(moment: datetime, precision: str) -> tuple[int, int]:
    if precision in _FIXED:
        time = microseconds(moment)
        width = _FIXED[precision]
        return (
            (time, time) if width == 1 else (time - time % width, time - time % width + width - 1)
        )
    first = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if precision == "day":
        after = first + timedelta(days=1)
    elif precision == "month":
        first = first.replace(day=1)
        after = (first + timedelta(days=32)).replace(day=1)
    else:
        first = first.replace(month=1, day=1)
        after = first.replace(year=first.year + 1)
    # Local calendar arithmetic on a zone-aware value keeps the wall clock, so a day that the
    # clock change makes 23 or 25 hours long gets exactly its own length.
    return microseconds(first), microseconds(after) - 1
