"""The ordered funnel over sorted rows, exact with ties (`measures.funnel` says what it counts).

Per depth the latest start of any try that got there is all that must be kept: a try with a later
start can still do whatever one with an earlier start can. Each depth also keeps the times of its
try, to report the run of the deepest.
"""

# No future annotations here: numba reads the signatures of what it compiles.

from typing import Any

import numpy as np
from numba import boolean, int64, njit, types, uint8, uint32, uint64, void

from kundresa.measures.kernels.lengths import bucket_of

NEVER = np.int64(np.iinfo(np.int64).max)
LONG_AGO = np.int64(-(1 << 61))
"""Farther from any time there is than any window; still no difference leaves 64 bits."""

SEVERAL = 255
"""Instead of a step's number, where an event matches several."""

_INTS = types.Array(int64, 1, "C", readonly=True)
_CODES = types.Array(uint32, 1, "C", readonly=True)
_BITS = types.Array(uint64, 1, "C", readonly=True)
_STEPS = types.Array(uint8, 1, "C", readonly=True)
_BOOLS = types.Array(boolean, 1, "C", readonly=True)
_LENT = int64[::1]
_GRID = int64[:, ::1]


@njit(boolean(_LENT, _LENT, int64), cache=True, nogil=True)
def _beats(new: Any, old: Any, depth: int) -> Any:
    """Tell whether a try of the same depth starts later, or as late with earlier steps between."""
    if old[0] == NEVER or new[0] > old[0]:
        return True
    if new[0] < old[0]:
        return False
    for step in range(1, depth):
        if new[step] != old[step]:
            return new[step] < old[step]
    return False


@njit(boolean(_BITS, int64, int64, _LENT, _LENT, _LENT, _LENT), cache=True, nogil=True)
def _place(
    bits: Any, count: int, step: int, filled: Any, asked_by: Any, seen: Any, queue: Any
) -> Any:
    """Give a step an event of the instant, moving others along an augmenting path (Kuhn 1955)."""
    for event in range(count):
        seen[event] = -1
    head, tail = 0, 1
    queue[0] = -1  # the event whose step looks for another; -1 is the new step
    while head < tail:
        holder = queue[head]
        head += 1
        wanted = step if holder < 0 else filled[holder]
        for event in range(count):
            if seen[event] >= 0 or not (bits[event] >> uint64(wanted)) & uint64(1):
                continue
            seen[event] = 1
            asked_by[event] = holder
            if filled[event] < 0:
                free = event
                while free >= 0:
                    above = asked_by[free]
                    filled[free] = step if above < 0 else filled[above]
                    free = above
                return True
            queue[tail] = event
            tail += 1
    return False


@njit(int64(_BITS, int64, int64, int64, _GRID), cache=True, nogil=True)
def _taken(bits: Any, count: int, first: int, size: int, lent: Any) -> Any:
    """Count the steps from ``first`` on that different events of one instant can fill."""
    filled, asked_by, seen, queue = lent[0], lent[1], lent[2], lent[3]
    for event in range(count):
        filled[event] = -1
    taken = 0
    while taken < count and first + taken < size:
        if not _place(bits, count, first + taken, filled, asked_by, seen, queue):
            break
        taken += 1
    return taken


@njit(void(int64, uint64, int64, int64, _GRID, _LENT), cache=True, nogil=True)
def _one_event(now: int, bits: Any, size: int, window: int, state: Any, lent: Any) -> None:
    """Let one event lengthen every try it can; the deepest first, so it fills one step of each."""
    for k in range(size - 1, -1, -1):
        if not (bits >> uint64(k)) & uint64(1):
            continue
        if k:
            if state[k, 0] == NEVER or now - state[k, 0] > window:
                continue
            for step in range(k):
                lent[step] = state[k, step]
        lent[k] = now
        if _beats(lent, state[k + 1], k + 1):
            for step in range(k + 1):
                state[k + 1, step] = lent[step]


@njit(void(_GRID, _GRID), cache=True, nogil=True)
def _copy(grid: Any, to: Any) -> None:
    # Element by element: assigning slices compiles five seconds of code for an error's message.
    for row in range(grid.shape[0]):
        for column in range(grid.shape[1]):
            to[row, column] = grid[row, column]


