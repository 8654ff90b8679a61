"""Times of a column, read at once where they are plain, one by one where they aren't.

What is plain ISO 8601 is read from the bytes of the column; `core.times.parse_moment` reads the
rest. Both must say the same, also where clocks change; a property test holds them to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kundresa.core.errors import BadInputError
from kundresa.core.times import DAY, HOUR, MINUTE, SECOND, Moment, parse_moment, zone_named

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_WIDTHS: Final = {"microsecond": 1, "second": SECOND, "minute": MINUTE, "hour": HOUR}
_EPOCH: Final = date(1970, 1, 1)
_FIRST: Final = (date(2, 1, 1) - _EPOCH).days
_LAST: Final = (date(9998, 12, 31) - _EPOCH).days
_CLOCKS: Final = (10, 16, 19, 23, 26)
"""Lengths of a date, and of a date with minutes, seconds, and three or six digits of a second."""
_TAILS: Final = (0, 1, 6)
_SPAN: Final = 40_000
_MONTHS: Final = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_NOWHERE: Final = np.iinfo(np.int64).min


@dataclass
class Moments:
    """One moment a row; ``reasons`` tells the rows that have none, and why."""

    time: Ints
    until: Ints
    precision: NDArray[np.int64]
    offset: Ints
    reasons: dict[int, str]

    def columns(self) -> dict[str, pa.Array]:
        """Give them as columns of a store's rows; `_NOWHERE` offsets are null."""
        codes = pa.array(self.precision.astype(np.int32))
        unknown = self.offset == _NOWHERE
        minutes = self.offset.astype(np.int32)  # what isn't known becomes 0
        return {
            "time": pa.array(self.time),
            "until": pa.array(self.until),
            "precision": pa.DictionaryArray.from_arrays(codes, pa.array(_NAMES, pa.string())),
            "offset_minutes": pa.array(minutes, mask=unknown if unknown.any() else None),
        }


_NAMES: Final = ("microsecond", "second", "minute", "hour", "day", "month", "year")


@dataclass(frozen=True)
class Clock:
    """How a column's times are to be read."""

    zone: str = "UTC"
    precision: str | None = None
    form: str | None = None

    def moment(self, value: Any) -> Moment:
        """Read one time."""
        if self.form is not None and isinstance(value, str):
            value = _by_form(value, self.form)
        return parse_moment(value, precision=self.precision, zone=self.zone)


def read_moments(column: pa.Array, clock: Clock) -> Moments:
    """Read a column without nulls: texts, timestamps, dates, or numbers of milliseconds."""
    count = len(column)
    time, until, precision, offset = np.zeros((4, count), np.int64)
    found = Moments(time, until, precision, offset, {})
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    rest = np.ones(count, bool)
    if clock.precision not in ("month", "year") and clock.form is None:
        for rows, wall in _plain(column):
            done = rows[_fill(found, rows, wall, clock)]
            rest[done] = False
    _one_by_one(found, column, np.flatnonzero(rest), clock)
    return found


@dataclass(frozen=True)
class _Wall:
    """What a clock on a wall shows, in microseconds; ``offset`` is `_NOWHERE` if not said."""

    time: Ints
    offset: Ints
    is_day: bool


# --- what is plain -----------------------------------------------------------------------------


def _plain(column: pa.Array) -> list[tuple[Ints, _Wall]]:
    """Give the rows that can be read at once, with what they say."""
    sort = column.type
    every = np.arange(len(column))
    if pa.types.is_string(sort):
        return list(_plain_texts(column))
    if pa.types.is_date32(sort):
        days = column.cast(pa.int32()).to_numpy().astype(np.int64)
        return [(every, _Wall(days * DAY, np.full(len(days), _NOWHERE), is_day=True))]
    if pa.types.is_timestamp(sort):
        time = column.cast(pa.int64()).to_numpy()
        if sort.tz is None:
            return [(every, _Wall(time, np.full(len(time), _NOWHERE), is_day=False))]
        offset = _offsets_at(time, sort.tz)
        known = offset != _NOWHERE
        return [(every[known], _Wall((time + offset)[known], offset[known], is_day=False))]
    if pa.types.is_integer(sort) or pa.types.is_floating(sort):
        given = column.to_numpy()
        near = np.abs(given) < _LAST * DAY // 1000
        near &= given == np.floor(given)  # a part of a millisecond is rounded, one by one
        time = given[near].astype(np.int64) * 1000
        return [(every[near], _Wall(time, np.zeros(len(time), np.int64), is_day=False))]
    return []


