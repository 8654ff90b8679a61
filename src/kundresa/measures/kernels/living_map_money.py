"""What the journeys of a range earned: whose a value is, value after, credit, bootstrap sums.

`measures.money` says what is counted. Every sum is of whole numbers, so no order changes it.
"""

# No future annotations here: numba reads the signatures of what it compiles.

from typing import Any

import numpy as np
from numba import boolean, int64, njit, types, uint8, uint32, uint64, void

from kundresa.measures.kernels.lengths import GRID, LENT
from kundresa.measures.kernels.living_map_cut import BEGIN, FIRST, NEXT, START, UNIT, VALUED

FIRST_TOUCH, LAST_TOUCH, EVERY_TOUCH = 0, 1, 2
"""Models of credit."""

PART = 30
"""Credit beyond whole micro-units is a whole number of this power of a half of one."""

AFTER, WHOLE, REST = 0, 1, 2
"""Columns of what an item earned."""

NO_MONEY = np.int64(np.iinfo(np.int64).min)

_INTS = types.Array(int64, 1, "C", readonly=True)
_CODES = types.Array(uint32, 1, "C", readonly=True)
_BYTES = types.Array(uint8, 1, "C", readonly=True)
_JOURNEYS = types.Array(int64, 2, "C", readonly=True)
_SALTS = types.Array(uint64, 1, "C", readonly=True)
_TWO = types.Tuple((int64, int64))  # type: ignore[no-untyped-call]


@njit(int64(_JOURNEYS, int64, int64, int64, int64, int64), cache=True, nogil=True)
def _owner(journeys: Any, first: int, last: int, latest: int, now: int, until: int) -> Any:
    """Give the journey that a value belongs to, -1 without one; ``latest`` began by then."""
    if latest < first:
        late = first - 1
        while late + 1 < last and journeys[BEGIN, late + 1] <= until:
            late += 1
        # Known to the day only, it may lie after the unit's first map event of that day.
        if late < first or not journeys[FIRST, late]:
            return -1
        latest = late
    return latest if now < journeys[NEXT, latest] else -1


@njit(
    int64(
        _INTS, _INTS, _INTS, _CODES, _BYTES, _INTS, _JOURNEYS, int64, int64, int64, int64, boolean,
        GRID,
    ),
    cache=True,
    nogil=True,
)  # fmt: skip
def own(
    offsets: Any, time: Any, width: Any, code: Any, flags: Any, value: Any, journeys: Any,
    count: int, data_end: int, low: int, high: int, by_event: bool, found: Any,
) -> Any:  # fmt: skip
    """List row and journey of each value that a journey of the range owns, in order of journeys.

    Parameters
    ----------
    offsets, time, width, code, flags, journeys, data_end, low, high, by_event
        As in `cut`.
    value : shape (n_rows,)
        Micro-units, `NO_MONEY` without.
    count
        How many journeys there are.
    found : shape (2, rows of the range)
        Gets rows and journeys.

    Returns
    -------
    int
        How many values there are.
    """
    end_of_table = uint64(len(flags) - 1)
    number, first = 0, 0
    while first < count:
        unit = journeys[UNIT, first]
        last = first + 1
        while last < count and journeys[UNIT, last] == unit:
            last += 1
        latest = first - 1
        row, stop = offsets[unit], offsets[unit + 1]
        while row < stop and time[row] <= data_end:
            now, at = time[row], row
            row += 1
            if value[at] == NO_MONEY or not flags[min(uint64(code[at]), end_of_table)] & VALUED:
                continue
            if by_event and not low <= now < high:
                continue
            while latest + 1 < last and journeys[BEGIN, latest + 1] <= now:
                latest += 1
            until = now + (width[at] if len(width) else 0)
            owner = _owner(journeys, first, last, latest, now, until)
            if owner >= 0:
                found[0, number] = at
                found[1, number] = owner
                number += 1
        first = last
    return number


@njit(int64(_INTS, int64, int64, _INTS, int64), cache=True, nogil=True)
def _touched_until(rows: Any, start: int, stop: int, time: Any, until: int) -> Any:
    """Give the place after the journey's last row at or before a time."""
    low, high = start, stop
    while low < high:
        middle = (low + high) // 2
        if time[rows[middle]] <= until:
            low = middle + 1
        else:
            high = middle
    return low


@njit(_TWO(_INTS, int64, int64, _INTS, LENT, int64), cache=True, nogil=True)
def _edge(rows: Any, low: int, high: int, time: Any, touches: Any, model: int) -> Any:
    """Narrow the places that earn to the first or last instant with a touch."""
    if model == FIRST_TOUCH:
        while low < high and touches[low + 1] == touches[low]:
            low += 1
        end = low
        while end < high and time[rows[end]] == time[rows[low]]:
            end += 1
        return low, end
    while high > low and touches[high] == touches[high - 1]:
        high -= 1
    begin = high
    while begin > low and time[rows[begin - 1]] == time[rows[high - 1]]:
        begin -= 1
    return begin, high


@njit(void(_INTS, int64, int64, _CODES, _INTS, LENT), cache=True, nogil=True)
def _count_touches(
    rows: Any, start: int, stop: int, code: Any, item_start: Any, touches: Any
) -> None:
    """Write how many touches lie before each place of a journey."""
    end_of_table = uint64(len(item_start) - 2)
    touches[start] = 0
    for place in range(start, stop):
        entry = min(uint64(code[rows[place]]), end_of_table)
        here = item_start[entry + uint64(1)] - item_start[entry]
        touches[place + 1] = touches[place] + here


