"""When things happen: the shop's calendar, its busy days and hours, and the local clock.

Times are UTC milliseconds as int64. The zone is asked once for the whole period, never per event.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from kundresa.core.times import day_start, microseconds, zone_named
from kundresa.project.appliance_shop.parameters import ZONE, Period, Truth

Times = NDArray[np.int64]
Bools = NDArray[np.bool_]
Shares = NDArray[np.float32]

SECOND: Final = 1000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
LONGEST_VISIT: Final = HOUR

_WEEKDAYS: Final = (1.05, 1.0, 0.95, 1.0, 0.85, 0.95, 1.3)
_MONTHS: Final = (1.05, 0.9, 0.9, 0.9, 0.9, 0.85, 0.75, 0.9, 0.95, 1.0, 1.3, 1.4)
_BLACK_WEEK: Final = 1.9
_GROWTH: Final = 1.12
"""Needs a year later for each need now."""
_EPOCH: Final = date(1970, 1, 1)
_AFTER: Final = 400
"""Days beyond the period for which times are reckoned before they are cut off."""
_QUANTILES: Final = 2048


class Calendar:
    """One period in one zone; makes local days and hours into instants."""

    def __init__(self, period: Period, truth: Truth) -> None:
        zone = zone_named(ZONE)
        inside = [period.first + timedelta(day) for day in range(period.days)]
        beyond = [period.last + timedelta(1 + day) for day in range(_AFTER)]
        starts = [day_start(day, zone) // 1000 for day in (*inside, beyond[0])]
        self.first_day = (period.first - _EPOCH).days
        self.start, self.end = starts[0], starts[-1]
        self.last_visit = self.end - LONGEST_VISIT
        self.broken = _month(truth.broken_month, inside, starts)
        self._shifts, self._offsets = _clock_changes(zone, period.first, period.days + _AFTER)
        self._need_days = _cumulated([_busy(day, index) for index, day in enumerate(inside)])
        self._seconds = np.array([_second_quantiles(each.hours) for each in truth.personas])
        self._rush = np.array([_is_rush(day) for day in (*inside, *beyond)])

    def need_day(self, chance: Shares) -> Times:
        """Draw local days (since 1970) on which a need arises."""
        return self.first_day + np.searchsorted(self._need_days, chance, side="right")

    def at_hour(self, day: Times, persona: NDArray[np.int64], chance: Shares) -> Times:
        """Give an instant on each local day, at an hour when such people are awake."""
        place = chance * np.float32(_QUANTILES)
        low = place.astype(np.int64)
        here = self._seconds[persona, low]
        seconds = here + (place - low) * (self._seconds[persona, low + 1] - here)
        return self.instant(day * DAY + (seconds * SECOND).astype(np.int64))

    def instant(self, wall: Times) -> Times:
        """Turn local clock time into UTC; of an hour that comes twice the second one is meant."""
        return wall - self.offset(wall - self._offsets.min())

    def offset(self, time: Times) -> Times:
        """Give how far the local clock is ahead at an instant, in milliseconds."""
        return self._offsets[np.searchsorted(self._shifts, time, side="right")]

    def wall(self, time: Times) -> Times:
        """Give the local clock time of an instant."""
        return time + self.offset(time)

    def is_staffed(self, time: Times) -> Bools:
        """Tell whether customer service answers at once: weekdays from 9 to 18."""
        wall = self.wall(time)
        hour = wall % DAY // HOUR
        return (weekday(wall // DAY) < 5) & (hour >= 9) & (hour < 18)

    def is_rush(self, day: Times) -> Bools:
        """Tell whether carriers are overrun on a day."""
        return self._rush[np.clip(day - self.first_day, 0, len(self._rush) - 1)]


def weekday(day: Times) -> Times:
    """Give 0 for Monday to 6 for Sunday, of days since 1970."""
    return (day + 3) % 7


def add_working_days(day: Times, count: Times) -> Times:
    """Go on by that many working days; a start on a weekend counts as the Friday before it."""
    beyond = np.maximum(weekday(day) - 4, 0)
    start = day - beyond
    return start + count + 2 * ((weekday(start) + count) // 5)


def _busy(day: date, number: int) -> float:
    growth: float = _GROWTH ** (number / 365)
    black_week = _BLACK_WEEK if (day.month, day.day) >= (11, 23) and day.month == 11 else 1.0
    return growth * _WEEKDAYS[day.weekday()] * _MONTHS[day.month - 1] * black_week


def _month(wanted: date, days: list[date], starts: list[int]) -> tuple[int, int]:
    """Give first instant and first after of a month, as far as it lies within the days."""
    inside = [i for i, day in enumerate(days) if day.replace(day=1) == wanted.replace(day=1)]
    return (starts[inside[0]], starts[inside[-1] + 1]) if inside else (0, 0)


def _is_rush(day: date) -> bool:
    return (day.month, day.day) >= (11, 24) and (day.month, day.day) <= (12, 24)


def _cumulated(weights: list[float]) -> NDArray[np.float64]:
    # The last edge is above every chance, so that rounding can't draw a day too many.
    edges: NDArray[np.float64] = np.cumsum(weights) / np.sum(weights)
    edges[-1] = 2.0
    return edges


def _second_quantiles(hours: Sequence[float]) -> NDArray[np.float64]:
    edges = np.concatenate([[0.0], np.cumsum(hours) / np.sum(hours)])
    seconds = np.arange(25) * 3600.0
    chances = np.arange(_QUANTILES + 2) / _QUANTILES
    quantiles: NDArray[np.float64] = np.interp(chances, edges, seconds)
    return np.minimum(quantiles, 86_399.0)


def _clock_changes(zone: ZoneInfo, first: date, days: int) -> tuple[Times, Times]:
    """Give the instants at which the clock changes, and the offsets before, between and after."""
    midnight = datetime(first.year, first.month, first.day, tzinfo=UTC) - timedelta(1)
    shifts, offsets = [], [_offset(midnight, zone)]
    for day in range(days + 1):
        if _offset(midnight + timedelta(day + 1), zone) == offsets[-1]:
            continue
        hours = (midnight + timedelta(day, hours=hour) for hour in range(25))
        new = next(hour for hour in hours if _offset(hour, zone) != offsets[-1])
        shifts.append(microseconds(new) // 1000)
        offsets.append(_offset(new, zone))
    return np.array(shifts, np.int64), np.array(offsets, np.int64)


def _offset(time: datetime, zone: ZoneInfo) -> int:
    return (time.astimezone(zone).utcoffset() or timedelta()) // timedelta(milliseconds=1)
