"""Touchpoints or steps in the journeys of a range: reach, visits, exits, returns, feelings.

`measures.items` says what is counted. What an item has in one journey stands in `state` only for
the items that the journey touched, so many items cost nothing where few are met.
"""

# No future annotations here: numba reads the signatures of what it compiles.

from typing import Any

import numpy as np
from numba import boolean, float64, int64, njit, types, uint8, uint32, uint64, void

from kundresa.measures.kernels.lengths import GRID, LENT, WANTED, note
from kundresa.measures.kernels.living_map_stages import LOST, NONE, WENT_ON

NEVER = np.int64(np.iinfo(np.int64).max)

REACH, PROFILES, TOUCHES, EXITS, VISITS, ENDED, RETURNS, EXPECTED = 0, 1, 2, 3, 4, 5, 6, 7
COUNTS = 8
"""Columns of the counts of an item."""

FEELING = 1 << 30
"""A feeling is added up as a whole number of this part of one."""

CHANCE = 1 << 40
"""A chance is added up as a whole number of this part of one."""

_HERE, _SINCE = 0, 1
"""Of the visits in one journey: the item that is visited, and its last touch."""

KNOWN = 64
"""Up to so many touches the chances to return are kept."""

_MEETS, _LEFT, _LAST, _BACK, _MARK, _GATHERED = 0, 1, 2, 3, 4, 5
STATE = 6
"""Of an item in one journey: how often it is touched, the earliest end of a touch, the last touch,
the earliest end of another item's touch after that; in which row and instant it was met last.
"""

_INTS = types.Array(int64, 1, "C", readonly=True)
_CODES = types.Array(uint32, 1, "C", readonly=True)
_FLOATS = types.Array(float64, 1, "C", readonly=True)
_JOURNEYS = types.Array(int64, 2, "C", readonly=True)
_PARTS = types.Array(uint8, 2, "C", readonly=True)
_TWO = types.Tuple((int64, int64))  # type: ignore[no-untyped-call]


@njit(int64(int64, int64), cache=True, nogil=True)
def chance_to_return(length: int, here: int) -> Any:
    """Give the chance that touches in random order return, in parts of ``1 / CHANCE``.

    Of ``length`` touches ``here`` are at the item; all stand together with chance
    (length - here + 1) / C(length, here). Multiplied out, so that every machine says the same.
    """
    together = float(length - here + 1)
    fewer = min(here, length - here)
    for k in range(1, fewer + 1):
        together *= k / (length - fewer + k)
        if together < 1e-15:
            break
    return int(max(0.0, 1.0 - together) * CHANCE + 0.5)


@njit(int64(int64, int64, GRID), cache=True, nogil=True)
def _known_chance(length: int, here: int, known: Any) -> Any:
    """Give the same, kept where both are small: most journeys share theirs with many."""
    if length >= len(known):
        return chance_to_return(length, here)
    if known[length, here] < 0:
        known[length, here] = chance_to_return(length, here)
    return known[length, here]


@njit(void(float64, int64, GRID), cache=True, nogil=True)
def _feel(score: float, item: int, feelings: Any) -> None:
    """Add an answer: number, sum, and sum of squares in two halves that can't run over."""
    whole = int(np.rint(min(2.0, max(-2.0, score)) * FEELING))
    square = whole * whole
    feelings[item, 0] += 1
    feelings[item, 1] += whole
    feelings[item, 2] += square >> 31
    feelings[item, 3] += square & 0x7FFFFFFF


@njit(
    int64(_INTS, int64, int64, _INTS, _INTS, _CODES, _FLOATS, _INTS, _INTS, GRID, LENT, GRID, GRID),
    cache=True,
    nogil=True,
)
def _meet(
    rows: Any, start: int, stop: int, time: Any, width: Any, code: Any, score: Any,
    item_start: Any, items: Any, state: Any, met: Any, counts: Any, feelings: Any,
) -> Any:  # fmt: skip
    """Look at every touch once; list the items that were met, and give their number."""
    end_of_table = uint64(len(item_start) - 2)
    number = 0
    for place in range(start, stop):
        row = rows[place]
        until = time[row] + (width[row] if len(width) else 0)
        entry = min(uint64(code[row]), end_of_table)
        for at in range(item_start[entry], item_start[entry + uint64(1)]):
            item = items[at]
            if state[_MEETS, item] == 0:
                met[number] = item
                number += 1
                state[_LEFT, item] = NEVER
                state[_BACK, item] = NEVER
            state[_MEETS, item] += 1
            state[_LEFT, item] = min(state[_LEFT, item], until)
            state[_LAST, item] = time[row]
            counts[item, TOUCHES] += 1
            if len(score) and not np.isnan(score[row]):
                _feel(score[row], item, feelings)
    return number


