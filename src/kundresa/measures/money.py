"""What journeys earned: one currency, value after a touchpoint, credit, value per journey.

Amounts are added as whole micro-units; they become units of the currency at the very end.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kundresa.core.conditions import as_mask
from kundresa.core.records import MICRO
from kundresa.measures.items import first_touches, touches_of
from kundresa.measures.journeys import NEVER, Bools, Cut, Ints, Journeys
from kundresa.measures.specs import MapSpec, Mode, Period
from kundresa.store.table import EventTable

DRAWS: Final = 200
_SEED: Final = 20_250_101
# Chances of a Poisson variable with mean 1 to be at most 0, 1, 2, ...
_POISSON: Final = np.cumsum(np.exp(-1) / np.cumprod(np.r_[1.0, np.arange(1.0, 12.0)]))


@dataclass(frozen=True)
class TouchpointMoney:
    """Value after the first touch (the same money stands at every touchpoint), and credit."""

    value_after: float
    credit: float


@dataclass(frozen=True)
class Money:
    """What the journeys earned, in units of ``currency``.

    The credits of the touchpoints and ``credit_unassigned`` add up to ``total``.
    """

    currency: str | None
    total: float
    value_events: int
    left_out: int
    credit_model: str
    credit_unassigned: float
    value_per_journey: float | None
    value_per_journey_low: float | None
    value_per_journey_high: float | None
    touchpoints: Mapping[str, TouchpointMoney]


@dataclass(frozen=True)
class _Earned:
    """Value events of the selected journeys: amount, journey, and latest possible time."""

    amount: Ints
    journey: Ints
    until: Ints


def money(
    table: EventTable, spec: MapSpec, cut: Cut, journeys: Journeys,
    *, period: Period | None, mode: Mode, mask: Bools | None,
) -> tuple[Money, list[str]]:  # fmt: skip
    """Add up what the selected journeys earned; notices say what was left out.

    Parameters
    ----------
    table, spec
        The events and the map.
    cut
        All journeys: value after the next journey's begin belongs to that one.
    journeys
        The selected ones.
    period, mode, mask
        As chosen for the journeys; in mode ``activity`` only money inside the period counts.
    """
    valued = _valued(table, spec, cut.data_end, mask)
    if mode == "activity" and period is not None:
        valued &= (table.time >= period.start) & (table.time < period.end)
    rows, journey = _owned(table, np.flatnonzero(valued), cut, journeys)
    currency, counted, notices = _one_currency(table, spec, rows)
    left_out = int((~counted).sum())
    rows, journey = rows[counted], journey[counted]
    earned = _Earned(table.value[rows], journey, table.until[rows])
    after = _value_after(journeys, earned)
    credit = credits_of(journeys, earned, spec.credit_model)
    total = int(earned.amount.sum())
    mean, low, high = _per_journey(journeys, earned, cut.unit_texts)
    per = {
        touchpoint.id: TouchpointMoney(after[i] / MICRO, round(credit[i] / MICRO, 6))
        for i, touchpoint in enumerate(spec.touchpoints)
    }
    return Money(
        currency, total / MICRO, len(rows), left_out, spec.credit_model,
        round((total - float(credit.sum())) / MICRO, 6), mean, low, high, per,
    ), notices  # fmt: skip


def _valued(table: EventTable, spec: MapSpec, data_end: int, mask: Bools | None) -> Bools:
    valued = table.has_value & (table.time <= data_end)
    if spec.value_events is not None:
        valued &= as_mask(spec.value_events, table)
    return valued if mask is None else valued & mask


def _owned(table: EventTable, rows: Ints, cut: Cut, journeys: Journeys) -> tuple[Ints, Ints]:
    """Give the value events that fall into a selected journey, and that journey."""
    rows = rows[cut.unit_of_row[rows] >= 0]
    if not len(rows) or not len(journeys):
        return rows[:0], rows[:0]
    owner = _sorted_before(journeys, cut.unit_of_row[rows], table.time[rows])
    # Known to the day only, it may lie after the unit's first map event of that day.
    late = _sorted_before(journeys, cut.unit_of_row[rows], table.until[rows])
    owner = np.where(owner >= 0, owner, np.where(_is_first(journeys, late, cut), late, -1))
    inside = (owner >= 0) & (table.time[rows] < journeys.next_begin[owner])
    return rows[inside], owner[inside]


def _sorted_before(journeys: Journeys, units: Ints, times: Ints) -> Ints:
    """Give the unit's latest journey that began no later than the time, -1 without one."""
    ranks = np.unique(journeys.begin)
    width = len(ranks) + 1
    keys = journeys.unit * width + np.searchsorted(ranks, journeys.begin)
    place = np.searchsorted(ranks, times, side="right") - 1
    found = np.searchsorted(keys, units * width + place, side="right") - 1
    own = (found >= 0) & (place >= 0) & (journeys.unit[found] == units)
    return np.where(own, found, -1)


def _is_first(journeys: Journeys, found: Ints, cut: Cut) -> Bools:
    """Tell whether a journey is its unit's first of all, not only of the selected."""
    every = cut.journeys
    first = np.full(len(cut.unit_texts), NEVER)
    np.minimum.at(first, every.unit, every.begin)
    known: Bools = (found >= 0) & (first[journeys.unit[found]] == journeys.begin[found])
    return known


