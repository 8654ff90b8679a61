"""What directly follows what, over sorted rows: counts of edges that add.

Items of one instant stand in the order of their numbers, so the answer never hangs on the order of
storage (`measures.transitions` says what is counted). A block of units is first turned into edges
and waits, which stay near the processor, and then counted or picked from.
"""

# No future annotations here: numba reads the signatures of what it compiles.

from typing import Any

import numpy as np
from numba import boolean, int64, njit, types, uint8, uint32, uint64, void

WAITS = 16
"""Buckets of a histogram of waits, so that the counts of an edge fill one line of the cache."""

SHORTEST = 9
"""Bucket 0 ends at 4^9 microseconds (0.26 s); each other is four times as wide as the one before,
and the last, from 2.2 years on, has no end.
"""

NO_ITEM, SEVERAL = 0xFFFF_FFFF, 0xFFFF_FFFE
"""Instead of an item's number: for rows that are none, and that are several."""

_BLOCK = 8192
_INTS = types.Array(int64, 1, "C", readonly=True)
_CODES = types.Array(uint32, 1, "C", readonly=True)
_BOOLS = types.Array(boolean, 1, "C", readonly=True)
_BUCKETS = types.Array(uint8, 1, "C", readonly=True)
_LENT = int64[::1]
_NARROW = uint32[::1]

