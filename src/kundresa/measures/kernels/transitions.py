"""What directly follows what, over sorted rows: counts of items and edges that add.

Items of one instant stand in the order of their numbers, so the answer never hangs on the order of
storage (`measures.transitions` says what is counted).
"""

# No future annotations here: numba reads the signatures of what it compiles.

import math
from typing import Any

import numpy as np
from numba import boolean, int64, njit, types, uint32, uint64, void

WAITS = 24
"""Buckets of a histogram of waits, each four times as wide as the one before; few, so that the
histograms of all pairs stay near the processor.
"""

BEFORE, WHEN, LISTED = 0, 1, 2
"""What a walk carries on: the item before (-1 for none), its time, how many waits are listed."""

_INTS = types.Array(int64, 1, "C", readonly=True)
_CODES = types.Array(uint32, 1, "C", readonly=True)
_BOOLS = types.Array(boolean, 1, "C", readonly=True)
_LENT = int64[::1]


@njit(inline="always")
def wait_bucket(wait: int) -> Any:
    """Give the bucket of a wait in microseconds: 0 for none, k for those from 4^(k-1) on."""
    if wait <= 0:
        return 0
    _, exponent = math.frexp(float(wait))
    return min((exponent + 1) >> 1, WAITS - 1)


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


@njit(inline="always")
def _edge(
    edge: int, wait: int, waits: Any, wanted: Any, edge_of: Any, wait_of: Any, at: Any
) -> None:
    """Count a wait, or list it where it is wanted."""
    bucket = wait_bucket(wait)
    if len(waits):
        waits[edge * WAITS + bucket] += 1
    elif bucket in (wanted[edge] % WAITS, wanted[edge] // WAITS):
        edge_of[at[LISTED]] = edge
        wait_of[at[LISTED]] = wait
        at[LISTED] += 1


# Inlined: handing nine arrays over at every event would cost five times the counting.
@njit(inline="always")
def _visit(
    item: int, now: int, size: int, gap: int, cases: Any, counts: Any, starts: Any, ends: Any,
    waits: Any, wanted: Any, edge_of: Any, wait_of: Any, at: Any,
) -> None:  # fmt: skip
    """Go on to an item."""
    before = at[BEFORE]
    adds = len(waits) > 0
    if before >= 0 and now - at[WHEN] <= gap:
        edge = before * size + item
        _edge(edge, now - at[WHEN], waits, wanted, edge_of, wait_of, at)
    elif adds:
        if before >= 0:
            ends[before] += 1
        starts[item] += 1
        cases[0] += 1
    if adds:
        counts[item] += 1
    at[BEFORE] = item
    at[WHEN] = now


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
    at = np.zeros(3, np.int64)
    end_of_table = uint64(len(item_start) - 2)
    for unit in range(first, last):
        if skip[unit]:
            continue
        at[BEFORE] = -1
        row, stop = offsets[unit], offsets[unit + 1]
        while row < stop:
            now = time[row]
            if row + 1 < stop and time[row + 1] == now:
                row, count, group = _instant(time, code, item_start, items, row, stop, group)
                for place in range(count):
                    _visit(group[place], now, size, gap, cases, counts, starts, ends, waits,
                           wanted, edge_of, wait_of, at)  # fmt: skip
                continue
            entry = min(uint64(code[row]), end_of_table)
            row += 1
            for place in range(item_start[entry], item_start[entry + uint64(1)]):
                _visit(items[place], now, size, gap, cases, counts, starts, ends, waits,
                       wanted, edge_of, wait_of, at)  # fmt: skip
        if len(waits) and at[BEFORE] >= 0:
            ends[at[BEFORE]] += 1
    return at[LISTED]
