"""A map with its numbers: every stage, step and touchpoint over the journeys of a period.

The definitions stand in ``docs/reference/living-map.md``. The numbers of one kind stand in a
module each: `journeys`, `stages`, `items`, `money`; this one puts them together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Final, Protocol

import numpy as np

from kundresa.core.times import from_microseconds
from kundresa.measures.intervals import Difference, Rate, difference_of
from kundresa.measures.items import Item, ItemNumbers, exit_masks, item_numbers, stage_touches
from kundresa.measures.journeys import (
    Bools,
    Cut,
    Ints,
    Journeys,
    cut_journeys,
    newest,
    places,
    select,
    touch_masks,
    union,
)
from kundresa.measures.money import Money, money
from kundresa.measures.specs import MapSpec, Mode, Period, Unit
from kundresa.measures.stages import PARTS, Split, StageNumbers, count_codes, split, stage_numbers
from kundresa.store.table import EventTable

LISTED: Final = 50
"""How many of the event names that no touchpoint claims are listed."""


@dataclass(frozen=True)
class StageBefore:
    """A stage in the period before, seen at the same age; verdict up, down, no clear change."""

    reached: int
    went_on: int
    lost: int
    go_on_rate: float | None
    go_on_low: float | None
    go_on_high: float | None
    difference: Difference | None
    verdict: str


@dataclass(frozen=True)
class Before:
    """The period before: same length, followed for the same time."""

    period: Period
    data_end: int
    journeys: int
    stages: Mapping[str, StageBefore]


@dataclass(frozen=True)
class Unclaimed:
    """An event name of which some events satisfy no touchpoint and no milestone."""

    event: str
    count: int


class Behind(Protocol):
    """Opens the numbers of a map: gives profiles, as sorted codes."""

    def of_stage(self, k: int, part: str) -> Ints:
        """Give who reached a stage, or is in a part of it."""

    def of_touchpoint(self, index: int, *, exits: bool) -> Ints:
        """Give who touched a touchpoint, or left there."""


@dataclass(frozen=True)
class TableBehind:
    """Opens numbers that were measured in memory; ``profile`` has a code per row."""

    journeys: Journeys
    parts: Split
    profile: Ints

    def of_stage(self, k: int, part: str) -> Ints:
        """Give who reached a stage, or is in a part of it."""
        chosen: Bools = getattr(self.parts, part)[k]
        return np.unique(self.profile[chosen[self.journeys.journey]])

    def of_touchpoint(self, index: int, *, exits: bool) -> Ints:
        """Give who touched a touchpoint, or left there."""
        rows = self.journeys.touches[index]
        if exits:
            left = exit_masks(self.journeys, self.parts, rows[None])[0]
            rows = left[self.journeys.journey]
        return np.unique(self.profile[rows])


@dataclass(frozen=True)
class LivingMap:
    """A map's numbers. ``to_json`` gives them as plain data, `profiles_behind` opens them."""

    spec: MapSpec
    mode: Mode
    period: Period | None
    data_end: int
    journey_count: int
    profile_count: int
    map_events: int
    events_without_unit: int
    journeys_without_stage: int
    stages: tuple[StageNumbers, ...]
    steps: tuple[tuple[ItemNumbers, ...], ...]
    """Per stage, the numbers of its steps."""

    touchpoints: tuple[ItemNumbers, ...]
    states: Mapping[str, str]
    money: Money
    unclaimed: tuple[Unclaimed, ...]
    notices: tuple[str, ...]
    before: Before | None
    behind: Behind

    def to_json(self) -> dict[str, Any]:
        """Give plain data: no NaN, None where a rate has no denominator."""
        return {
            "type": "living_map",
            "mode": self.mode,
            "unit": plain_unit(self.spec.unit),
            "period": plain(self.period),
            "data_end": plain_time(self.data_end),
            "totals": {
                "journeys": self.journey_count,
                "profiles": self.profile_count,
                "map_events": self.map_events,
                "events_without_unit": self.events_without_unit,
                "journeys_without_stage": self.journeys_without_stage,
            },
            "stages": [self._stage(k) for k in range(len(self.stages))],
            "touchpoints": [self._touchpoint(numbers) for numbers in self.touchpoints],
            "money": {k: v for k, v in plain(self.money).items() if k != "touchpoints"},
            "unclaimed": plain(self.unclaimed),
            "before": self._before(),
            "notices": list(self.notices),
        }

    def _stage(self, k: int) -> dict[str, Any]:
        spec, numbers = self.spec.stages[k], self.stages[k]
        touchpoints = spec.all_touchpoints()
        steps = [
            {**plain(found), "state": _together(self.states, step.touchpoints)}
            for step, found in zip(spec.steps, self.steps[k], strict=True)
        ]
        before = self.before.stages[numbers.id] if self.before else None
        state = _together(self.states, touchpoints)
        return {**plain(numbers), "state": state, "steps": steps, "before": plain(before)}

    def _touchpoint(self, numbers: ItemNumbers) -> dict[str, Any]:
        earned = plain(self.money.touchpoints[numbers.id])
        return {**plain(numbers), "state": self.states[numbers.id], "money": earned}

    def _before(self) -> dict[str, Any] | None:
        if self.before is None:
            return None
        whole: dict[str, Any] = plain(self.before)
        return {k: whole[k] for k in ("period", "data_end", "journeys")} | {
            "data_end": plain_time(self.before.data_end)
        }