@njit(void(int64, _BITS, int64, int64, int64, _GRID, _GRID, _LENT, _GRID), cache=True, nogil=True)
def _one_instant(
    now: int, bits: Any, count: int, size: int, window: int, state: Any, new: Any, lent: Any,
    places: Any,
) -> None:  # fmt: skip
    """Let the events of one instant, in whatever order helps, lengthen every try."""
    _copy(state, new)
    for k in range(size):
        if k and (state[k, 0] == NEVER or now - state[k, 0] > window):
            continue
        for step in range(k):
            lent[step] = state[k, step]
        for ahead in range(1, _taken(bits, count, k, size, places) + 1):
            lent[k + ahead - 1] = now
            if _beats(lent, new[k + ahead], k + ahead):
                for step in range(k + ahead):
                    new[k + ahead, step] = lent[step]
    _copy(new, state)


@njit(
    int64(_INTS, _CODES, _STEPS, int64, int64, int64, int64, int64, _LENT, _LENT),
    cache=True,
    nogil=True,
)
def _simple_unit(
    time: Any, code: Any, step_of: Any, first: int, stop: int, size: int, window: int,
    data_end: int, starts: Any, found: Any,
) -> Any:  # fmt: skip
    """Walk a unit whose events match one step each and are never tied; -1 gives the unit up.

    ``starts[k + 1]`` is the latest start that has come to depth k. ``found`` gets the start of the
    run of the deepest try, and the time of the unit's latest start.

    Notes
    -----
    Every row does the same, whatever it matches, as a branch guessed wrong costs more than all of
    it: a row without a step looks at ``starts[0]``, which is too long ago for any window, and one
    with several at ``starts[SEVERAL]``, which never is, so that the depth tells it.
    """
    end_of_table = uint64(len(step_of) - 1)
    for k in range(2, size + 2):
        starts[k] = LONG_AGO
    while stop > first and time[stop - 1] > data_end:
        stop -= 1
    depth, begun, before, is_tied = uint64(0), LONG_AGO, LONG_AGO, False
    for row in range(uint64(first), uint64(stop)):
        step = uint64(step_of[min(uint64(code[row]), end_of_table)])
        now = time[row]
        start = now if step == uint64(1) else starts[step]
        fits = now - start <= window
        starts[step + uint64(1)] = start if fits else starts[step + uint64(1)]
        reached = step if fits else uint64(0)
        begun = start if reached > depth else begun
        depth = max(reached, depth)
        is_step = step != uint64(0)
        is_tied |= is_step & (now == before)
        before = now if is_step else before
    found[0], found[1] = begun, starts[2]
    return -1 if is_tied or depth == uint64(SEVERAL) else int64(depth)


@njit(void(_INTS, _CODES, _STEPS, int64, int64, int64, _LENT), cache=True, nogil=True)
def _replay(
    time: Any, code: Any, step_of: Any, row: int, start: int, depth: int, best: Any
) -> None:
    """Give the times of the run that starts at a time: each step at the first chance."""
    end_of_table = uint64(len(step_of) - 1)
    wanted = 1
    while wanted <= depth:
        step = int64(step_of[min(uint64(code[row]), end_of_table)])
        if step == wanted and (step > 1 or time[row] == start):
            best[wanted - 1] = time[row]
            wanted += 1
        row += 1


@njit(
    int64(
        _INTS, _CODES, _BITS, int64, int64, int64, int64, int64, _GRID, _GRID, _LENT, _LENT, _LENT
    ),
    cache=True,
    nogil=True,
)
def _any_unit(
    time: Any, code: Any, table: Any, first: int, stop: int, size: int, window: int, data_end: int,
    state: Any, new: Any, lent: Any, best: Any, found: Any,
) -> Any:  # fmt: skip
    """Walk a unit with ties, or with events that match several steps; give its depth."""
    group = np.empty(stop - first, np.uint64)
    places = np.empty((4, stop - first), np.int64)
    end_of_table = uint64(len(table) - 1)
    for k in range(size + 1):
        state[k, 0] = NEVER
    depth = 0
    row = first
    while row < stop and time[row] <= data_end:
        now = time[row]
        count = 0
        is_start = False
        while row < stop and time[row] == now:
            bits = table[min(uint64(code[row]), end_of_table)]
            row += 1
            if bits != 0:
                group[count] = bits
                count += 1
                is_start = is_start or bits & uint64(1) != 0
        if is_start:
            found[1] = now
        elif count == 0 or state[1, 0] == NEVER:
            continue
        if count == 1:
            _one_event(now, group[0], size, window, state, lent)
        else:
            _one_instant(now, group, count, size, window, state, new, lent, places)
        reached = depth
        for k in range(depth + 1, size + 1):
            if state[k, 0] != NEVER:
                reached = k
        if reached > depth:
            depth = reached
            for step in range(depth):
                best[step] = state[depth, step]
    return depth


