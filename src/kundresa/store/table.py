"""Events as columns in memory: what every measure reads.

Stored order never means anything here; time does. Names are codes into lists of texts, so a
matcher is answered once per name instead of once per event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kundresa.core.records import Event
from kundresa.store.overflow import Spilled

Codes = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class EventTable:
    """Columns of shape (n_events,); codes are -1 where there is nothing.

    ``time`` and ``until`` are UTC microseconds, both inclusive: the event lies somewhere between.
    ``value`` is in micro-units where ``has_value``; ``score`` is on -2..+2, NaN without an answer.
    """

    profile: Codes
    profiles: list[str]
    event: Codes
    events: list[str]
    time: Codes
    until: Codes
    value: Codes
    has_value: NDArray[np.bool_]
    currency: Codes
    currencies: list[str]
    channel: Codes
    channels: list[str]
    group: Codes
    groups: list[str]
    score: Floats
    score_raw: Floats
    properties: Mapping[str, Property] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.time)

    @classmethod
    def from_events(cls, events: Sequence[Event]) -> EventTable:
        """Turn events into columns."""
        profile, profiles = _encode(event.profile for event in events)
        name, names = _encode(event.event for event in events)
        currency, currencies = _encode(event.currency for event in events)
        channel, channels = _encode(event.channel for event in events)
        group, groups = _encode(event.group for event in events)
        return cls(
            profile=profile, profiles=profiles, event=name, events=names,
            time=_whole(event.moment.time for event in events),
            until=_whole(event.moment.until for event in events),
            value=_whole(event.value or 0 for event in events),
            has_value=np.array([event.value is not None for event in events], bool),
            currency=currency, currencies=currencies, channel=channel, channels=channels,
            group=group, groups=groups,
            score=_numbers(event.score.emotion if event.score else None for event in events),
            score_raw=_numbers(event.score.value if event.score else None for event in events),
            properties=_properties([event.properties for event in events]),
        )  # fmt: skip

    def text_column(self, kind: str, name: str) -> tuple[Codes, list[str]]:
        """Give codes, -1 where missing, and the texts they stand for."""
        if kind == "property":
            found = self.properties.get(name)
            return (found.text, found.texts) if found else (self._nothing(), [])
        columns = {
            "event": (self.event, self.events),
            "channel": (self.channel, self.channels),
            "currency": (self.currency, self.currencies),
            "group": (self.group, self.groups),
        }
        return columns.get(name) or (self._nothing(), [])

    def number_column(self, kind: str, name: str) -> Floats:
        """Give numbers, NaN where missing; ``value`` in units of its currency."""
        if kind == "property":
            found = self.properties.get(name)
            return found.number if found else np.full(len(self), np.nan)
        if name == "value":
            return np.where(self.has_value, self.value / 1e6, np.nan)
        return self.score_raw if name == "score" else np.full(len(self), np.nan)

    def boolean_column(self, kind: str, name: str) -> NDArray[np.int8]:
        """Give 1, 0, and -1 where missing."""
        found = self.properties.get(name) if kind == "property" else None
        return found.truth if found else np.full(len(self), -1, np.int8)

    def _nothing(self) -> Codes:
        return np.full(len(self), -1, np.int64)


@dataclass(frozen=True)
class Property:
    """One property: a column for each type, as the same name may carry several."""

    text: Codes
    texts: list[str]
    number: Floats
    truth: NDArray[np.int8]

    def with_spilled(self, more: Spilled | None) -> Property:
        """Add what stands of it in the overflow."""
        if not more:
            return self
        text, texts = more.into_text(self.text, self.texts)
        number, truth = more.into_number(self.number), more.into_boolean(self.truth)
        return Property(text, texts, number, truth)


class Properties(Mapping[str, Property]):
    """Properties by name, each put together when it is asked for: a log may have thousands."""

    def __init__(
        self, names: Callable[[], Iterable[str]], make: Callable[[str], Property | None]
    ) -> None:
        self._names = names
        self._make = make
        self._made: dict[str, Property | None] = {}

    def __getitem__(self, name: str) -> Property:
        if name not in self._made:
            self._made[name] = self._make(name)
        found = self._made[name]
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(list(self._names()))


def _properties(rows: Sequence[Mapping[str, Any]]) -> Properties:
    names = sorted({name for row in rows for name in row})
    known = frozenset(names)
    return Properties(
        lambda: names,
        lambda name: _property([row.get(name) for row in rows]) if name in known else None,
    )


def _property(values: list[Any]) -> Property:
    text, texts = _encode(value if isinstance(value, str) else None for value in values)
    number = _numbers(value if type(value) in (int, float) else None for value in values)
    truth = np.array([int(v) if isinstance(v, bool) else -1 for v in values], np.int8)
    return Property(text, texts, number, truth)


def _encode(values: Iterable[str | None]) -> tuple[Codes, list[str]]:
    codes: dict[str, int] = {}
    column = [-1 if value is None else codes.setdefault(value, len(codes)) for value in values]
    return np.array(column, np.int64), list(codes)


def _whole(values: Iterable[int]) -> Codes:
    return np.fromiter(values, np.int64)


def _numbers(values: Iterable[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], np.float64)
