"""How often, and when: the count and the window of ``did``, the window and length of ``then``.

A window is half-open. Nothing at or after ``now`` is in it, so the answer as of a past moment is
what it was then. An event that is known to the day only is in a window by its first instant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from kundresa.core.errors import BadInputError, Fault, known_values
from kundresa.core.times import parse_duration, parse_moment

MOST_COUNT: Final = 1_000_000_000
_DURATION_HINT: Final = 'Write a number and a unit, as "30d", "12h" or "2w"; at most 366000d.'
_TIME_HINT: Final = "Write a date or a time, as 2026-03-01 or 2026-03-01T12:30:00+01:00."
# A window that is empty in the first and in the last zone of the world is empty in all.
_OUTER_ZONES: Final = ("Etc/GMT-14", "Etc/GMT+12")


@dataclass(frozen=True)
class Window:
    """From ``start`` up to but not including ``end``, UTC microseconds."""

    start: int | None
    end: int

    def holds(self, time: int) -> bool:
        """Tell whether an instant lies in the window."""
        return (self.start is None or self.start <= time) and time < self.end


@dataclass(frozen=True)
class Count:
    """How often, both ends included."""

    at_least: int
    at_most: int | None

    def holds(self, count: int) -> bool:
        """Tell whether that often is meant."""
        return self.at_least <= count and (self.at_most is None or count <= self.at_most)


def count_of(given: Mapping[str, int] | None) -> Count:
    """Read a checked count; without one, once is enough."""
    if given is None:
        return Count(1, None)
    return Count(given.get("at_least", 0), given.get("at_most"))


def window_of(given: Mapping[str, str] | None, now: int, zone: str) -> Window:
    """Read a checked window at a moment; dates begin in the zone. Without one, all until now."""
    given = given or {}
    if "last" in given:
        return Window(now - parse_duration(given["last"]), now)
    start, end = (
        parse_moment(given[key], zone=zone).time if key in given else None for key in ("from", "to")
    )
    return Window(start, now if end is None else min(end, now))


def count_faults(given: Any, place: str) -> list[Fault]:
    """List what is wrong in a count."""
    keys = ("at_least", "at_most")
    faults = _shape_faults(given, keys, place, 'Write {"at_least": 2, "at_most": 5}, or one of it.')
    if faults:
        return faults
    for key, number in given.items():
        whole = isinstance(number, int) and not isinstance(number, bool)
        if not whole or not 0 <= number <= MOST_COUNT:
            hint = f"Write a whole number from 0 to {MOST_COUNT}."
            faults.append(Fault(f"{place}.{key}", "is no count.", hint))
    if not faults and given.get("at_most", MOST_COUNT) < given.get("at_least", 0):
        faults.append(Fault(place, "can't be met.", "at_least may not be over at_most."))
    return faults


def window_faults(given: Any, place: str) -> list[Fault]:
    """List what is wrong in a window."""
    hint = (
        'Write {"last": "30d"}, or {"from": "2026-01-01", "to": "2026-04-01"}, or one of the two.'
    )
    faults = _shape_faults(given, ("last", "from", "to"), place, hint)
    if faults:
        return faults
    if "last" in given:
        faults = duration_faults(given["last"], f"{place}.last")
        if len(given) > 1:
            faults.append(Fault(place, "says both how long and from when.", hint))
        return faults
    for key, text in given.items():
        if not isinstance(text, str) or _read(parse_moment, text) is None:
            faults.append(Fault(f"{place}.{key}", "is not a time.", _TIME_HINT))
    if not faults and len(given) == 2 and all(_is_empty(given, zone) for zone in _OUTER_ZONES):
        faults.append(Fault(place, "ends before it begins.", "The time under 'to' is left out."))
    return faults


def duration_faults(given: Any, place: str) -> list[Fault]:
    """List what is wrong in a length of time."""
    length = _read(parse_duration, given) if isinstance(given, str) else None
    if length is not None and length > 0:
        return []
    return [Fault(place, "is not a length of time.", _DURATION_HINT)]


def _is_empty(given: Mapping[str, str], zone: str) -> bool:
    start, end = (parse_moment(given[key], zone=zone).time for key in ("from", "to"))
    return end <= start


def _read(parse: Callable[[object], Any], text: str) -> Any:
    try:
        return parse(text)
    except BadInputError:
        return None


def _shape_faults(given: Any, keys: tuple[str, ...], place: str, hint: str) -> list[Fault]:
    if not isinstance(given, Mapping) or not given:
        return [Fault(place, "says nothing.", hint)]
    return [
        Fault(f"{place}.{key}", "is not known here.", known_values(key, keys))
        for key in given
        if key not in keys
    ]