def _one_currency(
    table: EventTable, spec: MapSpec, rows: Ints
) -> tuple[str | None, Bools, list[str]]:
    """Choose the map's currency; tell which value events are counted."""
    codes = table.currency[rows]
    names = {int(c): table.currencies[c] for c in np.unique(codes) if c >= 0}
    counts = {name: int((codes == code).sum()) for code, name in names.items()}
    chosen = spec.currency or min(counts, key=lambda name: (-counts[name], name), default=None)
    code = next((c for c, name in names.items() if name == chosen), -1)
    counted = (codes == code) | (codes < 0)
    notices = [
        f"{count} value events in {name} are not counted: the map's money is in {chosen}."
        for name, count in sorted(counts.items())
        if name != chosen
    ]
    bare = int((codes < 0).sum())
    if bare and chosen:
        notices.append(f"{bare} value events name no currency and are counted as {chosen}.")
    return chosen, counted, notices


def _value_after(journeys: Journeys, earned: _Earned) -> list[int]:
    first = first_touches(journeys, journeys.touches)
    after = first[:, earned.journey] <= earned.until
    return [int(earned.amount[mask].sum()) for mask in after]


def credits_of(journeys: Journeys, earned: _Earned, model: str) -> NDArray[np.float64]:
    """Share each amount among the journey's touches at or before it, micro-units.

    ``first`` and ``last`` share evenly among touches of the one instant. Shape (n_touchpoints,).
    """
    # Few journeys earn anything; the others' touches need not be looked at.
    earns = np.zeros(len(journeys), bool)
    earns[earned.journey] = True
    item, row = touches_of(journeys, journeys.touches & earns[journeys.journey])
    size = len(journeys.touches)
    if not len(item) or not len(earned.amount):
        return np.zeros(size)
    ranks = np.unique(journeys.time[row])
    width = len(ranks) + 1
    keys = journeys.journey[row] * width + np.searchsorted(ranks, journeys.time[row])
    place = np.searchsorted(ranks, earned.until, side="right") - 1
    low = np.searchsorted(keys, earned.journey * width)
    high = np.searchsorted(keys, earned.journey * width + place, side="right")
    some = high > low
    low, high, amount = low[some], high[some], earned.amount[some]
    if model == "first":
        high = np.searchsorted(keys, keys[low], side="right")
    elif model == "last":
        low = np.searchsorted(keys, keys[high - 1])
    return _spread(item, size, low, high, amount)


def _spread(item: Ints, size: int, low: Ints, high: Ints, amount: Ints) -> NDArray[np.float64]:
    """Share each amount evenly over its touches low..high-1, then add up by item."""
    steps = np.zeros(len(item) + 1)
    part = amount / (high - low)
    np.add.at(steps, low, part)
    np.subtract.at(steps, high, part)
    found = np.bincount(item, weights=np.cumsum(steps[:-1]), minlength=size)
    return found.astype(np.float64)


def _per_journey(
    journeys: Journeys, earned: _Earned, texts: list[str]
) -> tuple[float | None, float | None, float | None]:
    """Give mean value per journey with a bootstrap interval over units.

    A unit's weight in a draw hangs on a hash of its name, so neither stored order nor the other
    units change it.
    """
    if not len(journeys):
        return None, None, None
    value = np.zeros(len(journeys))
    np.add.at(value, earned.journey, earned.amount / MICRO)
    mean = float(value.mean())
    units, inverse = np.unique(journeys.unit, return_inverse=True)
    if len(units) < 2 or not len(earned.amount):
        return mean, None, None
    sums = np.bincount(inverse, weights=value).astype(np.float64)
    counts = np.bincount(inverse).astype(np.float64)
    names = np.array([zlib.crc32(texts[unit].encode()) for unit in units], np.uint64)
    order = np.argsort(names, kind="stable")
    draws = _draws(names[order], sums[order], counts[order])
    if not len(draws):
        return mean, None, None
    low, high = np.quantile(draws, [0.025, 0.975])
    return mean, float(low), float(high)


def _draws(
    names: NDArray[np.uint64], sums: NDArray[np.float64], counts: NDArray[np.float64]
) -> NDArray[np.float64]:
    limits = (_POISSON * 2.0**16).astype(np.uint16)
    table = np.searchsorted(limits, np.arange(2**16), side="right").astype(np.float32)
    both = np.stack([sums, counts], axis=1)
    means = []
    # One hash of 64 bits holds the weights of four draws.
    for block in range(DRAWS // 4):
        salt = np.uint64((_SEED * 0x9E3779B97F4A7C15 + block * 0xBF58476D1CE4E5B9) % 2**64)
        parts = _mixed(names ^ salt).view(np.uint16).reshape(-1, 4)
        top = table[parts].T.astype(float) @ both
        means += [float(s / n) for s, n in top if n]
    return np.array(means)


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scramble by the finaliser of splitmix64 (Steele, Lea and Flood, OOPSLA 2014)."""
    with np.errstate(over="ignore"):
        values = values + np.uint64(0x9E3779B97F4A7C15)
        values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return values ^ (values >> np.uint64(31))
