"""Query documents: check everything at once, then ask the measure.

The same document works on the command line, over HTTP and in Python.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final, get_args

import numpy as np

from kundresa.core.conditions import as_mask, faults_in
from kundresa.core.errors import BadInputError, Fault, known_values, raise_if_faulty
from kundresa.core.times import day_start, parse_duration, zone_named
from kundresa.measures.funnel import FunnelStep, funnel
from kundresa.measures.journeys import Bools
from kundresa.measures.living_map import living_map
from kundresa.measures.specs import MapSpec, Mode, Period, TouchpointSpec, Unit
from kundresa.measures.transitions import transitions
from kundresa.store.table import EventTable

VERSION: Final = 1
MOST_STEPS: Final = 50
_COMMON: Final = ("kundresa_query", "type", "unit", "filter", "period", "zone")
_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "funnel": (*_COMMON, "steps", "window"),
    "transitions": (*_COMMON, "touchpoints", "map", "gap"),
    "living_map": ("kundresa_query", "type", "map", "mode", "filter", "period", "zone", "compare"),
}

Answer = dict[str, Any]
MapSpecOf = Callable[[Any], MapSpec]


def answer(
    query: Mapping[str, Any], table: EventTable, map_spec_of: MapSpecOf | None = None
) -> Answer:
    """Answer a query document.

    Parameters
    ----------
    query
        ``{"kundresa_query": 1, "type": "funnel" | "transitions" | "living_map", ...}``.
    table
        The events it asks about.
    map_spec_of
        Turns what stands under ``map`` into a `MapSpec`; it may raise its own errors.

    Returns
    -------
    dict
        Plain data that begins with ``type``.

    Raises
    ------
    BadInputError
        With every fault of the document.

    Examples
    --------
    >>> short = {"kundresa_query": 1, "type": "funnel", "steps": ["view", "buy"]}
    >>> answer(short, EventTable.from_events([]))["steps"][0]["count"]
    0
    """
    reader = _Reader(query)
    ask = reader.checked(map_spec_of)
    raise_if_faulty(reader.faults, "The query")
    return ask(table)


class _Reader:
    """Reads one document and keeps all its faults."""

    def __init__(self, query: Mapping[str, Any]) -> None:
        self.query = query
        self.faults: list[Fault] = []

    def checked(self, map_spec_of: MapSpecOf | None) -> Callable[[EventTable], Answer]:
        kind = str(self.query.get("type"))
        if self.query.get("kundresa_query") != VERSION:
            seen = self.query.get("kundresa_query")
            self.fault("kundresa_query", f"is {seen!r}.", f"This release reads version {VERSION}.")
        if kind not in _KEYS:
            self.fault("type", f"is {kind!r}.", known_values(kind, _KEYS))
            return lambda _table: {}
        for key in self.query:
            if key not in _KEYS[kind]:
                self.fault(str(key), f"is not known in a {kind} query.",
                           known_values(key, _KEYS[kind]))  # fmt: skip
        if kind == "funnel":
            return self.funnel()
        if kind == "transitions":
            return self.transitions(map_spec_of)
        return self.living_map(map_spec_of)

    def fault(self, place: str, message: str, hint: str = "") -> None:
        self.faults.append(Fault(place, message, hint))

    def funnel(self) -> Callable[[EventTable], Answer]:
        steps, unit, window = self.steps(), self.unit(), self.duration("window")
        wanted, period = self.filter(), self.period()
        return lambda table: funnel(
            table, steps, window=window, unit=unit, mask=_mask(table, wanted, period)
        ).to_json()

    def transitions(self, map_spec_of: MapSpecOf | None) -> Callable[[EventTable], Answer]:
        unit, gap = self.unit(), self.duration("gap")
        wanted, period = self.filter(), self.period()
        items = self.touchpoints()
        if "map" in self.query:
            spec = self.map(map_spec_of)
            items = spec.touchpoints if spec else ()
        return lambda table: transitions(
            table, touchpoints=items, unit=unit, gap=gap, mask=_mask(table, wanted, period)
        ).to_json()

    def living_map(self, map_spec_of: MapSpecOf | None) -> Callable[[EventTable], Answer]:
        wanted, period = self.filter(), self.period()
        mode: Mode = self.query.get("mode", "cohort")
        if mode not in get_args(Mode):
            self.fault("mode", f"is {mode!r}.", known_values(mode, get_args(Mode)))
        compare = self.query.get("compare")
        if compare not in (None, "before"):
            self.fault("compare", f"is {compare!r}.", known_values(compare, ["before"]))
        if compare and period is None:
            self.fault("compare", "needs a period.", 'Write "period": {"from": …, "to": …}.')
        spec = self.map(map_spec_of)
        return lambda table: {} if spec is None else living_map(
            table, spec, period, mode=mode, mask=_mask(table, wanted, None), compare=bool(compare)
        ).to_json()  # fmt: skip

    def steps(self) -> list[FunnelStep]:
        given = self.query.get("steps")
        if not isinstance(given, list) or not 1 <= len(given) <= MOST_STEPS:
            self.fault("steps", f"is not a list of 1 to {MOST_STEPS} steps.",
                       'Write ["view", "buy"].')  # fmt: skip
            return []
        return [self.step(step, f"steps[{index}]", index) for index, step in enumerate(given)]

    def step(self, given: Any, place: str, index: int) -> FunnelStep:
        """Read an event name, a condition, or {"label", "match"}."""
        if isinstance(given, Mapping) and "match" in given:
            for key in given:
                if key not in ("label", "match"):
                    self.fault(
                        f"{place}.{key}", "is not known.", known_values(key, ["label", "match"])
                    )
            self.faults += faults_in(given["match"], f"{place}.match")
            return FunnelStep(str(given.get("label", f"step {index + 1}")), given["match"])
        self.faults += faults_in(given, place)
        return FunnelStep(_label(given, index), given)

    def touchpoints(self) -> tuple[TouchpointSpec, ...] | None:
        given = self.query.get("touchpoints")
        if given is None:
            return None
        if not isinstance(given, Mapping) or not given:
            self.fault("touchpoints", "is not an object of matchers.", 'Write {"id": matcher}.')
            return ()
        for name, matcher in given.items():
            self.faults += faults_in(matcher, f"touchpoints.{name}")
        return tuple(TouchpointSpec(name, matcher) for name, matcher in given.items())

    def unit(self) -> Unit:
        given = self.query.get("unit", "profile")
        if given in ("profile", "account"):
            return "account" if given == "account" else "profile"
        if isinstance(given, Mapping) and set(given) == {"property"}:
            return ("property", str(given["property"]))
        self.fault("unit", f"is {given!r}.",
                   'Write "profile", "account" or {"property": "order_id"}.')  # fmt: skip
        return "profile"

    def duration(self, key: str) -> int | None:
        if self.query.get(key) is None:
            return None
        try:
            return parse_duration(self.query[key])
        except BadInputError as error:
            self.fault(key, error.message, error.hint)
            return None

    def filter(self) -> Any:
        given = self.query.get("filter")
        if given is not None:
            self.faults += faults_in(given, "filter")
        return given

    def period(self) -> Period | None:
        given = self.query.get("period")
        if given is None:
            return None
        if not isinstance(given, Mapping) or set(given) != {"from", "to"}:
            self.fault(
                "period", "does not say from and to.", 'Write {"from": "2026-01-01", "to": …}.'
            )
            return None
        days = [self.day(given[key], f"period.{key}") for key in ("from", "to")]
        try:
            zone = zone_named(self.query.get("zone", "UTC"))
        except (BadInputError, TypeError) as error:
            self.fault("zone", str(error))
            return None
        first, last = days
        if first is None or last is None:
            return None
        if first >= last:
            self.fault("period", "ends before it begins.", "The day under 'to' is the first after.")
        return Period(day_start(first, zone), day_start(last, zone))

    def day(self, given: Any, place: str) -> date | None:
        try:
            return date.fromisoformat(given)
        except (TypeError, ValueError):
            self.fault(place, f"is {given!r}.", "Write a date, as 2026-03-01.")
            return None

    def map(self, map_spec_of: MapSpecOf | None) -> MapSpec | None:
        given = self.query.get("map")
        if given is None:
            self.fault("map", "is missing.", "Name the map.")
            return None
        if isinstance(given, MapSpec):
            return given
        if map_spec_of is None:
            self.fault("map", "can't be looked up here.", "Give the map with the query.")
            return None
        return map_spec_of(given)


def _label(given: Any, index: int) -> str:
    if isinstance(given, str):
        return given
    if isinstance(given, list):
        return " or ".join(map(str, given))
    names = given.get("event") if isinstance(given, Mapping) else None
    return _label(names, index) if isinstance(names, (str, list)) else f"step {index + 1}"


def _mask(table: EventTable, wanted: Any, period: Period | None) -> Bools | None:
    """Join filter and period to one mask; None when neither narrows anything."""
    if wanted is None and period is None:
        return None
    mask = np.ones(len(table), bool) if wanted is None else as_mask(wanted, table)
    if period is None:
        return mask
    return mask & (table.time >= period.start) & (table.time < period.end)
