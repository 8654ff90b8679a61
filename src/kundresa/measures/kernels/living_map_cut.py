"""The journeys of a range of units: map events found, traces cut, a period's journeys kept.

`measures.journeys` says what a journey is. Rows of one instant have no order, so nothing here hangs
on theirs.
"""

# No future annotations here: numba reads the signatures of what it compiles.

from typing import Any

import numpy as np
from numba import boolean, int64, njit, types, uint8, uint32, uint64

NEVER = np.int64(np.iinfo(np.int64).max)
ON_MAP, ENDS, VALUED = 1, 2, 4
"""Bits of a code's ``flags``: a map event, in a stage that ends the journey, worth money."""

_INTS = types.Array(int64, 1, "C", readonly=True)
_CODES = types.Array(uint32, 1, "C", readonly=True)
_BYTES = types.Array(uint8, 1, "C", readonly=True)
_BOOLS = types.Array(boolean, 1, "C", readonly=True)
_LENT = int64[::1]
_GRID = int64[:, ::1]
_TWO = types.Tuple((int64, int64))  # type: ignore[no-untyped-call]

START, BEGIN, NEXT, FIRST, UNIT = 0, 1, 2, 3, 4
"""Of a journey: its first kept row, its begin, the begin of the unit's next, whether it is the
unit's first, and the unit.
"""


@njit(
    _TWO(_INTS, _INTS, _CODES, _BYTES, int64, int64, int64, int64, int64, _LENT, _LENT),
    cache=True,
    nogil=True,
)
def _trace(
    time: Any, width: Any, code: Any, flags: Any, row: int, stop: int, gap: int, data_end: int,
    place: int, rows: Any, starts: Any,
) -> Any:  # fmt: skip
    """Write a unit's map events from ``place`` on, and where its journeys start; count both."""
    end_of_table = uint64(len(flags) - 1)
    journeys = 0
    instant = place
    before = 0
    # The earliest end of the journey, at instants before this one and at this one.
    ended, ends_now = NEVER, NEVER
    first = place
    while row < stop and time[row] <= data_end:
        now = time[row]
        flag = flags[min(uint64(code[row]), end_of_table)]
        row += 1
        if not flag & ON_MAP:
            continue
        if place == first or now - before > gap:
            starts[journeys] = place
            journeys += 1
            instant = place
            ended, ends_now = NEVER, NEVER
        elif now != before:
            instant = place
            ended, ends_now = min(ended, ends_now), NEVER
        before = now
        if flag & ENDS:
            ends_now = min(ends_now, now + (width[row - 1] if len(width) else 0))
        elif now > ended:
            starts[journeys] = instant
            journeys += 1
            ended = NEVER
        rows[place] = row - 1
        place += 1
    return place, journeys


@njit(
    _TWO(_INTS, _LENT, _LENT, int64, int64, int64, int64, int64, int64, int64, boolean, _GRID),
    cache=True,
    nogil=True,
)
def _keep(
    time: Any, rows: Any, starts: Any, count: int, stop: int, first: int, journeys: int, unit: int,
    low: int, high: int, by_event: bool, kept: Any,
) -> Any:  # fmt: skip
    """Keep what lies in the period, moved to the front; count rows and journeys kept so far."""
    place = first
    for number in range(count):
        start = starts[number]
        end = starts[number + 1] if number + 1 < count else stop
        begin = time[rows[start]]
        if not by_event and not low <= begin < high:
            continue
        here = place
        for row in range(start, end):
            if not by_event or low <= time[rows[row]] < high:
                rows[place] = rows[row]
                place += 1
        if place == here:
            continue
        kept[START, journeys] = here
        kept[BEGIN, journeys] = begin
        kept[NEXT, journeys] = time[rows[end]] if end < stop else NEVER
        kept[FIRST, journeys] = number == 0
        kept[UNIT, journeys] = unit
        journeys += 1
    return place, journeys


@njit(
    types.void(_INTS, _CODES, int64, int64, int64, int64, int64, _LENT), cache=True, nogil=True
)  # fmt: skip
def _tally(
    time: Any, code: Any, row: int, stop: int, data_end: int, low: int, high: int, counts: Any
) -> None:
    """Count the codes of the rows in the period."""
    end_of_table = uint64(len(counts) - 1)
    high = min(high, data_end + 1)
    while row < stop and time[row] < high:
        if time[row] >= low:
            counts[min(uint64(code[row]), end_of_table)] += 1
        row += 1


@njit(
    _TWO(
        _INTS, _BOOLS, _INTS, _INTS, _CODES, _BYTES, int64, int64, int64, int64, boolean, int64,
        int64, _LENT, _LENT, _GRID, _LENT,
    ),
    cache=True,
    nogil=True,
)  # fmt: skip
def cut(
    offsets: Any, skip: Any, time: Any, width: Any, code: Any, flags: Any, gap: int, data_end: int,
    low: int, high: int, by_event: bool, first: int, last: int, rows: Any, starts: Any, kept: Any,
    counts: Any,
) -> Any:  # fmt: skip
    """Find the journeys of the units ``first`` to ``last``.

    Parameters
    ----------
    offsets, skip : shape (n_units + 1,) and (n_units,)
        Which rows are whose, and who stands elsewhere.
    time, width, code : shape (n_rows,); ``width`` may be empty
        UTC microseconds, ascending within a unit; how much later it may have been; what it
        matches. A code beyond ``flags`` is its last entry.
    gap, data_end, low, high, by_event
        Microseconds; later rows don't count; the period, by each event or by the first.
    rows, starts : shape (rows of the range,) and one more
        Gets the map events that are kept; room to work in.
    kept : shape (5, rows of the range + 1)
        Gets what is known of each journey; the last start is where the rows end.
    counts : shape of ``flags``
        What the codes of the rows in the period are added to.

    Returns
    -------
    int, int
        How many rows and journeys were kept.
    """
    place, journeys = 0, 0
    for unit in range(first, last):
        if skip[unit]:
            continue
        row, stop = offsets[unit], offsets[unit + 1]
        _tally(time, code, row, stop, data_end, low, high, counts)
        end, count = _trace(time, width, code, flags, row, stop, gap, data_end, place, rows, starts)
        place, journeys = _keep(
            time, rows, starts, count, end, place, journeys, unit, low, high, by_event, kept
        )
    kept[START, journeys] = place
    return place, journeys
