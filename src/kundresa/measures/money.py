"""What journeys earned: one currency, value after a touchpoint, credit, value per journey.

Amounts are added as whole numbers; they become units of the currency at the very end.
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
PART: Final = 1 << 30
"""Credit is added up in so many parts of a micro-unit, as whole numbers."""

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
    codes = table.currency[rows]
    found, times = np.unique(codes[codes >= 0], return_counts=True)
    named = {table.currencies[c]: n for c, n in zip(found.tolist(), times.tolist(), strict=True)}
    currency = chosen_currency(spec, named)
    code = table.currencies.index(currency) if currency and currency in named else -1
    counted = (codes == code) | (codes < 0)
    rows, journey = rows[counted], journey[counted]
    earned = _Earned(table.value[rows], journey, table.until[rows])
    return money_of(spec, named, int((codes < 0).sum()), _sums(journeys, earned, spec, cut))


@dataclass
class MoneySums:
    """What the numbers of money are made of: whole numbers only, so no order changes them.

    ``total``, ``after`` and ``draws`` (n_draws, 2) are micro-units; beside each draw's value stands
    how many journeys it has. ``credit`` is parts of `PART` of a micro-unit.
    """

    journeys: int
    units: int
    values: int
    total: int
    after: list[int]
    credit: list[int]
    draws: Ints


def chosen_currency(spec: MapSpec, counts: Mapping[str, int]) -> str | None:
    """Give the map's currency: the one it names, else that of the most value events."""
    return spec.currency or min(counts, key=lambda name: (-counts[name], name), default=None)


def money_of(
    spec: MapSpec, named: Mapping[str, int], bare: int, sums: MoneySums
) -> tuple[Money, list[str]]:
    """Give the numbers that follow from the sums, and notices of what was left out.

    Parameters
    ----------
    spec
        The map.
    named, bare
        How many value events there are in each currency, and without one.
    sums
        Of those that are counted.
    """
    chosen = chosen_currency(spec, named)
    mean, low, high = _per_journey(sums)
    per = {
        touchpoint.id: TouchpointMoney(sums.after[i] / MICRO, _units(sums.credit[i]))
        for i, touchpoint in enumerate(spec.touchpoints)
    }
    return Money(
        chosen, sums.total / MICRO, sums.values,
        sum(count for name, count in named.items() if name != chosen), spec.credit_model,
        _units(sums.total * PART - sum(sums.credit)), mean, low, high, per,
    ), _notices(chosen, named, bare)  # fmt: skip


def _units(credit: int) -> float:
    return round(credit / (PART * MICRO), 6)


def _notices(chosen: str | None, named: Mapping[str, int], bare: int) -> list[str]:
    notices = [
        f"{count} value events in {name} are not counted: the map's money is in {chosen}."
        for name, count in sorted(named.items())
        if name != chosen
    ]
    if bare and chosen:
        notices.append(f"{bare} value events name no currency and are counted as {chosen}.")
    return notices


def _sums(journeys: Journeys, earned: _Earned, spec: MapSpec, cut: Cut) -> MoneySums:
    units, inverse = np.unique(journeys.unit, return_inverse=True)
    value = np.zeros(len(journeys), np.int64)
    np.add.at(value, earned.journey, earned.amount)
    by_unit = np.zeros((len(units), 2), np.int64)
    np.add.at(by_unit, inverse, np.stack([value, np.ones_like(value)], axis=1))
    names = [zlib.crc32(cut.unit_texts[unit].encode()) for unit in units]
    return MoneySums(
        len(journeys), len(units), len(earned.amount), int(earned.amount.sum()),
        _value_after(journeys, earned), credits_of(journeys, earned, spec.credit_model).tolist(),
        _draws(np.array(names, np.uint64), by_unit),
    )  # fmt: skip


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


def _value_after(journeys: Journeys, earned: _Earned) -> list[int]:
    first = first_touches(journeys, journeys.touches)
    after = first[:, earned.journey] <= earned.until
    return [int(earned.amount[mask].sum()) for mask in after]


def credits_of(journeys: Journeys, earned: _Earned, model: str) -> Ints:
    """Share each amount among the journey's touches at or before it.

    ``first`` and ``last`` share evenly among touches of the one instant. Shape (n_touchpoints,), in
    parts of `PART` of a micro-unit.
    """
    # Few journeys earn anything; the others' touches need not be looked at.
    earns = np.zeros(len(journeys), bool)
    earns[earned.journey] = True
    item, row = touches_of(journeys, journeys.touches & earns[journeys.journey])
    size = len(journeys.touches)
    if not len(item) or not len(earned.amount):
        return np.zeros(size, object)
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


def _spread(item: Ints, size: int, low: Ints, high: Ints, amount: Ints) -> Ints:
    """Share each amount evenly over its touches low..high-1, then add up by item.

    Each touch gets the same whole micro-units, and of the rest the same parts of one; what no part
    is small enough for, less than a thousandth of a micro-unit a touch, nobody gets.
    """
    whole = amount // (high - low)
    rest = (amount - whole * (high - low)) * PART // (high - low)
    sums = [_by_item(item, size, low, high, part).astype(object) for part in (whole, rest)]
    found: Ints = sums[0] * PART + sums[1]
    return found


def _by_item(item: Ints, size: int, low: Ints, high: Ints, part: Ints) -> Ints:
    steps, found = np.zeros(len(item) + 1, np.int64), np.zeros(size, np.int64)
    np.add.at(steps, low, part)
    np.subtract.at(steps, high, part)
    np.add.at(found, item, np.cumsum(steps[:-1]))
    return found


def _per_journey(sums: MoneySums) -> tuple[float | None, float | None, float | None]:
    """Give mean value per journey with a bootstrap interval over units."""
    if not sums.journeys:
        return None, None, None
    mean = sums.total / MICRO / sums.journeys
    draws = sums.draws[sums.draws[:, 1] > 0]
    if sums.units < 2 or not sums.values or not len(draws):
        return mean, None, None
    low, high = np.quantile(draws[:, 0] / draws[:, 1] / MICRO, [0.025, 0.975])
    return mean, float(low), float(high)


def weights() -> NDArray[np.uint8]:
    """Give the weight in a draw that 16 bits of a hash stand for: Poisson with mean 1."""
    limits = (_POISSON * 2.0**16).astype(np.uint16)
    return np.searchsorted(limits, np.arange(2**16), side="right").astype(np.uint8)


def salts() -> NDArray[np.uint64]:
    """Give what the hashes of four draws each are salted with."""
    each = [
        (_SEED * 0x9E3779B97F4A7C15 + n * 0xBF58476D1CE4E5B9) % 2**64 for n in range(DRAWS // 4)
    ]
    return np.array(each, np.uint64)


def _draws(names: NDArray[np.uint64], by_unit: Ints) -> Ints:
    """Give value and journeys of each draw of the bootstrap.

    A unit's weight in a draw hangs on a hash of its name, so neither stored order nor the other
    units change it. One hash of 64 bits holds the weights of four draws.
    """
    table = weights()
    found = []
    for salt in salts():
        parts = _mixed(names ^ salt).view(np.uint16).reshape(-1, 4)
        found.append(table[parts].T.astype(np.int64) @ by_unit)
    return np.concatenate(found)


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scramble by the finaliser of splitmix64 (Steele, Lea and Flood, OOPSLA 2014)."""
    with np.errstate(over="ignore"):
        values = values + np.uint64(0x9E3779B97F4A7C15)
        values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return values ^ (values >> np.uint64(31))
