"""The stages of the journeys of a range: the five-way split, counts, and lengths of time.

`measures.stages` says what is counted. A journey is looked at three times: what it has in each
stage, what came after that, and what lay before that.
"""

# No future annotations here: numba reads the signatures of what it compiles.

from typing import Any

import numpy as np
from numba import int64, njit, types, uint8, uint32, uint64, void

from kundresa.measures.kernels.lengths import GRID, LENT, WANTED, note

NEVER = np.int64(np.iinfo(np.int64).max)
LONG_AGO = np.int64(np.iinfo(np.int64).min)

NONE, WENT_ON, CAME_BACK, LOST, OPEN, COMPLETED = 0, 1, 2, 3, 4, 5
"""In which part of a stage a journey is."""

REACHED, PROFILES, SKIPPED, STARTED, LOOPS = 0, 6, 7, 8, 9
COUNTS = 10
"""Columns of the counts of a stage; the parts stand at their own numbers."""

JOURNEYS, UNITS, ROWS, STAGELESS = 0, 1, 2, 3
"""Totals."""

_BEGAN, _LEFT, _LATEST, _LAST, _ONWARD, _BACK, _INSIDE = 0, 1, 2, 3, 4, 5, 6
STATE = 7
"""Of a stage in one journey: its first event, the earliest end of one, the latest end, the last
begin; the first event of a later stage from there on, the earliest end of a stage before after it
was left, the last event before going on.
"""

_INTS = types.Array(int64, 1, "C", readonly=True)
_CODES = types.Array(uint32, 1, "C", readonly=True)
_BYTES = types.Array(uint8, 1, "C", readonly=True)
_RO_GRID = types.Array(int64, 2, "C", readonly=True)
_PARTS = uint8[:, ::1]


@njit(int64(_INTS, int64, int64, _INTS, _INTS, _CODES, _INTS, _INTS, GRID), cache=True, nogil=True)
def _first_look(
    rows: Any, start: int, stop: int, time: Any, width: Any, code: Any, stage_start: Any,
    stages: Any, state: Any,
) -> Any:  # fmt: skip
    """Find the edges of each stage; give how many were reached."""
    end_of_table = uint64(len(stage_start) - 2)
    for k in range(len(state[0])):
        state[_BEGAN, k], state[_LEFT, k], state[_LATEST, k] = NEVER, NEVER, LONG_AGO
        state[_ONWARD, k], state[_BACK, k] = NEVER, NEVER
    reached = 0
    for place in range(start, stop):
        row = rows[place]
        now = time[row]
        until = now + (width[row] if len(width) else 0)
        entry = min(uint64(code[row]), end_of_table)
        for at in range(stage_start[entry], stage_start[entry + uint64(1)]):
            k = stages[at]
            if state[_BEGAN, k] == NEVER:
                state[_BEGAN, k] = now
                reached += 1
            state[_LEFT, k] = min(state[_LEFT, k], until)
            state[_LATEST, k] = max(state[_LATEST, k], until)
            state[_LAST, k] = now
            # As long as nothing else is known of the stage, all its events lie before going on.
            state[_INSIDE, k] = now
    return reached


@njit(void(int64, int64, _INTS, int64, int64, GRID), cache=True, nogil=True)
def _one_onward(now: int, until: int, stages: Any, first: int, last: int, state: Any) -> None:
    """Let one event end the stages before it, or bring stages after it closer to a loop."""
    lowest, highest = stages[first], stages[last - 1]
    for k in range(highest):
        if until >= state[_BEGAN, k]:
            state[_ONWARD, k] = min(state[_ONWARD, k], now)
    here = first
    for k in range(lowest + 1, len(state[0])):
        while here < last and stages[here] < k:
            here += 1
        is_here = here < last and stages[here] == k
        if not is_here and now > state[_LEFT, k]:
            state[_BACK, k] = min(state[_BACK, k], until)


@njit(void(_INTS, int64, int64, _INTS, _INTS, _CODES, _INTS, _INTS, GRID), cache=True, nogil=True)
def _further_looks(
    rows: Any, start: int, stop: int, time: Any, width: Any, code: Any, stage_start: Any,
    stages: Any, state: Any,
) -> None:  # fmt: skip
    """Find what came after each stage, and its last event before that."""
    end_of_table = uint64(len(stage_start) - 2)
    for place in range(start, stop):
        row = rows[place]
        until = time[row] + (width[row] if len(width) else 0)
        entry = min(uint64(code[row]), end_of_table)
        first, last = stage_start[entry], stage_start[entry + uint64(1)]
        if first < last:
            _one_onward(time[row], until, stages, first, last, state)
    for place in range(start, stop):
        row = rows[place]
        entry = min(uint64(code[row]), end_of_table)
        for at in range(stage_start[entry], stage_start[entry + uint64(1)]):
            k = stages[at]
            # A day that began before the first event here may still hold a later moment.
            if time[row] <= max(state[_ONWARD, k], state[_BEGAN, k]):
                state[_INSIDE, k] = time[row]