@njit(
    void(_INTS, int64, int64, _CODES, _INTS, _INTS, GRID, LENT, int64, int64, GRID),
    cache=True,
    nogil=True,
)
def _hand_out(
    rows: Any, start: int, stop: int, code: Any, item_start: Any, items: Any, steps: Any,
    seen: Any, journey: int, value: int, earned: Any,
) -> None:  # fmt: skip
    """Walk a journey's touches and give each what the steps add up to."""
    end_of_table = uint64(len(item_start) - 2)
    after, whole, rest = value, 0, 0
    for place in range(start, stop + 1):
        after -= steps[AFTER, place]
        whole += steps[WHOLE, place]
        rest += steps[REST, place]
        steps[AFTER, place], steps[WHOLE, place], steps[REST, place] = 0, 0, 0
        if place == stop:
            break
        entry = min(uint64(code[rows[place]]), end_of_table)
        for at in range(item_start[entry], item_start[entry + uint64(1)]):
            item = items[at]
            earned[item, WHOLE] += whole
            earned[item, REST] += rest
            if seen[item] != journey:
                seen[item] = journey
                earned[item, AFTER] += after


@njit(
    void(_INTS, _JOURNEYS, _INTS, _INTS, _CODES, _INTS, _INTS, _JOURNEYS, _INTS, int64, GRID, LENT),
    cache=True,
    nogil=True,
)
def earn(
    rows: Any, journeys: Any, time: Any, width: Any, code: Any, item_start: Any, items: Any,
    values: Any, amounts: Any, model: int, earned: Any, by_journey: Any,
) -> None:  # fmt: skip
    """Share out the values of a range.

    Parameters
    ----------
    rows, journeys, time, width, code, item_start, items
        As in `meet`.
    values, amounts : shape (2, n_values) and (n_values,)
        As `own` lists them; micro-units.
    model
        Which touches are credited.
    earned : shape (n_items, 3)
        What is added to: value after, credit in whole micro-units, and in parts of one.
    by_journey : shape (n_journeys,)
        Gets what each journey earned.
    """
    touches = np.empty(len(rows) + 1, np.int64)
    steps = np.zeros((3, len(rows) + 1), np.int64)
    seen = np.empty(len(earned), np.int64)
    for item in range(len(earned)):
        seen[item] = -1
    number = 0
    while number < len(amounts):
        journey = values[1, number]
        start, stop = journeys[START, journey], journeys[START, journey + 1]
        _count_touches(rows, start, stop, code, item_start, touches)
        while number < len(amounts) and values[1, number] == journey:
            row, amount = values[0, number], amounts[number]
            until = time[row] + (width[row] if len(width) else 0)
            low, high = start, _touched_until(rows, start, stop, time, until)
            by_journey[journey] += amount
            steps[AFTER, high] += amount
            if model != EVERY_TOUCH:
                low, high = _edge(rows, low, high, time, touches, model)
            sharers = touches[high] - touches[low]
            if sharers:
                whole = amount // sharers
                rest = ((amount - whole * sharers) << PART) // sharers
                steps[WHOLE, low] += whole
                steps[WHOLE, high] -= whole
                steps[REST, low] += rest
                steps[REST, high] -= rest
            number += 1
        _hand_out(rows, start, stop, code, item_start, items, steps, seen, journey,
                  by_journey[journey], earned)  # fmt: skip


@njit(void(uint64, int64, int64, _SALTS, _BYTES, GRID), cache=True, nogil=True)
def _draw(name: int, value: int, journeys: int, salts: Any, weights: Any, draws: Any) -> None:
    """Add a unit to every draw, as often as the hash of its name says."""
    for block in range(len(salts)):
        mixed = (name ^ salts[block]) + uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> uint64(30))) * uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> uint64(27))) * uint64(0x94D049BB133111EB)
        mixed ^= mixed >> uint64(31)
        for part in range(4):
            weight = int64(weights[(mixed >> uint64(16 * part)) & uint64(0xFFFF)])
            draws[4 * block + part, 0] += weight * value
            draws[4 * block + part, 1] += weight * journeys


@njit(
    void(_JOURNEYS, _INTS, _INTS, _CODES, _SALTS, _BYTES, GRID), cache=True, nogil=True
)  # fmt: skip
def draw(
    journeys: Any, by_journey: Any, profiles: Any, names: Any, salts: Any, weights: Any, draws: Any
) -> None:
    """Add value and journeys of each unit of a range to every draw of the bootstrap.

    Parameters
    ----------
    journeys, by_journey
        As in `earn`.
    profiles, names
        The code of each unit, and the hash of each code's name.
    salts, weights : shape (n_draws / 4,) and (65536,)
        What a block of four draws is salted with; the weight that 16 bits stand for.
    draws : shape (n_draws, 2)
        What is added to.
    """
    first = 0
    while first < len(by_journey):
        unit = journeys[UNIT, first]
        last, value = first, 0
        while last < len(by_journey) and journeys[UNIT, last] == unit:
            value += by_journey[last]
            last += 1
        name = uint64(names[uint64(profiles[unit])])
        _draw(name, value, last - first, salts, weights, draws)
        first = last
