"""Query documents: check everything at once, then ask the measure.

The same document works on the command line, over HTTP and in Python. Its published schema
(``documents/schemas/query.schema.json``) also holds what this release does not answer yet; a test
holds the two to each other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final, TypeGuard, get_args
from zoneinfo import ZoneInfo

import numpy as np

from kundresa.core.conditions import as_mask, faults_in
from kundresa.core.errors import BadInputError, Fault, known_values, raise_if_faulty
from kundresa.core.times import DAY, day_start, parse_duration, zone_named
from kundresa.measures.funnel import FunnelStep, funnel
from kundresa.measures.funnel_scan import scan_funnel
from kundresa.measures.journeys import Bools
from kundresa.measures.kernels.warm_up import is_warm
from kundresa.measures.living_map import living_map
from kundresa.measures.living_map_scan import is_scannable, scan_living_map
from kundresa.measures.specs import MapSpec, Mode, Period, TouchpointSpec, Unit
from kundresa.measures.transitions import transitions
from kundresa.measures.transitions_scan import MOST_ITEMS, scan_transitions
from kundresa.store import EventTable, Snapshot, table_of

VERSION: Final = 1
MOST_STEPS: Final = 50
LONGEST_COMPARED: Final = 36_525 * DAY
"""A hundred years, so that the period before still has dates."""

_COMMON: Final = ("kundresa_query", "type", "unit", "filter", "period", "zone")
_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "funnel": (*_COMMON, "steps", "window"),
    "transitions": (*_COMMON, "touchpoints", "map", "gap"),
    "living_map": ("kundresa_query", "type", "map", "mode", "filter", "period", "zone", "compare"),
}
PLANNED_TYPES: Final = (
    "paths", "steps", "attribution", "retention", "lifecycle", "trend", "audit", "conformance",
    "sequence", "frequency",
)  # fmt: skip
PLANNED_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "funnel": (
        "compare", "order", "strict_among", "exclude", "excluded", "entry", "period_bounds",
        "count", "tie_tolerance", "hold_constant", "breakdown", "trend", "week_start", "histogram",
        "curve", "effort", "explain", "like",
    ),
    "transitions": (
        "compare", "item", "level", "weight", "eventually", "rework", "unusual_wait", "most_edges",
    ),
    "living_map": ("persona",),
}  # fmt: skip
PLANNED_STEP_KEYS: Final = ("optional", "within")
_STEP_KEYS: Final = ("label", "match")
_DAY: Final = re.compile(r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}")

LARGE: Final = 50_000
"""From so many events on, a funnel is counted by the kernel; below, starting it costs more."""

WORTH_COMPILING: Final = 1_000_000
"""From so many events on, a map is scanned even where its kernels must be compiled first: below,
measuring it in memory takes less than that. `kernels.warm_up` compiles them in time.
"""

Answer = dict[str, Any]
Events = EventTable | Snapshot
MapSpecOf = Callable[[Any], MapSpec]


def answer(
    query: Mapping[str, Any], events: Events, map_spec_of: MapSpecOf | None = None
) -> Answer:
    """Answer a query document.

    Parameters
    ----------
    query
        ``{"kundresa_query": 1, "type": "funnel" | "transitions" | "living_map", ...}``.
    events
        What it asks about: columns in memory, or a version of a store.
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
    return ask(events)


def _in_memory(events: Events) -> EventTable:
    return events if isinstance(events, EventTable) else table_of(events)


def _is_large(events: Events) -> TypeGuard[Snapshot]:
    """Tell whether compiled kernels over the store are worth their start."""
    return isinstance(events, Snapshot) and events.version.event_count >= LARGE


def is_scanned(events: Events, spec: MapSpec) -> TypeGuard[Snapshot]:
    """Tell whether a map is measured by scanning the store, so that no table is needed."""
    if not is_scannable(spec) or not _is_large(events):
        return False
    return events.version.event_count >= WORTH_COMPILING or is_warm()


def _fits(events: Snapshot, items: tuple[TouchpointSpec, ...] | None) -> bool:
    """Tell whether the kernel's counts of pairs stay small."""
    names = events.dictionaries.texts("event.event") if items is None else items
    return len(names) <= MOST_ITEMS


class _Reader:
    """Reads one document and keeps all its faults."""

    def __init__(self, query: Mapping[str, Any]) -> None:
        self.query = query
        self.faults: list[Fault] = []

    def checked(self, map_spec_of: MapSpecOf | None) -> Callable[[Events], Answer]:
        kind = str(self.query.get("type"))
        seen = self.query.get("kundresa_query")
        if seen != VERSION or isinstance(seen, bool):
            self.fault("kundresa_query", f"is {seen!r}.", f"This release reads version {VERSION}.")
        if kind in PLANNED_TYPES:
            said = f"This release does not answer {kind!r} yet."
            self.fault("type", said, f"It answers {', '.join(sorted(_KEYS))}.")
            return lambda _table: {}
        if kind not in _KEYS:
            self.fault("type", f"is {kind!r}.", known_values(kind, _KEYS))
            return lambda _table: {}
        self.keys(self.query, _KEYS[kind], PLANNED_KEYS[kind], "", f"in a {kind} query")
        if kind == "funnel":
            return self.funnel()
        if kind == "transitions":
            return self.transitions(map_spec_of)
        return self.living_map(map_spec_of)

    def fault(self, place: str, message: str, hint: str = "") -> None:
        self.faults.append(Fault(place, message, hint))

    def keys(
        self, given: Mapping[str, Any], known: tuple[str, ...], planned: tuple[str, ...],
        place: str, where: str,
    ) -> None:  # fmt: skip
        """Tell a key that a later release answers from one that nobody knows."""
        for key in given:
            if key in planned:
                said = f"is not answered {where} by this release yet."
                self.fault(f"{place}{key}", said, f"Leave it out. {_listed(known)}")
            elif key not in known:
                self.fault(f"{place}{key}", f"is not known {where}.", known_values(key, known))

    def funnel(self) -> Callable[[Events], Answer]:
        steps, unit, window = self.steps(), self.unit(), self.duration("window")
        wanted, period = self.filter(), self.period()

        def ask(events: Events) -> Answer:
            if unit == "profile" and _is_large(events):
                found = scan_funnel(events, steps, window=window, filter=wanted, period=period)
                return found.to_json()
            table = _in_memory(events)
            mask = _mask(table, wanted, period)
            return funnel(table, steps, window=window, unit=unit, mask=mask).to_json()

        return ask

    def transitions(self, map_spec_of: MapSpecOf | None) -> Callable[[Events], Answer]:
        unit, gap = self.unit(), self.duration("gap")
        wanted, period = self.filter(), self.period()
        items = self.touchpoints()
        if "map" in self.query:
            if items is not None:
                self.fault("map", "stands beside touchpoints.", "Name the items by one of them.")
            spec = self.map(map_spec_of)
            items = spec.touchpoints if spec else ()

        def ask(events: Events) -> Answer:
            if unit == "profile" and _is_large(events) and _fits(events, items):
                found = scan_transitions(
                    events, touchpoints=items, gap=gap, filter=wanted, period=period
                )
                return found.to_json()
            table = _in_memory(events)
            mask = _mask(table, wanted, period)
            return transitions(table, touchpoints=items, unit=unit, gap=gap, mask=mask).to_json()

        return ask

    def living_map(self, map_spec_of: MapSpecOf | None) -> Callable[[Events], Answer]:
        wanted, period = self.filter(), self.period()
        mode: Mode = self.query.get("mode", "cohort")
        if mode not in get_args(Mode):
            self.fault("mode", f"is {mode!r}.", known_values(mode, get_args(Mode)))
        compare = self.compare(period)
        spec = self.map(map_spec_of)

        def ask(events: Events) -> Answer:
            if spec is None:
                return {}
            if is_scanned(events, spec):
                return scan_living_map(
                    events, spec, period, mode=mode, filter=wanted, compare=compare
                ).to_json()
            table = _in_memory(events)
            mask = _mask(table, wanted, None)
            found = living_map(table, spec, period, mode=mode, mask=mask, compare=compare)
            return found.to_json()

        return ask

    def compare(self, period: Period | None) -> bool:
        given = self.query.get("compare")
        if given is None:
            return False
        if given == "year_before":
            said = "'year_before' is not answered by this release yet."
            self.fault("compare", said, known_values("before", ["before"]))
        elif given != "before":
            self.fault("compare", f"is {given!r}.", known_values(given, ["before"]))
        elif self.query.get("period") is None:
            self.fault("compare", "needs a period.", 'Write "period": {"from": …, "to": …}.')
        elif period and period.end - period.start > LONGEST_COMPARED:
            self.fault("period", "is too long to compare.", "Take 100 years at most.")
        return True

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
            self.keys(given, _STEP_KEYS, PLANNED_STEP_KEYS, f"{place}.", "in a step")
            label = given.get("label", f"step {index + 1}")
            if not isinstance(label, str) or not label:
                self.fault(f"{place}.label", f"is {label!r}.", "Write a text that isn't empty.")
            self.faults += faults_in(given["match"], f"{place}.match")
            return FunnelStep(str(label), given["match"])
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
            name = given["property"]
            if not isinstance(name, str) or not name:
                self.fault("unit.property", f"is {name!r}.", "Write its name.")
            return ("property", str(name))
        if isinstance(given, Mapping) and set(given) == {"session"}:
            self.fault("unit", "This release does not count sessions yet.",
                       'Write "profile", "account" or {"property": "order_id"}.')  # fmt: skip
            return "profile"
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
        given, zone = self.query.get("period"), self.zone()
        if given is None:
            return None
        if not isinstance(given, Mapping) or set(given) != {"from", "to"}:
            self.fault(
                "period", "does not say from and to.", 'Write {"from": "2026-01-01", "to": …}.'
            )
            return None
        first, last = (self.day(given[key], f"period.{key}") for key in ("from", "to"))
        if first is None or last is None:
            return None
        if first >= last:
            self.fault("period", "ends before it begins.", "The day under 'to' is the first after.")
        return Period(day_start(first, zone), day_start(last, zone))

    def zone(self) -> ZoneInfo:
        given = self.query.get("zone", "UTC")
        if not isinstance(given, str) or not given:
            self.fault("zone", f"is {given!r}.", "Write one like Europe/Stockholm or UTC.")
            return zone_named("UTC")
        try:
            return zone_named(given)
        except BadInputError as error:
            self.fault("zone", error.message, error.hint)
            return zone_named("UTC")

    def day(self, given: Any, place: str) -> date | None:
        if isinstance(given, str) and _DAY.fullmatch(given):
            try:
                return date.fromisoformat(given)
            except ValueError:
                self.fault(place, f"is {given!r}, which no calendar has.", "Write a date that is.")
                return None
        self.fault(place, f"is {given!r}.", "Write a date, as 2026-03-01.")
        return None

    def map(self, map_spec_of: MapSpecOf | None) -> MapSpec | None:
        given = self.query.get("map")
        if given is None:
            self.fault("map", "is missing.", "Name the map.")
            return None
        if isinstance(given, MapSpec):
            return given
        if not isinstance(given, str) or not given:
            self.fault("map", f"is {given!r}.", "Name the map.")
            return None
        if map_spec_of is None:
            self.fault("map", "can't be looked up here.", "Give the map with the query.")
            return None
        return map_spec_of(given)


def _listed(known: tuple[str, ...]) -> str:
    return f"Known: {', '.join(sorted(known))}."


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