def _plain_texts(column: pa.Array) -> Any:
    lengths = pc.binary_length(column).to_numpy()
    starts = np.frombuffer(column.buffers()[1], np.int32)[column.offset :][: len(column)]
    content = np.frombuffer(column.buffers()[2] or b"", np.uint8)
    for length in np.unique(lengths).tolist():
        shape = next(((c, length - c) for c in _CLOCKS if length - c in _TAILS), None)
        if shape is None or (shape[0] == 10 and shape[1]):
            continue
        rows = np.flatnonzero(lengths == length)
        letters = _letters(content, starts[rows], length)
        wall, good = _read_letters(letters, *shape)
        yield rows[good], _Wall(wall.time[good], wall.offset[good], wall.is_day)


def _letters(content: NDArray[np.uint8], starts: Any, length: int) -> NDArray[np.uint8]:
    """Give the bytes by place in the text: shape (length, rows)."""
    if len(starts) and starts[-1] - starts[0] == (len(starts) - 1) * length:
        block = content[starts[0] : starts[-1] + length].reshape(len(starts), length)
    else:
        block = content[starts[:, None] + np.arange(length)]
    return np.ascontiguousarray(block.T)


def _read_letters(letters: NDArray[np.uint8], clock: int, tail: int) -> tuple[_Wall, Bools]:
    good = np.ones(letters.shape[1], bool)

    def number(first: int, last: int) -> Ints:
        total = np.zeros(letters.shape[1], np.int32)
        for place in range(first, last):
            digit = letters[place] - np.uint8(48)  # what is no digit wraps round to over 9
            np.logical_and(good, digit <= 9, out=good)
            total = total * 10 + digit
        return total.astype(np.int64)

    def stands(place: int, *signs: str) -> None:
        right = letters[place] == ord(signs[0])
        for sign in signs[1:]:
            right |= letters[place] == ord(sign)
        np.logical_and(good, right, out=good)

    stands(4, "-")
    stands(7, "-")
    year, month, day = number(0, 4), number(5, 7), number(8, 10)
    _within(good, _is_date(year, month, day))
    time = _days(year, month, day) * DAY
    if clock > 10:
        stands(10, "T", " ")
        stands(13, ":")
        time += _clock_time(number, stands, good, clock)
    offset = np.full(letters.shape[1], _NOWHERE)
    if tail == 1:
        stands(clock, "Z")
        offset = np.zeros(letters.shape[1], np.int64)
    elif tail == 6:
        stands(clock, "+", "-")
        stands(clock + 3, ":")
        hours, minutes = number(clock + 1, clock + 3), number(clock + 4, clock + 6)
        _within(good, (hours < 24) & (minutes < 60))
        offset = (hours * HOUR + minutes * MINUTE) * np.where(letters[clock] == ord("-"), -1, 1)
    return _Wall(time, offset, is_day=clock == 10), good


def _clock_time(number: Any, stands: Any, good: Bools, clock: int) -> Ints:
    hour, minute = number(11, 13), number(14, 16)
    _within(good, (hour < 24) & (minute < 60))
    time: Ints = hour * HOUR + minute * MINUTE
    if clock >= 19:
        stands(16, ":")
        second = number(17, 19)
        _within(good, second < 60)
        time += second * SECOND
    if clock > 19:
        stands(19, ".")
        time += number(20, clock) * 10 ** (26 - clock)
    return time


def _within(good: Bools, condition: Any) -> None:
    np.logical_and(good, condition, out=good)


def _is_date(year: Ints, month: Ints, day: Ints) -> Any:
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    longest = _MONTHS[np.clip(month, 0, 12)] + ((month == 2) & leap)
    # The first and the last year lie too near to the calendar's ends for offsets; one by one.
    return (year > 1) & (year < 9999) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= longest)


def _days(year: Ints, month: Ints, day: Ints) -> Ints:
    """Count days since 1970; Howard Hinnant, chrono-compatible low-level date algorithms, 2013."""
    shifted = year - (month <= 2)
    era = shifted // 400
    of_era = shifted - era * 400
    of_year = (153 * (month + np.where(month > 2, -3, 9)) + 2) // 5 + day - 1
    days: Ints = era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468
    return days