def living_map(
    table: EventTable, spec: MapSpec, period: Period | None = None, *, mode: Mode = "cohort",
    data_end: int | None = None, mask: Bools | None = None, compare: bool = False,
) -> LivingMap:  # fmt: skip
    """Measure a map.

    Parameters
    ----------
    table
        All events; their stored order means nothing.
    spec
        The map.
    period
        None takes every journey.
    mode
        ``cohort``: journeys that began in the period, followed to the end of the data.
        ``activity``: map events inside the period, whenever their journey began; lost and open
        are judged at the period's end.
    data_end
        UTC microseconds; by default the newest event. Later events are ignored.
    mask : shape (n_events,)
        Which events count; the end of the data is that of all of them.
    compare
        Also measure the period before, seen at the same age.

    Returns
    -------
    LivingMap

    Notes
    -----
    Definitions: ``docs/reference/living-map.md``. Cost: a sort of the map events by time, and a
    few passes over them for every stage and touchpoint.
    """
    end = newest(table) if data_end is None else data_end
    cut = cut_journeys(table, spec, data_end=end, mask=mask)
    journeys = select(cut.journeys, period, mode)
    parts = split(journeys, spec, _judged_at(end, period, mode))
    profile, size = table.profile[journeys.row], len(table.profiles)
    stages = stage_numbers(journeys, spec, parts, profile, size)
    touchpoints, steps = _items(table, spec, journeys, parts, profile)
    earned, notices = money(table, spec, cut, journeys, period=period, mode=mode, mask=mask)
    in_period = _in_period(table, period, end)
    before = _before(table, spec, stages, period, mode, end, mask) if compare else None
    if compare and before is None:
        notices.append(no_period_before())
    return LivingMap(
        spec, mode, period, end, len(journeys), count_codes(profile, size), len(journeys.row),
        cut.without_unit, int((parts.furthest < 0).sum()), stages, steps, touchpoints,
        _states(table, spec, in_period, touchpoints), earned,
        _unclaimed(table, cut, in_period if mask is None else in_period & mask),
        (*cut_notices(spec, cut.without_unit), *notices), before, TableBehind(journeys, parts, profile),
    )  # fmt: skip


def _judged_at(end: int, period: Period | None, mode: Mode) -> int:
    return min(end, period.end) if mode == "activity" and period else end


def _in_period(table: EventTable, period: Period | None, end: int) -> Bools:
    known = table.time <= end
    if period is None:
        return known
    return known & (table.time >= period.start) & (table.time < period.end)


def _items(
    table: EventTable, spec: MapSpec, journeys: Journeys, parts: Split, profile: Ints
) -> tuple[tuple[ItemNumbers, ...], tuple[tuple[ItemNumbers, ...], ...]]:
    ids = [stage.id for stage in spec.stages]
    inside = [set(stage.all_touchpoints()) for stage in spec.stages]
    found = [union(journeys.touches, places(spec, s.all_touchpoints())) for s in spec.stages]
    touched = np.array(found, bool).reshape(len(ids), len(journeys.row))
    score, size = table.score[journeys.row], len(table.profiles)
    reached = stage_touches(journeys, parts, ids, touched)
    points = [
        Item(t.id, journeys.touches[i], tuple(k for k, s in enumerate(inside) if t.id in s))
        for i, t in enumerate(spec.touchpoints)
    ]
    columns = [
        Item(step.id, union(journeys.touches, places(spec, step.touchpoints)), (k,))
        for k, stage in enumerate(spec.stages)
        for step in stage.steps
    ]
    touchpoints, steps = (
        item_numbers(journeys, items, parts, reached, profile, size, score)
        for items in (points, columns)
    )
    rest = iter(steps)
    return touchpoints, tuple(tuple(next(rest) for _ in stage.steps) for stage in spec.stages)


def _states(
    table: EventTable, spec: MapSpec, in_period: Bools, numbers: Sequence[ItemNumbers]
) -> dict[str, str]:
    live = [bool((mask & in_period).any()) for mask in touch_masks(table, spec)]
    return named_states(spec, live, numbers, alive=bool(in_period.any()))


def named_states(
    spec: MapSpec, live: Sequence[bool], numbers: Sequence[ItemNumbers], *, alive: bool
) -> dict[str, str]:
    """Tell of each touchpoint: live, unused, no_data or not_instrumented.

    ``live`` has the touchpoints with events in the period; ``alive``: there are any events in it.
    """
    states = {}
    for touchpoint, is_live, found in zip(spec.touchpoints, live, numbers, strict=True):
        if touchpoint.matcher is None:
            states[touchpoint.id] = "not_instrumented"
        elif found.touches or is_live:
            states[touchpoint.id] = "live"
        else:
            states[touchpoint.id] = "unused" if alive else "no_data"
    return states