_NONE, _SEVERAL = uint64(NO_ITEM), uint64(SEVERAL)
# A double's exponent stands from bit 52 on, 1023 too high.
_LOWEST = uint64((1023 - 1) // 2 + SHORTEST - 1)
_HIGHEST = _LOWEST + uint64(WAITS - 1)


@njit(inline="always")
def _bucket(wait: Any) -> Any:
    """Give the bucket of a wait in microseconds, 0 or more."""
    exponent = max(np.float64(wait).view(np.uint64) >> uint64(52), uint64(1))
    fourfold = (exponent - uint64(1)) >> uint64(1)
    return min(max(fourfold, _LOWEST), _HIGHEST) - _LOWEST


@njit(void(_LENT, int64), cache=True, nogil=True)
def _sort(items: Any, count: int) -> None:
    """Sort the first few in place (Shell 1959): whole days may stand at one instant."""
    gap = count // 2
    while gap > 0:
        for place in range(gap, count):
            item, back = items[place], place - gap
            while back >= 0 and items[back] > item:
                items[back + gap] = items[back]
                back -= gap
            items[back + gap] = item
        gap //= 2


@njit(
    types.UniTuple(uint64, 2)(  # type: ignore[no-untyped-call]
        _INTS, _CODES, _INTS, _INTS, uint64, uint64, _LENT
    ),
    cache=True,
    nogil=True,
)  # fmt: skip
def _instant(
    time: Any, code: Any, item_start: Any, items: Any, row: Any, stop: Any, group: Any
) -> Any:
    """Gather the items of one instant, in order; give the row after it and their number."""
    end_of_table = uint64(len(item_start) - 2)
    now, count = time[row], 0
    while row < stop and time[row] == now:
        place = min(uint64(code[row]), end_of_table)
        row += uint64(1)
        for at in range(item_start[place], item_start[place + uint64(1)]):
            group[count] = items[at]
            count += 1
    _sort(group, count)
    return row, uint64(count)


@njit(
    uint64(
        _INTS, _BOOLS, _INTS, _CODES, _CODES, _INTS, _INTS, uint64, int64, int64, int64, _LENT,
        _LENT, _LENT, _NARROW, _LENT, _LENT,
    ),
    cache=True,
    nogil=True,
)  # fmt: skip
def _list(
    offsets: Any, skip: Any, time: Any, code: Any, item_of: Any, item_start: Any, items: Any,
    size: Any, gap: int, first: int, last: int, cases: Any, starts: Any, ends: Any, edge_of: Any,
    wait_of: Any, group: Any,
) -> Any:  # fmt: skip
    """List the edges of some units and how long each took; give how many."""
    end_of_table = uint64(len(item_of) - 1)
    listed = uint64(0)
    for unit in range(first, last):
        if skip[unit]:
            continue
        row, stop = uint64(offsets[unit]), uint64(offsets[unit + 1])
        before, when, count = _NONE, int64(0), uint64(0)
        while row < stop:
            now = time[row]
            item = uint64(item_of[min(uint64(code[row]), end_of_table)])
            after = row + uint64(1)
            waiting = uint64(0)
            if item == _SEVERAL or (after < stop and time[after] == now):
                after, waiting = _instant(time, code, item_start, items, row, stop, group)
                item, count = _NONE, waiting
            row = after
            # Written once for both, and not in a function: arrays handed over cost more than this.
            while item != _NONE or waiting != uint64(0):
                if waiting != uint64(0):
                    item = uint64(group[count - waiting])
                    waiting -= uint64(1)
                if before != _NONE and now - when <= gap:
                    edge_of[listed] = before * size + item
                    wait_of[listed] = now - when
                    listed += uint64(1)
                else:
                    if before != _NONE:
                        ends[before] += 1
                    starts[item] += 1
                    cases[0] += 1
                before, when, item = item, now, _NONE
        if before != _NONE:
            ends[before] += 1
    return listed


@njit(int64(_INTS, int64, int64, int64), cache=True, nogil=True)
def _end_of_block(offsets: Any, unit: int, last: int, most: int) -> Any:
    """Give the unit after a block that lists `_BLOCK` edges at most, or one unit."""
    stop = unit + 1
    while stop < last and (offsets[stop + 1] - offsets[unit]) * most <= _BLOCK:
        stop += 1
    return stop


@njit(
    void(
        _INTS, _BOOLS, _INTS, _CODES, _CODES, _INTS, _INTS, int64, int64, int64, int64, int64,
        _LENT, _LENT, _LENT, _NARROW,
    ),
    cache=True,
    nogil=True,
)  # fmt: skip
def count(
    offsets: Any, skip: Any, time: Any, code: Any, item_of: Any, item_start: Any, items: Any,
    most: int, size: int, gap: int, first: int, last: int, cases: Any, starts: Any, ends: Any,
    waits: Any,
) -> None:  # fmt: skip
    """Walk the units ``first`` to ``last``, and add to the counts.

    Parameters
    ----------
    offsets, skip : shape (n_units + 1,) and (n_units,)
        Which rows are whose, and who stands elsewhere.
    time, code : shape (n_rows,)
        UTC microseconds, ascending within a unit; what a row is, is ``item_of[code]``. A code
        beyond the table is its last entry.
    item_of, item_start, items
        By code: the item, `NO_ITEM` or `SEVERAL`; and the same as lists,
        ``items[item_start[code]:item_start[code + 1]]``, without repeats.
    most
        The length of the longest of these lists.
    size, gap
        Number of items; microseconds after which a new case begins.
    cases, starts, ends, waits : shape (1,), (size,) twice, (size * size * WAITS,)
        What is added to. No edge is counted more than once a row.
    """
    edge_of, wait_of = np.empty(_BLOCK, np.uint32), np.empty(_BLOCK, np.int64)
    group = np.empty(_BLOCK, np.int64)
    unit = first
    while unit < last:
        stop = _end_of_block(offsets, unit, last, most)
        room = (offsets[stop] - offsets[unit]) * most
        if room > len(edge_of):
            edge_of, wait_of = np.empty(room, np.uint32), np.empty(room, np.int64)
            group = np.empty(room, np.int64)
        listed = _list(offsets, skip, time, code, item_of, item_start, items, uint64(size), gap,
                       unit, stop, cases, starts, ends, edge_of, wait_of, group)  # fmt: skip
        for place in range(listed):
            at = uint64(edge_of[place]) * uint64(WAITS) + _bucket(wait_of[place])
            waits[at] += uint32(1)
        unit = stop


@njit(
    int64(
        _INTS, _BOOLS, _INTS, _CODES, _CODES, _INTS, _INTS, int64, int64, int64, int64, int64,
        _BUCKETS, _NARROW, _LENT,
    ),
    cache=True,
    nogil=True,
)  # fmt: skip
def pick(
    offsets: Any, skip: Any, time: Any, code: Any, item_of: Any, item_start: Any, items: Any,
    most: int, size: int, gap: int, first: int, last: int, wanted: Any, edges: Any, waits: Any,
) -> Any:  # fmt: skip
    """Walk the same way, and list the waits that lie in wanted buckets with their edges.

    Parameters
    ----------
    wanted : shape (size * size,)
        Of each edge the two buckets that are listed, as ``low + WAITS * high``.
    edges, waits
        Where they are listed; as long as the rows of the units times ``most``.

    Returns
    -------
    int
        How many were listed.
    """
    edge_of, wait_of = np.empty(_BLOCK, np.uint32), np.empty(_BLOCK, np.int64)
    group = np.empty(_BLOCK, np.int64)
    cases, starts, ends = np.zeros(1, np.int64), np.zeros(size, np.int64), np.zeros(size, np.int64)
    unit, found = first, 0
    while unit < last:
        stop = _end_of_block(offsets, unit, last, most)
        room = (offsets[stop] - offsets[unit]) * most
        if room > len(edge_of):
            edge_of, wait_of = np.empty(room, np.uint32), np.empty(room, np.int64)
            group = np.empty(room, np.int64)
        listed = _list(offsets, skip, time, code, item_of, item_start, items, uint64(size), gap,
                       unit, stop, cases, starts, ends, edge_of, wait_of, group)  # fmt: skip
        for place in range(listed):
            both, bucket = uint64(wanted[edge_of[place]]), _bucket(wait_of[place])
            if bucket in (both % uint64(WAITS), both // uint64(WAITS)):
                edges[found] = edge_of[place]
                waits[found] = wait_of[place]
                found += 1
        unit = stop
    return found