# --- from a wall to the world ------------------------------------------------------------------


def _fill(found: Moments, rows: Ints, wall: _Wall, clock: Clock) -> Any:
    """Write the moments of some rows; give which of them could be."""
    day = np.floor_divide(wall.time, DAY)
    here = wall.offset == _NOWHERE
    offset = wall.offset.copy()
    known = (day >= _FIRST) & (day <= _LAST)
    precision = clock.precision or ("day" if wall.is_day else "microsecond")
    local = here & known
    if local.all():
        local = slice(None)  # the usual case, and no copy
    days = _local_days(day[local], clock.zone)
    offset[local] = days.offsets(wall.time[local] - day[local] * DAY)
    if precision == "day":
        time = day * DAY - offset
        until = time + DAY - 1
        time[local], until[local] = days.start, days.end
    else:
        time = until = wall.time - offset
        width = _WIDTHS[precision]
        if width > 1:
            time = time - time % width
            until = time + width - 1
    minutes = _minutes(offset)
    at: Any = rows
    if not known.all():
        at = rows[known]
        time, until, minutes = time[known], until[known], minutes[known]
    if len(at) == len(found.time):
        at = slice(None)  # rows differ, so these are all of them, in their order
    found.time[at], found.until[at], found.offset[at] = time, until, minutes
    found.precision[at] = _NAMES.index(precision)
    return known


def _minutes(offset: Ints) -> Ints:
    whole = offset // MINUTE
    if (whole * MINUTE == offset).all():
        return whole
    return np.rint(offset / MINUTE).astype(np.int64)  # half to even, as round() does


@dataclass(frozen=True)
class _Days:
    """Days by their place in a table: offset before and after a change of clocks, and both ends."""

    place: Ints
    table: Ints

    def offsets(self, clock: Ints) -> Ints:
        """Give the offset at times since midnight."""
        before, change, after = self.table[:, 0], self.table[:, 1], self.table[:, 2]
        found: Ints = before[self.place]
        if (change < DAY).any():
            found = np.where(clock < change[self.place], found, after[self.place])
        return found

    @property
    def start(self) -> Ints:
        """The first moment of each day, UTC."""
        return np.asarray(self.table[:, 3][self.place])

    @property
    def end(self) -> Ints:
        """The last moment of each day, UTC."""
        return np.asarray(self.table[:, 4][self.place])


def _local_days(day: Ints, zone: str) -> _Days:
    return _tabled(day, lambda number: _local_day(number, zone), 5)


def _tabled(day: Ints, look: Callable[[int], tuple[int, ...]], width: int) -> _Days:
    """Look at each different day once."""
    if not len(day):
        return _Days(day, np.zeros((1, width), np.int64))
    first, span = int(day.min()), int(day.max() - day.min()) + 1
    if span > _SPAN:
        known, place = np.unique(day, return_inverse=True)
        return _Days(place, np.array([look(number) for number in known.tolist()], np.int64))
    # Over some years a table with a line for every day is quicker than sorting the rows.
    place = day - first
    is_there = np.zeros(span, bool)
    is_there[place] = True
    table = np.full((span, width), DAY, np.int64)
    wanted = np.flatnonzero(is_there)
    table[wanted] = [look(first + number) for number in wanted.tolist()]
    return _Days(place, table)


@lru_cache(maxsize=65_536)
def _local_day(number: int, zone: str) -> tuple[int, int, int, int, int]:
    """Give a local day's offset, when on its clock another begins (or `DAY`), that, and its ends."""
    moment = parse_moment((_EPOCH + timedelta(days=number)).isoformat(), zone=zone)
    first = datetime.combine(_EPOCH + timedelta(days=number), datetime.min.time())
    first = first.replace(tzinfo=zone_named(zone))
    before, change, after = _change(lambda clock: _offset(first + timedelta(microseconds=clock)))
    return before, change, after, moment.time, moment.until