@njit(void(int64, int64, int64, int64, int64, _LENT, _LENT), cache=True, nogil=True)
def _count(
    depth: int, size: int, window: int, data_end: int, latest: int, depths: Any, matured: Any
) -> None:
    depths[depth] += 1
    if depth == 0:
        return
    ran_out = window != NEVER and data_end - latest >= window
    if depth < size and not ran_out:
        matured[0] += 1
    if ran_out:
        matured[1] += 1
        if depth == size:
            matured[2] += 1


@njit(
    void(
        _INTS, _BOOLS, _INTS, _CODES, _BITS, _STEPS, int64, int64, int64, int64, int64, _LENT,
        _LENT, _GRID, _GRID, _GRID,
    ),
    cache=True,
    nogil=True,
)  # fmt: skip
def walk(
    offsets: Any, skip: Any, time: Any, code: Any, table: Any, step_of: Any, size: int,
    window: int, data_end: int, first: int, last: int, depths: Any, matured: Any,
    from_previous: Any, from_first: Any, runs: Any,
) -> None:  # fmt: skip
    """Walk the units ``first`` to ``last``, and add to what stands in the last five arrays.

    Parameters
    ----------
    offsets, skip : shape (n_units + 1,) and (n_units,)
        Which rows are whose, and who stands elsewhere.
    time, code : shape (n_rows,)
        UTC microseconds, ascending within a unit; what the row matches is ``table[code]``, bit k
        for step k. A code beyond the table is its last entry.
    step_of : shape of ``table``
        The same where one step is matched: its number from 1; 0 for none, `SEVERAL` for more.
    size, window, data_end
        Number of steps; microseconds; later rows don't count.
    depths : shape (size + 1,)
        How many units got how deep.
    matured : shape (3,)
        Units that wait (entered, not done, their latest window still runs), units whose window ran
        out, and those of them that are done.
    from_previous, from_first : shape (size, BUCKETS) or (0, BUCKETS)
        Histograms of the lengths of time of the reported runs, if wanted.
    runs : shape (last - first, size) or (0, size)
        Times of the reported run of each unit, if wanted.
    """
    starts = np.empty(SEVERAL + 2, np.int64)
    starts[0], starts[SEVERAL] = LONG_AGO, -LONG_AGO
    limit: Any = min(window, -LONG_AGO >> 1)
    found = np.empty(2, np.int64)
    state = np.empty((size + 1, size), np.int64)
    new = np.empty((size + 1, size), np.int64)
    lent = np.empty(size, np.int64)
    best = np.empty(size, np.int64)
    wants_times = len(from_previous) > 0
    for unit in range(first, last):
        if skip[unit]:
            continue
        row, stop = offsets[unit], offsets[unit + 1]
        depth = _simple_unit(time, code, step_of, row, stop, size, limit, data_end, starts, found)
        if depth < 0:
            depth = _any_unit(
                time, code, table, row, stop, size, window, data_end, state, new, lent, best, found
            )
        elif depth > 1 and wants_times:
            _replay(time, code, step_of, row, found[0], depth, best)
        elif depth == 1:
            best[0] = found[1]
        _count(depth, size, window, data_end, found[1], depths, matured)
        if not wants_times:
            continue
        for step in range(1, depth):
            from_previous[step, bucket_of(best[step] - best[step - 1])] += 1
            from_first[step, bucket_of(best[step] - best[0])] += 1
        if len(runs):
            for step in range(size):
                runs[unit - first, step] = best[step] if step < depth else NEVER
