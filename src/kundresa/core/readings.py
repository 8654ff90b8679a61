"""The reading: a number per period without a profile, such as spend, impressions or footfall.

``docs/reference/documents.md`` and ``documents/schemas/reading.schema.json`` describe the same
record; a test holds the two to each other.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from kundresa.core.errors import BadInputError, Fault, known_values, raise_if_faulty, shown
from kundresa.core.records import MICRO, MOST_VALUE
from kundresa.core.times import parse_moment

PLACES: Final = ("touchpoint", "channel", "campaign")
"""What a reading may belong to, to one at most."""

KEYS: Final = ("series", "period", "value", "unit", *PLACES, "source")
LONGEST_TEXT: Final = 200
_CURRENCY: Final = re.compile(r"[A-Z]{3}", re.ASCII)
_PERIOD: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T.+)?", re.ASCII)
_PERIOD_HINT: Final = 'Write {"from": "2026-03-01", "to": "2026-04-01"}; "to" is no longer in it.'


@dataclass(frozen=True)
class Reading:
    """A number for a period, which begins at ``begins`` and ends before ``ends`` (microseconds, UTC).

    ``place`` is the name of the touchpoint, channel or campaign that ``place_kind`` says; both are
    empty for a reading that belongs to none. ``zone`` is where its days begin.
    """

    series: str
    begins: int
    ends: int
    value: float
    unit: str
    source: str
    place_kind: str = ""
    place: str = ""
    zone: str = "UTC"

    @property
    def micro(self) -> int | None:
        """The amount in millionths of the currency, if it is money."""
        return round(self.value * MICRO) if is_money(self.unit) else None


def is_money(unit: str) -> bool:
    """Tell whether a unit is a currency: three capital letters."""
    return _CURRENCY.fullmatch(unit) is not None


def is_reading(data: object) -> bool:
    """Tell whether a record is meant as a reading and not as an event."""
    return isinstance(data, Mapping) and "series" in data and "event" not in data


def parse_reading(data: object, *, place: str = "", zone: str = "UTC") -> Reading:
    """Check one record and give it as a reading; a date begins with its day in ``zone``.

    Raises
    ------
    BadInputError
        With one fault for everything that is wrong in the record.
    """
    if not isinstance(data, Mapping):
        raise BadInputError(f"{place or 'The reading'} is not an object.", hint="Write {…}.")
    record = _Record(data, place)
    begins, ends = record.period(zone)
    unit = record.text("unit")
    kind, name = record.place()
    found = Reading(
        record.text("series"), begins, ends, record.value(unit), unit, record.text("source"),
        kind, name, zone,
    )  # fmt: skip
    record.unknown_keys()
    raise_if_faulty(record.faults, place or "The reading")
    return found


def can_be_kept(text: str) -> bool:
    """Tell whether a database keeps a text: not too long, without NUL and halves of letters."""
    if len(text) > LONGEST_TEXT or "\0" in text:
        return False
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def fault_of_value(value: float, unit: str) -> str:
    """Say what is wrong with a number in a unit; nothing if it can be kept."""
    if not math.isfinite(value):
        return "is no number that can be kept."
    if is_money(unit) and abs(value) > MOST_VALUE:
        return f"is beyond {MOST_VALUE:g}."
    return ""


class _Record:
    """Reads the keys of one record and collects what is wrong with them."""

    def __init__(self, data: Mapping[Any, Any], place: str) -> None:
        self._data = data
        self._place = place
        self.faults: list[Fault] = []

    def text(self, key: str) -> str:
        value = self._data.get(key)
        if isinstance(value, str) and value.strip() and can_be_kept(value):
            return value
        said = "is missing." if value is None else f"is {shown(value)}."
        hint = f"Write a text of up to {LONGEST_TEXT} letters, without signs that nobody sees."
        self._fault(key, said, hint)
        return ""

    def period(self, zone: str) -> tuple[int, int]:
        value = self._data.get("period")
        if not isinstance(value, Mapping) or set(value) != {"from", "to"}:
            said = "is missing." if value is None else f"is {shown(value)}."
            self._fault("period", said, _PERIOD_HINT)
            return 0, 1
        begins, ends = (self._moment(key, value[key], zone) for key in ("from", "to"))
        if begins is None or ends is None:
            return 0, 1
        if begins >= ends:
            self._fault("period", "ends before it begins, or at once.", _PERIOD_HINT)
        return begins, ends

    def value(self, unit: str) -> float:
        value = self._data.get("value")
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            said = fault_of_value(_as_float(value), unit)
            if not said:
                return float(value)
        else:
            said = "is missing." if value is None else f"is {shown(value)}."
        self._fault("value", said, "Write a number.")
        return 0.0

    def place(self) -> tuple[str, str]:
        there = [kind for kind in PLACES if kind in self._data]
        if len(there) > 1:
            self._fault(there[1], f"stands beside {there[0]}.", "A reading belongs to one place.")
        return (there[0], self.text(there[0])) if there else ("", "")

    def unknown_keys(self) -> None:
        for key in self._data:
            if key not in KEYS:
                self._fault(str(key), "is not a key of a reading.", known_values(key, KEYS))

    def _moment(self, key: str, value: object, zone: str) -> int | None:
        hint = "Write ISO 8601: a date, as 2026-03-01, or 2026-03-01T10:00:00+01:00."
        if not isinstance(value, str) or not _PERIOD.fullmatch(value):
            self._fault(f"period.{key}", f"is {shown(value)}.", hint)
            return None
        try:
            return parse_moment(value, zone=zone).time
        except BadInputError as error:
            self._fault(f"period.{key}", error.message, error.hint)
        except OverflowError:
            self._fault(f"period.{key}", f"is {shown(value)}.", hint)
        return None

    def _fault(self, key: str, message: str, hint: str) -> None:
        place = f"{self._place}.{key}" if self._place else key
        self.faults.append(Fault(place, message, hint))


def _as_float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf
