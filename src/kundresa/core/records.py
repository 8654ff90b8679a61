"""The event record: the one shape in which anything that happened enters Kundresa.

``docs/reference/documents.md`` and ``documents/schemas/event.schema.json`` describe the same
record; a test holds the two to each other.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

from kundresa.core.errors import BadInputError, Fault, known_values, raise_if_faulty
from kundresa.core.times import PRECISIONS, Moment, parse_moment

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Answers = TypeVar("Answers", float, NDArray[np.float64])

MICRO: Final = 1_000_000
"""Money is kept in millionths of the currency's unit, as whole numbers."""

MOST_VALUE: Final = 9e12
"""More units of a currency would not fit into 64 bits of micro-units."""

_MOST_VALUE_HINT: Final = "Amounts go up to 9 million million."
_MOST_NUMBER_HINT: Final = "Numbers are 64-bit floats, up to 1.7e308."

KEYS: Final = (
    "profile", "event", "time", "properties", "value", "currency", "channel", "id",
    "precision", "score", "items", "group", "identifiers",
)  # fmt: skip

SCALES: Final[Mapping[str, tuple[float, float]]] = {
    "emotion": (-2, 2),
    "csat5": (1, 5),
    "csat7": (1, 7),
    "ces7": (1, 7),
    "nps": (0, 10),
    "percent": (0, 100),
    "stars5": (1, 5),
    "faces3": (-1, 1),
}
"""Lowest and highest answer of each scale; both ends are reachable."""

_COARSE_FACES: Final = 0.75
"""Three faces say less than five: their ends stand for +-1.5, not +-2."""


@dataclass(frozen=True)
class Score:
    """What somebody answered, on the scale that they were asked on."""

    value: float
    scale: str

    @property
    def emotion(self) -> float:
        """The answer on the one axis of all emotion, -2 to +2."""
        return emotion_of(self.value, self.scale)


@dataclass(frozen=True)
class Event:
    """Something that happened to a profile at a time, in a channel.

    ``value`` is in micro-units of ``currency``. ``properties`` hold text, numbers, truth values,
    and lists or objects of them.
    """

    profile: str
    event: str
    moment: Moment
    properties: Mapping[str, Any] = field(default_factory=dict)
    value: int | None = None
    currency: str | None = None
    channel: str | None = None
    id: str | None = None
    score: Score | None = None
    items: tuple[Mapping[str, Any], ...] = ()
    group: str | None = None
    identifiers: Mapping[str, str] = field(default_factory=dict)


def scale_bounds(scale: str) -> tuple[float, float]:
    """Give lowest and highest answer of a named scale or of ``"low..high"``."""
    if scale in SCALES:
        return SCALES[scale]
    low, separator, high = scale.partition("..")
    try:
        bounds = float(low), float(high)
    except ValueError:
        bounds = math.nan, math.nan
    if separator and bounds[0] < bounds[1] and all(map(math.isfinite, bounds)):
        return bounds
    raise BadInputError(
        f"{scale!r} is not a scale.",
        hint=f"{known_values(scale, SCALES)} Or write lowest and highest answer, as 1..10.",
    )


def is_currency(name: object) -> bool:
    """Tell whether it looks like a currency's code: three letters."""
    return isinstance(name, str) and len(name) == 3 and name.isascii() and name.isalpha()


def emotion_of(value: Answers, scale: str) -> Answers:
    """Put answers on the axis from -2 to +2, in a straight line between the scale's ends."""
    low, high = scale_bounds(scale)
    emotion = (value - low) / (high - low) * 4 - 2
    return emotion * _COARSE_FACES if scale == "faces3" else emotion


def parse_event(data: object, *, place: str = "", zone: str = "UTC") -> Event:
    """Check one record and give it as an event.

    Raises
    ------
    BadInputError
        With one fault for everything that is wrong in the record.
    """
    if not isinstance(data, Mapping):
        raise BadInputError(f"{place or 'The event'} is not an object.", hint="Write {…}.")
    reader = _Reader(data, place)
    event = Event(
        profile=reader.name("profile") or "",
        event=reader.name("event") or "",
        moment=reader.moment(zone),
        properties=reader.properties(),
        value=reader.money(),
        currency=reader.currency(),
        channel=reader.name("channel", required=False),
        id=reader.name("id", required=False),
        score=reader.score(),
        items=reader.items(),
        group=reader.name("group", required=False),
        identifiers=reader.identifiers(),
    )
    reader.unknown_keys()
    if reader.faults:
        raise_if_faulty(reader.faults, place or "The event")
    return event


_NEVER: Final = Moment(0, 0, "microsecond")


def _is_beyond_floats(value: object) -> bool:
    """Tell whether it is a number that no 64-bit float comes near."""
    try:
        return isinstance(value, (int, float)) and math.isinf(value)
    except OverflowError:
        return True


class _Reader:
    """Reads the keys of one record and collects what is wrong with them."""

    def __init__(self, data: Mapping[Any, Any], place: str) -> None:
        self.data = data
        self.place = place
        self.faults: list[Fault] = []

    def fault(self, key: str, message: str, hint: str = "") -> None:
        place = f"{self.place}.{key}" if self.place else key
        self.faults.append(Fault(place, message, hint))

    def name(self, key: str, *, required: bool = True) -> str | None:
        value = self.data.get(key)
        if value is None and not required:
            return None
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if isinstance(value, str) and value.strip():
            return value
        said = "is missing" if value is None else f"is {value!r}"
        self.fault(key, f"{said}.", "Write a text that isn't empty.")
        return None

    def moment(self, zone: str) -> Moment:
        precision = self.data.get("precision")
        if precision is not None and precision not in PRECISIONS:
            self.fault("precision", f"is {precision!r}.", known_values(precision, PRECISIONS))
            return _NEVER
        if self.data.get("time") is None:
            self.fault("time", "is missing.", "Write ISO 8601 or epoch milliseconds.")
            return _NEVER
        try:
            time = self.data["time"]
            time = time if isinstance(time, (str, int, float)) else repr(time)
            return parse_moment(time, precision=precision, zone=zone)
        except BadInputError as error:
            self.fault("time", error.message, error.hint)
            return _NEVER

    def number(self, key: str, value: object) -> float | None:
        if _is_beyond_floats(value):
            self.fault(key, "is too large a number.", _MOST_NUMBER_HINT)
            return None
        if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
            return float(value)
        self.fault(key, f"is {value!r}.", "Write a number.")
        return None

    def money(self) -> int | None:
        value = self.data.get("value")
        if _is_beyond_floats(value):
            self.fault("value", "is too large an amount.", _MOST_VALUE_HINT)
            return None
        amount = None if value is None else self.number("value", value)
        if amount is not None and abs(amount) > MOST_VALUE:
            self.fault("value", f"is {value!r}.", _MOST_VALUE_HINT)
            return None
        return None if amount is None else round(amount * MICRO)

    def currency(self) -> str | None:
        value = self.data.get("currency")
        if value is None:
            return None
        if is_currency(value):
            return str(value).upper()
        self.fault("currency", f"is {value!r}.", "Write three letters, as SEK, NOK, DKK or EUR.")
        return None

    def score(self) -> Score | None:
        value = self.data.get("score")
        if value is None:
            return None
        if not isinstance(value, Mapping) or not isinstance(value.get("scale"), str):
            self.fault("score", f"is {value!r}.", 'Write {"value": 4, "scale": "csat5"}.')
            return None
        number = self.number("score.value", value.get("value"))
        try:
            low, high = scale_bounds(value["scale"])
        except BadInputError as error:
            self.fault("score.scale", error.message, error.hint)
            return None
        if number is not None and not low <= number <= high:
            self.fault(
                "score.value", f"is {number:g}.", f"The scale goes from {low:g} to {high:g}."
            )
            return None
        return None if number is None else Score(number, value["scale"])

    def object(self, key: str) -> Mapping[str, Any]:
        value = self.data.get(key)
        if value is None:
            return {}
        if isinstance(value, Mapping):
            return value
        self.fault(key, f"is {value!r}.", "Write an object, as {…}.")
        return {}

    def properties(self) -> Mapping[str, Any]:
        found = self.object("properties")
        for name, value in found.items():
            if _is_beyond_floats(value):
                hint = f"{_MOST_NUMBER_HINT} Or write it as a text."
                self.fault(f"properties.{name}", "is too large a number.", hint)
        return found

    def identifiers(self) -> Mapping[str, str]:
        found = self.object("identifiers")
        for kind, value in found.items():
            if not isinstance(value, str) or not value:
                self.fault(f"identifiers.{kind}", f"is {value!r}.", "Write a text.")
        return found

    def items(self) -> tuple[Mapping[str, Any], ...]:
        value = self.data.get("items")
        if value is None:
            return ()
        if isinstance(value, list) and all(isinstance(item, Mapping) for item in value):
            return tuple(value)
        self.fault("items", "is not a list of objects.", 'Write [{"sku": "A1", "quantity": 1}].')
        return ()

    def unknown_keys(self) -> None:
        for key in self.data:
            if key not in KEYS:
                self.fault(str(key), "is not a key of an event.", known_values(key, KEYS))