def _together(states: Mapping[str, str], touchpoints: Sequence[str]) -> str:
    """Give the state of a union: the liveliest of its parts."""
    found = {states[name] for name in touchpoints if name in states}
    return next((s for s in ("live", "unused", "no_data") if s in found), "not_instrumented")


def _unclaimed(table: EventTable, cut: Cut, counted: Bools) -> tuple[Unclaimed, ...]:
    claimed = cut.touched.any(axis=0) | cut.staged.any(axis=0)
    counts = np.bincount(table.event[counted & ~claimed], minlength=len(table.events))
    return most_common(table.events, counts)


def most_common(names: Sequence[str], counts: Ints) -> tuple[Unclaimed, ...]:
    """List the names of unclaimed events, the commonest first."""
    found = [(names[i], int(counts[i])) for i in np.flatnonzero(counts).tolist()]
    return tuple(Unclaimed(*pair) for pair in sorted(found, key=lambda p: (-p[1], p[0]))[:LISTED])


def no_period_before() -> str:
    """Say why there is nothing to compare with."""
    return "There is no period before all of the data to compare with."


def cut_notices(spec: MapSpec, without_unit: int) -> list[str]:
    """Say what of a map or of its events could not be used."""
    known = {touchpoint.id for touchpoint in spec.touchpoints}
    named = {name for stage in spec.stages for name in stage.all_touchpoints()}
    notices = [f"Touchpoint {name!r} is not in the map's list." for name in sorted(named - known)]
    if without_unit:
        what = spec.unit if isinstance(spec.unit, str) else f"property {spec.unit[1]!r}"
        notices.append(f"{without_unit} map events have no {what} and are in no journey.")
    return notices


def _before(
    table: EventTable, spec: MapSpec, now: Sequence[StageNumbers], period: Period | None,
    mode: Mode, data_end: int, mask: Bools | None,
) -> Before | None:  # fmt: skip
    """Measure the period before as it stood when it was as old as this one is now."""
    if period is None:
        return None
    earlier = period.before()
    end = data_end - (period.end - period.start)
    cut = cut_journeys(table, spec, data_end=end, mask=mask)
    journeys = select(cut.journeys, earlier, mode)
    parts = split(journeys, spec, _judged_at(end, earlier, mode))
    profile = table.profile[journeys.row]
    then = stage_numbers(journeys, spec, parts, profile, len(table.profiles))
    return Before(earlier, end, len(journeys), stages_before(now, then))


def stages_before(
    now: Sequence[StageNumbers], then: Sequence[StageNumbers]
) -> dict[str, StageBefore]:
    """Hold the stages of a period against those of the one before."""
    return {a.id: _compared(a, b) for a, b in zip(now, then, strict=True)}


def _compared(now: StageNumbers, then: StageNumbers) -> StageBefore:
    change = difference_of(_rate(now), _rate(then))
    verdict = "no clear change"
    if change and (change.low > 0 or change.high < 0):
        verdict = "up" if change.low > 0 else "down"
    return StageBefore(
        then.reached, then.went_on, then.lost, then.go_on_rate, then.go_on_low, then.go_on_high,
        change, verdict,
    )  # fmt: skip


def _rate(stage: StageNumbers) -> Rate:
    return Rate(stage.went_on, stage.mature, stage.go_on_rate, stage.go_on_low, stage.go_on_high)


def profiles_behind(
    measured: LivingMap, *, stage: str | None = None, touchpoint: str | None = None,
    part: str = "reached",
) -> Ints:  # fmt: skip
    """Give the profiles behind a number, as sorted codes into the table's ``profiles``.

    Parameters
    ----------
    measured
        The map with its numbers.
    stage, touchpoint
        The id of one or the other.
    part
        Of a stage ``reached``, ``went_on``, ``came_back``, ``lost``, ``open``, ``completed`` or
        ``stopped_here``; of a touchpoint ``reach`` or ``exits``.

    Returns
    -------
    shape (n_profiles,)

    Raises
    ------
    KeyError
        If the map has no such stage, touchpoint or part.
    """
    if touchpoint is not None:
        index = [t.id for t in measured.spec.touchpoints].index(touchpoint)
        if part not in {"reach", "reached", "exits"}:
            raise KeyError(part)
        return measured.behind.of_touchpoint(index, exits=part == "exits")
    ids = [s.id for s in measured.spec.stages]
    if stage not in ids or part not in {"reached", "stopped_here", *PARTS}:
        raise KeyError(f"{stage} {part}")
    return measured.behind.of_stage(ids.index(stage), "lost" if part == "stopped_here" else part)


def plain(value: Any) -> Any:
    """Give dataclasses, tuples and mappings as plain data; NaN becomes None."""
    if isinstance(value, Period):
        return {"from": plain_time(value.start), "to": plain_time(value.end)}
    if is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def plain_unit(unit: Unit) -> Any:
    """Give a unit as queries and maps write it."""
    return unit if isinstance(unit, str) else {unit[0]: unit[1]}


def plain_time(time: int) -> str:
    """Give UTC microseconds as ISO 8601."""
    return from_microseconds(time).isoformat()