@njit(
    void(_INTS, int64, int64, _INTS, _INTS, _CODES, _INTS, _INTS, GRID, LENT, int64),
    cache=True,
    nogil=True,
)
def _return(
    rows: Any, start: int, stop: int, time: Any, width: Any, code: Any, item_start: Any,
    items: Any, state: Any, met: Any, number: int,
) -> None:  # fmt: skip
    """Find, for each item met, the earliest end of another item's touch after it was left."""
    end_of_table = uint64(len(item_start) - 2)
    for place in range(start, stop):
        row = rows[place]
        now = time[row]
        until = now + (width[row] if len(width) else 0)
        entry = min(uint64(code[row]), end_of_table)
        first, last = item_start[entry], item_start[entry + uint64(1)]
        for at in range(first, last):
            state[_MARK, items[at]] = row + 1
        for which in range(number if first < last else 0):
            item = met[which]
            if now > state[_LEFT, item] and state[_MARK, item] != row + 1:
                state[_BACK, item] = min(state[_BACK, item], until)


@njit(void(_INTS, int64, int64, _INTS, _INTS, _CODES, _INTS, _INTS, GRID, LENT, int64, GRID),
      cache=True, nogil=True)  # fmt: skip
def _exit(
    rows: Any, start: int, stop: int, time: Any, width: Any, code: Any, item_start: Any,
    items: Any, state: Any, met: Any, number: int, counts: Any,
) -> None:  # fmt: skip
    """Count a lost journey where its last map events are, each item once."""
    end_of_table = uint64(len(item_start) - 2)
    latest = time[rows[stop - 1]]
    for which in range(number):
        state[_MARK, met[which]] = -1
    for place in range(stop - 1, start - 1, -1):
        row = rows[place]
        if time[row] + (width[row] if len(width) else 0) < latest:
            if len(width):
                continue
            break
        entry = min(uint64(code[row]), end_of_table)
        for at in range(item_start[entry], item_start[entry + uint64(1)]):
            item = items[at]
            if state[_MARK, item] != -2:
                state[_MARK, item] = -2
                counts[item, EXITS] += 1


@njit(_TWO(_INTS, int64, int64, _INTS, _CODES, _INTS, _INTS, GRID, LENT), cache=True, nogil=True)
def _instant(
    rows: Any, place: int, stop: int, time: Any, code: Any, item_start: Any, items: Any,
    state: Any, group: Any,
) -> Any:  # fmt: skip
    """Gather the items of one instant, each once and in order; give the next place and how many."""
    end_of_table = uint64(len(item_start) - 2)
    now = time[rows[place]]
    count = 0
    # No other instant of the range begins there.
    mark = place + 1
    while place < stop and time[rows[place]] == now:
        entry = min(uint64(code[rows[place]]), end_of_table)
        place += 1
        for at in range(item_start[entry], item_start[entry + uint64(1)]):
            item = items[at]
            if state[_GATHERED, item] == mark:
                continue
            state[_GATHERED, item] = mark
            back = count
            while back > 0 and group[back - 1] > item:
                group[back] = group[back - 1]
                back -= 1
            group[back] = item
            count += 1
    return place, count


# Inlined: handing seven arrays over at every touch would cost more than counting it.
@njit(inline="always")
def _step(
    item: int, now: int, visit: Any, counts: Any, follows: Any, grids: Any, wanted: Any,
    listed: Any, at: Any,
) -> None:  # fmt: skip
    """Go on to a touch: of the item that is visited, or of another."""
    here = visit[_HERE]
    if item != here:
        counts[item, VISITS] += 1
        if here >= 0:
            follows[here, item] += 1
            note(here, now - visit[_SINCE], grids, wanted, listed, at)
        visit[_HERE] = item
    visit[_SINCE] = now


@njit(
    void(_INTS, int64, int64, _INTS, _CODES, _INTS, _INTS, GRID, LENT, LENT, GRID, GRID, GRID,
         WANTED, GRID, LENT),
    cache=True, nogil=True,
)  # fmt: skip
def _visit(
    rows: Any, start: int, stop: int, time: Any, code: Any, item_start: Any, items: Any,
    state: Any, group: Any, visit: Any, counts: Any, follows: Any, grids: Any, wanted: Any,
    listed: Any, at: Any,
) -> None:  # fmt: skip
    """Go through a journey's visits."""
    end_of_table = uint64(len(item_start) - 2)
    visit[_HERE] = -1
    place = start
    while place < stop:
        now = time[rows[place]]
        if place + 1 < stop and time[rows[place + 1]] == now:
            place, count = _instant(rows, place, stop, time, code, item_start, items, state, group)
            for which in range(count):
                _step(group[which], now, visit, counts, follows, grids, wanted, listed, at)
            continue
        entry = min(uint64(code[rows[place]]), end_of_table)
        place += 1
        for which in range(item_start[entry], item_start[entry + uint64(1)]):
            _step(items[which], now, visit, counts, follows, grids, wanted, listed, at)
    if visit[_HERE] >= 0:
        counts[visit[_HERE], ENDED] += 1


@njit(boolean(types.Array(uint8, 1, "C", readonly=True)), cache=True, nogil=True)
def _is_lost(part: Any) -> Any:
    lost = False
    for k in range(len(part)):
        lost = lost or part[k] == LOST
    return lost


