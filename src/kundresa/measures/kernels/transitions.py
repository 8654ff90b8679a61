"""What directly follows what, over sorted rows: counts of items and edges that add.

Items of one instant stand in the order of their numbers, so the answer never hangs on the order of
storage (`measures.transitions` says what is counted).
"""

# No future annotations here: numba reads the signatures of what it compiles.

import math
from typing import Any

import numpy as np
from numba import boolean, int64, njit, types, uint32, uint64, void

WAITS = 64
"""Buckets of a histogram of waits: one to each doubling of microseconds."""

_INTS = types.Array(int64, 1, "C", readonly=True)
_CODES = types.Array(uint32, 1, "C", readonly=True)
_BOOLS = types.Array(boolean, 1, "C", readonly=True)
_LENT = int64[::1]


@njit(int64(int64), cache=True, nogil=True)
def wait_bucket(wait: int) -> Any:
    """Give the bucket of a wait in microseconds: 0 for none, k for those from 2^(k-1) on."""
    if wait <= 0:
        return 0
    _, exponent = math.frexp(float(wait))
    return exponent


@njit(void(_LENT, int64), cache=True, nogil=True)
def _sort(items: Any, count: int) -> None:
    for place in range(1, count):
        item, back = items[place], place - 1
        while back >= 0 and items[back] > item:
            items[back + 1] = items[back]
            back -= 1
        items[back + 1] = item


@njit(
    types.Tuple((int64, int64, _LENT))(  # type: ignore[no-untyped-call]
        _INTS,
        _CODES,
        _INTS,
        _INTS,
        int64,
        int64,
        _LENT,
    ),
    cache=True,
    nogil=True,
)
def _instant(
    time: Any, code: Any, item_start: Any, items: Any, row: int, stop: int, group: Any
) -> Any:
    """Gather the items of one instant, in order; give the next row, their number and the group."""
    end_of_table = uint64(len(item_start) - 2)
    now = time[row]
    count = 0
    while row < stop and time[row] == now:
        place = min(uint64(code[row]), end_of_table)
        row += 1
        for at in range(item_start[place], item_start[place + uint64(1)]):
            if count == len(group):
                wider = np.empty(2 * count, np.int64)
                wider[:count] = group
                group = wider
            group[count] = items[at]
            count += 1
    if count > 1:
        _sort(group, count)
    return row, count, group


@njit(int64(int64, int64, _LENT, _INTS, _LENT, _LENT, int64), cache=True, nogil=True)
def _edge(
    edge: int, wait: int, waits: Any, wanted: Any, edge_of: Any, wait_of: Any, listed: int
) -> Any:
    """Count a wait, or list it where it is wanted; give how many are listed."""
    bucket = wait_bucket(wait)
    if len(waits):
        waits[edge * WAITS + bucket] += 1
        return listed
    if bucket not in (wanted[edge] % WAITS, wanted[edge] // WAITS):
        return listed
    edge_of[listed] = edge
    wait_of[listed] = wait
    return listed + 1


@njit(
    int64(
        _INTS, _BOOLS, _INTS, _CODES, _INTS, _INTS, int64, int64, int64, int64, _LENT, _LENT, _LENT,
        _LENT, _LENT, _INTS, _LENT, _LENT,
    ),
    cache=True,
    nogil=True,
)  # fmt: skip
def walk(
    offsets: Any, skip: Any, time: Any, code: Any, item_start: Any, items: Any, size: int,
    gap: int, first: int, last: int, cases: Any, counts: Any, starts: Any, ends: Any, waits: Any,
    wanted: Any, edge_of: Any, wait_of: Any,
) -> Any:  # fmt: skip
    """Walk the units ``first`` to ``last``, and add to the counts.

    Parameters
    ----------
    offsets, skip : shape (n_units + 1,) and (n_units,)
        Which rows are whose, and who stands elsewhere.
    time, code : shape (n_rows,)
        UTC microseconds, ascending within a unit; the row's items are
        ``items[item_start[code]:item_start[code + 1]]``. A code beyond the table is its last entry.
    size, gap
        Number of items; microseconds after which a new case begins.
    cases, counts, starts, ends, waits : shape (1,), (size,) three times, (size * size * WAITS,)
        What is added to; without entries in ``waits`` nothing is.
    wanted : shape (size * size,) or (0,)
        Of each edge the two buckets of waits that are listed, as ``low + WAITS * high``.
    edge_of, wait_of
        Where wanted waits are listed; long enough for every row's items.

    Returns
    -------
    int
        How many waits were listed.
    """
    group = np.empty(64, np.int64)
    listed = 0
    adds = len(waits) > 0
    for unit in range(first, last):
        if skip[unit]:
            continue
        before = int64(-1)
        before_time = int64(0)
        row, stop = offsets[unit], offsets[unit + 1]
        while row < stop:
            now = time[row]
            row, count, group = _instant(time, code, item_start, items, row, stop, group)
            for at in range(count):
                item = group[at]
                if before >= 0 and now - before_time <= gap:
                    edge = before * size + item
                    listed = _edge(edge, now - before_time, waits, wanted, edge_of, wait_of, listed)
                elif adds:
                    if before >= 0:
                        ends[before] += 1
                    starts[item] += 1
                    cases[0] += 1
                if adds:
                    counts[item] += 1
                before, before_time = item, now
        if adds and before >= 0:
            ends[before] += 1
    return listed