@njit(void(int64, int64, _INTS, _BYTES, GRID, types.Array(uint8, 1, "C")), cache=True, nogil=True)
def _split(last: int, judged_at: int, patience: Any, final: Any, state: Any, part: Any) -> None:
    """Say in which part of each stage the journey is."""
    later = LONG_AGO
    for k in range(len(final) - 1, -1, -1):
        began = state[_BEGAN, k]
        if began == NEVER:
            part[k] = NONE
        elif later != LONG_AGO:
            part[k] = WENT_ON if later >= began else CAME_BACK
        elif final[k]:
            part[k] = COMPLETED
        else:
            part[k] = LOST if judged_at - last > patience[k] else OPEN
        later = max(later, state[_LATEST, k])


@njit(int64(_INTS, int64, int64, _INTS, _INTS, _CODES, _INTS, _INTS), cache=True, nogil=True)
def _started(
    rows: Any, start: int, stop: int, time: Any, width: Any, code: Any, stage_start: Any,
    stages: Any,
) -> Any:  # fmt: skip
    """Give the earliest stage among the events that none lies strictly before, -1 without one."""
    end_of_table = uint64(len(stage_start) - 2)
    earliest = time[rows[start]]
    if len(width):
        earliest = NEVER
        for place in range(start, stop):
            earliest = min(earliest, time[rows[place]] + width[rows[place]])
    found = -1
    for place in range(start, stop):
        row = rows[place]
        if time[row] > earliest:
            break
        entry = min(uint64(code[row]), end_of_table)
        if stage_start[entry] < stage_start[entry + uint64(1)]:
            first = stages[stage_start[entry]]
            found = first if found < 0 else min(found, first)
    return found


@njit(
    void(int64, GRID, types.Array(uint8, 1, "C"), LENT, GRID, GRID, WANTED, GRID, LENT),
    cache=True,
    nogil=True,
)
def _count(
    unit: int, state: Any, part: Any, seen: Any, counts: Any, grids: Any, wanted: Any, listed: Any,
    at: Any,
) -> None:  # fmt: skip
    """Count one journey in every stage."""
    size = len(part)
    lowest, highest = size, -1
    for k in range(size):
        if part[k] != NONE:
            lowest, highest = min(lowest, k), k
    for k in range(lowest, highest + 1):
        if part[k] == NONE:
            counts[k, SKIPPED] += 1
            continue
        counts[k, REACHED] += 1
        counts[k, part[k]] += 1
        if seen[k] != unit:
            seen[k] = unit
            counts[k, PROFILES] += 1
        if state[_LAST, k] > state[_BACK, k]:
            counts[k, LOOPS] += 1
        if part[k] == WENT_ON:
            onward = max(state[_ONWARD, k], state[_BEGAN, k])
            note(k, onward - state[_BEGAN, k], grids, wanted, listed, at)
        note(size + k, state[_INSIDE, k] - state[_BEGAN, k], grids, wanted, listed, at)


@njit(
    void(
        _INTS, _RO_GRID, _INTS, _INTS, _CODES, _INTS, _INTS, _BYTES, _INTS, int64, LENT, GRID,
        _PARTS, GRID, WANTED, GRID, LENT,
    ),
    cache=True,
    nogil=True,
)  # fmt: skip
def split(
    rows: Any, journeys: Any, time: Any, width: Any, code: Any, stage_start: Any, stages: Any,
    final: Any, patience: Any, judged_at: int, totals: Any, counts: Any, parts: Any, grids: Any,
    wanted: Any, listed: Any, at: Any,
) -> None:  # fmt: skip
    """Split the journeys of a range, and add to what stands in the totals, counts and grids.

    Parameters
    ----------
    rows, journeys
        As `cut` gives them.
    time, width, code
        As `cut` takes them; a row's stages, ascending, are
        ``stages[stage_start[code]:stage_start[code + 1]]``.
    final, patience : shape (n_stages,)
        Whether a journey completes there; microseconds.
    judged_at
        From when patience is counted back.
    totals, counts : shape (4,) and (n_stages, COUNTS)
        What is added to.
    parts : shape (n_journeys, n_stages)
        Gets the part of each journey.
    grids, wanted, listed, at
        Times to the next stage and, behind them, inside, as `lengths.note` takes them.
    """
    state = np.empty((STATE, len(final)), np.int64)
    seen = np.empty(len(final), np.int64)
    for k in range(len(final)):
        seen[k] = -1
    before = -1
    for number in range(len(parts)):
        start, stop, unit = journeys[0, number], journeys[0, number + 1], journeys[4, number]
        reached = _first_look(rows, start, stop, time, width, code, stage_start, stages, state)
        if reached > 1:
            _further_looks(rows, start, stop, time, width, code, stage_start, stages, state)
        _split(time[rows[stop - 1]], judged_at, patience, final, state, parts[number])
        _count(unit, state, parts[number], seen, counts, grids, wanted, listed, at)
        started = _started(rows, start, stop, time, width, code, stage_start, stages)
        if started >= 0:
            counts[started, STARTED] += 1
        totals[JOURNEYS] += 1
        totals[UNITS] += unit != before
        totals[ROWS] += stop - start
        totals[STAGELESS] += reached == 0
        before = unit