@njit(void(int64, int64, LENT, GRID, LENT, types.Array(uint8, 1, "C", readonly=True), GRID, GRID,
           GRID), cache=True, nogil=True)  # fmt: skip
def _count(
    unit: int, number: int, met: Any, state: Any, seen: Any, part: Any, counts: Any, goes: Any,
    known: Any,
) -> None:  # fmt: skip
    """Count one journey at the items that it met, and forget it."""
    touches = 0
    for which in range(number):
        touches += state[_MEETS, met[which]]
    for which in range(number):
        item = met[which]
        counts[item, REACH] += 1
        if seen[item] != unit:
            seen[item] = unit
            counts[item, PROFILES] += 1
        if state[_LAST, item] > state[_BACK, item]:
            counts[item, RETURNS] += 1
        counts[item, EXPECTED] += _known_chance(touches, state[_MEETS, item], known)
        state[_MEETS, item] = 0
        for k in range(len(part)):
            if part[k] != NONE:
                goes[item, 3 * k] += 1
                goes[item, 3 * k + 1] += part[k] == WENT_ON
                goes[item, 3 * k + 2] += part[k] == LOST


@njit(
    void(
        _INTS, _JOURNEYS, _INTS, _INTS, _CODES, _FLOATS, _INTS, _INTS, _PARTS, GRID, GRID, GRID,
        GRID, GRID, WANTED, GRID, LENT,
    ),
    cache=True,
    nogil=True,
)  # fmt: skip
def meet(
    rows: Any, journeys: Any, time: Any, width: Any, code: Any, score: Any, item_start: Any,
    items: Any, parts: Any, counts: Any, follows: Any, goes: Any, feelings: Any, grids: Any,
    wanted: Any, listed: Any, at: Any,
) -> None:  # fmt: skip
    """Walk the journeys of a range, and add to what stands in the counts and grids.

    Parameters
    ----------
    rows, journeys, time, width, code
        As in `cut`; a row's items, ascending, are
        ``items[item_start[code]:item_start[code + 1]]``.
    score : shape (n_rows,) or empty
        Feelings, -2 to 2, NaN without.
    parts : shape (n_journeys, n_stages)
        As `split` gives them.
    counts, follows, goes, feelings : shape (n_items, COUNTS), square, (n_items, 3 * n_stages), 4
        What is added to; ``goes`` has reached, went on and lost of each stage.
    grids, wanted, listed, at
        Times from one visit to the next, by the first item, as `lengths.note` takes them. Without
        ``grids`` only the visits are walked.
    """
    size = len(counts)
    state = np.zeros((STATE, size), np.int64)
    met, group, visit = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(2, np.int64)
    seen = np.empty(size, np.int64)
    for item in range(size):
        seen[item] = -1
    known = np.empty((KNOWN, KNOWN), np.int64)
    for length in range(KNOWN):
        for here in range(KNOWN):
            known[length, here] = -1
    for number in range(len(parts)):
        start, stop, unit = journeys[0, number], journeys[0, number + 1], journeys[4, number]
        if len(grids) > 0:
            count = _meet(rows, start, stop, time, width, code, score, item_start, items, state,
                          met, counts, feelings)  # fmt: skip
            if count > 1:
                _return(rows, start, stop, time, width, code, item_start, items, state, met, count)
            if count > 0 and _is_lost(parts[number]):
                _exit(rows, start, stop, time, width, code, item_start, items, state, met, count,
                      counts)  # fmt: skip
            _count(unit, count, met, state, seen, parts[number], counts, goes, known)
        _visit(rows, start, stop, time, code, item_start, items, state, group, visit, counts,
               follows, grids, wanted, listed, at)  # fmt: skip


@njit(
    void(_INTS, _JOURNEYS, _INTS, _INTS, _CODES, _INTS, _INTS, _PARTS, GRID), cache=True, nogil=True
)  # fmt: skip
def leave(
    rows: Any, journeys: Any, time: Any, width: Any, code: Any, item_start: Any, items: Any,
    parts: Any, counts: Any,
) -> None:  # fmt: skip
    """Count who touched each item and who was lost there, without anything else of it.

    Parameters
    ----------
    rows, journeys, time, width, code, item_start, items, parts
        As in `meet`.
    counts : shape (n_items, 2)
        What is added to.
    """
    end_of_table = uint64(len(item_start) - 2)
    touched, left = np.empty(len(counts), np.int64), np.empty(len(counts), np.int64)
    for item in range(len(counts)):
        touched[item], left[item] = -1, -1
    for number in range(len(parts)):
        lost = _is_lost(parts[number])
        latest = time[rows[journeys[0, number + 1] - 1]]
        for place in range(journeys[0, number], journeys[0, number + 1]):
            row = rows[place]
            is_last = lost and time[row] + (width[row] if len(width) else 0) >= latest
            entry = min(uint64(code[row]), end_of_table)
            for at in range(item_start[entry], item_start[entry + uint64(1)]):
                item = items[at]
                if touched[item] != number:
                    touched[item] = number
                    counts[item, 0] += 1
                if is_last and left[item] != number:
                    left[item] = number
                    counts[item, 1] += 1
