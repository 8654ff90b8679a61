"""From events to journeys: which events are on the map, whose they are, where a journey ends.

Rows are sorted by journey and time. Rows of one instant have no order among them, so nothing
here or above may depend on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kundresa.core.conditions import as_mask
from kundresa.measures.specs import MapSpec, Mode, Period, Unit
from kundresa.store.table import EventTable

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

NEVER: Final = int(np.iinfo(np.int64).max)
LONG_AGO: Final = int(np.iinfo(np.int64).min)


@dataclass(frozen=True)
class Journeys:
    """Map events of the selected journeys.

    Per map event, sorted by journey and time: ``row`` (its place in the table), ``journey``,
    ``time``, ``until``; ``touches`` of shape (n_touchpoints, n_rows) and ``stages`` of shape
    (n_stages, n_rows). Per journey: ``first`` (its first row), ``unit``, ``begin`` (time of its
    first map event), ``next_begin`` (that of the unit's next journey, else ``NEVER``).
    """

    row: Ints
    journey: Ints
    time: Ints
    until: Ints
    touches: Bools
    stages: Bools
    first: Ints
    unit: Ints
    begin: Ints
    next_begin: Ints

    def __len__(self) -> int:
        return len(self.first)

    def lowest(self, values: Ints, mask: Bools) -> Ints:
        """Give each journey's lowest value among the masked rows, ``NEVER`` without any."""
        return self._extreme(np.minimum, values, mask, NEVER)

    def highest(self, values: Ints, mask: Bools) -> Ints:
        """Give each journey's highest value among the masked rows, ``LONG_AGO`` without any."""
        return self._extreme(np.maximum, values, mask, LONG_AGO)

    def _extreme(self, pick: np.ufunc, values: Ints, mask: Bools, missing: int) -> Ints:
        # Only the masked rows are looked at: a touchpoint has few of a map's events.
        rows = np.flatnonzero(mask)
        journey = self.journey[rows]
        first = np.flatnonzero(np.r_[len(rows) > 0, journey[1:] != journey[:-1]])
        found = np.full(len(self), missing)
        found[journey[first]] = _by_journey(pick, values[rows], first)
        return found

    def any(self, mask: Bools) -> Bools:
        """Tell for each journey whether one of its rows is in the mask."""
        found = np.zeros(len(self), bool)
        found[self.journey[mask]] = True
        return found

    def every_row(self) -> Bools:
        """Give a mask with every row in it."""
        return np.ones(len(self.row), bool)


@dataclass(frozen=True)
class Cut:
    """All journeys of a table, and what could not be put into one."""

    journeys: Journeys
    unit_of_row: Ints
    unit_texts: list[str]
    touched: Bools
    staged: Bools
    without_unit: int
    data_end: int


def cut_journeys(
    table: EventTable, spec: MapSpec, *, data_end: int | None = None, mask: Bools | None = None
) -> Cut:
    """Find the map events, put them in traces and cut the traces into journeys.

    Parameters
    ----------
    table
        All events; those after ``data_end`` or outside ``mask`` are ignored.
    spec
        The map.
    data_end
        UTC microseconds; by default the newest event of the whole table.
    mask : shape (n_events,)
        Which events count.

    Returns
    -------
    Cut
        Every journey; `select` narrows them to a period.
    """
    end = newest(table) if data_end is None else data_end
    known = table.time <= end
    alive = known if mask is None else known & mask
    touched = touch_masks(table, spec) & alive
    staged = stage_masks(table, spec, touched) & alive
    units, texts = unit_codes(table, spec.unit)
    on_map = touched.any(axis=0) | staged.any(axis=0)
    rows = np.flatnonzero(on_map & (units >= 0))
    rows = rows[np.lexsort((table.time[rows], units[rows]))]
    ending = _ending(spec)
    in_end = union(staged, ending)[rows]
    cuts = _cuts(units[rows], table.time[rows], table.until[rows], in_end, spec.journey_gap)
    journeys = _journeys(table, rows, cuts, units[rows], touched, staged)
    lost = int(np.count_nonzero(on_map & (units < 0)))
    return Cut(journeys, units, texts, touched, staged, lost, end)


def newest(table: EventTable) -> int:
    """Give the time of the newest event; 0 in an empty table."""
    return int(table.time.max()) if len(table) else 0


def touch_masks(table: EventTable, spec: MapSpec) -> Bools:
    """Tell which events satisfy which touchpoint, shape (n_touchpoints, n_events)."""
    masks = np.zeros((len(spec.touchpoints), len(table)), bool)
    for index, touchpoint in enumerate(spec.touchpoints):
        if touchpoint.matcher is not None:
            masks[index] = as_mask(touchpoint.matcher, table)
    return masks


def stage_masks(table: EventTable, spec: MapSpec, touched: Bools) -> Bools:
    """Tell which events reach which stage, shape (n_stages, n_events)."""
    masks = np.zeros((len(spec.stages), len(table)), bool)
    for index, stage in enumerate(spec.stages):
        if stage.reached_when is not None:
            masks[index] = as_mask(stage.reached_when, table)
        else:
            masks[index] = touched[places(spec, stage.all_touchpoints())].any(axis=0)
    return masks


def places(spec: MapSpec, touchpoints: tuple[str, ...]) -> list[int]:
    """Give the places of touchpoints in the map; ids the map does not know are left out."""
    known = {touchpoint.id: index for index, touchpoint in enumerate(spec.touchpoints)}
    return [known[name] for name in touchpoints if name in known]


def unit_codes(table: EventTable, unit: Unit) -> tuple[Ints, list[str]]:
    """Give every event's unit, -1 without one, and the texts of the units."""
    if unit == "profile":
        return table.profile, table.profiles
    if unit == "account":
        return table.group, table.groups
    codes, texts = table.text_column("property", unit[1])
    numbers = table.number_column("property", unit[1])
    numeric = ~np.isnan(numbers) & (codes < 0)
    if not numeric.any():
        return codes, texts
    # An order id may come as a text here and as a number there.
    found, inverse = np.unique(numbers[numeric], return_inverse=True)
    codes = codes.copy()
    codes[numeric] = inverse + len(texts)
    return codes, [*texts, *(f"{number:g}" for number in found)]


def _ending(spec: MapSpec) -> list[int]:
    return [index for index, stage in enumerate(spec.stages) if stage.ends_journey]


def _cuts(units: Ints, time: Ints, until: Ints, in_end: Bools, gap: int) -> Bools:
    """Mark the first row of every journey."""
    cuts = np.ones(len(units), bool)
    if len(units) == 0:
        return cuts
    same = units[1:] == units[:-1]
    cuts[1:] = ~same | (np.diff(time) > gap)
    if not in_end.any():
        return cuts
    instants = cuts.copy()
    instants[1:] |= np.diff(time) > 0
    instant_first = np.maximum.accumulate(np.where(instants, np.arange(len(units)), 0))
    # Each round finds the next cut of every trace that still has one; few have many.
    rows = np.arange(len(units))
    segment = np.cumsum(cuts)
    while len(rows):
        new, rows = _next_cuts(rows, segment[rows], time[rows], until[rows], in_end[rows])
        cuts[instant_first[new]] = True
    return cuts


def _next_cuts(
    rows: Ints, segment: Ints, time: Ints, until: Ints, in_end: Bools
) -> tuple[Ints, Ints]:
    """Give the first row after the end of each open journey, and the rows from there on."""
    first = np.flatnonzero(np.r_[True, segment[1:] != segment[:-1]])
    lengths = np.diff(np.r_[first, len(rows)])
    ended = np.repeat(_by_journey(np.minimum, np.where(in_end, until, NEVER), first), lengths)
    after = np.where((time > ended) & ~in_end, np.arange(len(rows)), NEVER)
    cut = np.minimum.reduceat(after, first)
    found = cut[cut != NEVER]
    # Rows of the cut's own instant go along, also those stored before it.
    cut_time = np.repeat(
        np.where(cut != NEVER, time[np.minimum(cut, len(rows) - 1)], NEVER), lengths
    )
    return rows[found], rows[(time >= cut_time) & (cut_time != NEVER)]


def _by_journey(pick: np.ufunc, values: Ints, first: Ints) -> Ints:
    if not len(first):
        return np.zeros(0, np.int64)
    found: Ints = pick.reduceat(values, first)
    return found


def _journeys(
    table: EventTable, rows: Ints, cuts: Bools, units: Ints, touched: Bools, staged: Bools
) -> Journeys:
    first = np.flatnonzero(cuts)
    unit, begin = units[first], table.time[rows[first]]
    next_begin = np.full(len(first), NEVER)
    if len(first):
        next_begin[:-1] = np.where(unit[1:] == unit[:-1], begin[1:], NEVER)
    return Journeys(
        rows, np.cumsum(cuts) - 1, table.time[rows], table.until[rows],
        touched[:, rows], staged[:, rows], first, unit, begin, next_begin,
    )  # fmt: skip


def select(journeys: Journeys, period: Period | None, mode: Mode = "cohort") -> Journeys:
    """Narrow journeys to those that began in the period, or to what happened in it."""
    if period is None:
        return journeys
    clock = journeys.begin[journeys.journey] if mode == "cohort" else journeys.time
    return keep_rows(journeys, (clock >= period.start) & (clock < period.end))


def keep_rows(journeys: Journeys, keep: Bools) -> Journeys:
    """Drop rows, and journeys that have none left."""
    old = journeys.journey[keep]
    cuts = np.ones(len(old), bool)
    cuts[1:] = old[1:] != old[:-1]
    first = np.flatnonzero(cuts)
    chosen = old[first]
    return Journeys(
        journeys.row[keep], np.cumsum(cuts) - 1, journeys.time[keep], journeys.until[keep],
        journeys.touches[:, keep], journeys.stages[:, keep], first,
        journeys.unit[chosen], journeys.begin[chosen], journeys.next_begin[chosen],
    )  # fmt: skip


def union(masks: Bools, which: list[int]) -> Bools:
    """Join some of the masks, shape (n_masks, n_rows), to one; none gives nothing."""
    joined: Any = masks[which].any(axis=0)
    return np.asarray(joined, bool)