def _change(offset_at: Callable[[int], int]) -> tuple[int, int, int]:
    """Search a day for a change of the clocks: the offset before, the first time after, that one.

    No zone has changed its clocks twice within a day (the shortest time between two changes is
    nearly seven days), so there is one step at most.
    """
    before, after = offset_at(0), offset_at(DAY - 1)
    if before == after:
        return before, DAY, after
    low, high = 0, DAY - 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if offset_at(middle) == before else (low, middle)
    return before, high, after


def _offset(moment: datetime) -> int:
    return (moment.utcoffset() or timedelta()) // timedelta(microseconds=1)


def _offsets_at(time: Ints, zone: str) -> Ints:
    """Give a zone's offset at UTC times; `_NOWHERE` at the ends of the calendar."""
    day = np.floor_divide(time, DAY)
    known = (day >= _FIRST) & (day <= _LAST)
    days = _tabled(day[known], lambda number: _utc_day(number, zone), 3)
    found = np.full(len(time), _NOWHERE)
    found[known] = days.offsets(time[known] - day[known] * DAY)
    return found


@lru_cache(maxsize=65_536)
def _utc_day(number: int, zone: str) -> tuple[int, int, int]:
    first = datetime.combine(_EPOCH + timedelta(days=number), datetime.min.time(), tzinfo=UTC)
    there = arrow_zone(zone)
    return _change(lambda clock: _offset((first + timedelta(microseconds=clock)).astimezone(there)))


@lru_cache
def arrow_zone(zone: str) -> Any:
    """Give the zone of a typed column: a name, or an offset such as ``+01:00``."""
    if zone[:1] in ("+", "-"):
        return datetime.fromisoformat(f"2000-01-01T00:00{zone}").tzinfo
    return zone_named(zone)


# --- one by one --------------------------------------------------------------------------------


def _one_by_one(found: Moments, column: pa.Array, rows: Ints, clock: Clock) -> None:
    if not len(rows):
        return
    encoded = column.take(pa.array(rows)).dictionary_encode()
    codes = encoded.indices.to_numpy()
    moments, wrong = _each(_values(encoded.dictionary), clock.moment)
    found.time[rows], found.until[rows] = moments["time"][codes], moments["until"][codes]
    found.precision[rows] = moments["precision"][codes]
    found.offset[rows] = moments["offset"][codes]
    for row, code in zip(rows.tolist(), codes.tolist(), strict=True):
        if code in wrong:
            found.reasons[row] = wrong[code]


def _values(column: pa.Array) -> list[Any]:
    """Give values as `parse_moment` takes them: texts of ISO 8601, or numbers."""
    if pa.types.is_timestamp(column.type) and column.type.tz is not None:
        zone = arrow_zone(column.type.tz)
        utc = column.cast(pa.timestamp("us", "UTC")).to_pylist()
        return [moment.astimezone(zone).isoformat() for moment in utc]
    if pa.types.is_temporal(column.type):
        return [moment.isoformat() for moment in column.to_pylist()]
    return list(column.to_pylist())


def _each(
    values: list[Any], read: Callable[[Any], Moment]
) -> tuple[Mapping[str, Ints], dict[int, str]]:
    """Read each value once; those that can't be read get a reason."""
    found: list[Moment] = []
    wrong: dict[int, str] = {}
    for code, value in enumerate(values):
        try:
            found.append(read(value))
        except BadInputError as error:
            wrong[code] = f"time: {error.message} {error.hint}".rstrip()
        except OverflowError:
            wrong[code] = f"time: {value!r} is out of range."
        if code in wrong:
            found.append(Moment(0, 0, "day"))
    offsets = [_NOWHERE if m.offset_minutes is None else m.offset_minutes for m in found]
    return {
        "time": np.array([moment.time for moment in found], np.int64),
        "until": np.array([moment.until for moment in found], np.int64),
        "precision": np.array([_NAMES.index(moment.precision) for moment in found], np.int64),
        "offset": np.array(offsets, np.int64),
    }, wrong


def _by_form(text: str, form: str) -> str:
    try:
        moment = datetime.strptime(text.strip(), form)  # noqa: DTZ007 - the zone comes later
    except ValueError as error:
        raise BadInputError(f"{text!r} is not a time of the form {form!r}.") from error
    has_clock = any(sign in form for sign in ("%H", "%I", "%X", "%c", "%T", "%s"))
    return moment.isoformat() if has_clock else moment.date().isoformat()
