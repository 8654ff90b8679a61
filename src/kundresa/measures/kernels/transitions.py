"""What directly follows what, over sorted rows: counts of edges that add.

Items of one instant stand in the order of their numbers, so the answer never hangs on the order of
storage (`measures.transitions` says what is counted).
"""

# No future annotations here: numba reads the signatures of what it compiles.

from typing import Any

import numpy as np
from numba import boolean, int64, njit, types, uint8, uint16, uint32, uint64, void

WAITS = 16
"""Buckets of a histogram of waits, few, so that those of many edges stay near the processor."""

SHORTEST = 9
"""Bucket 0 ends at 4^9 microseconds (0.26 s); each other is four times as wide as the one before,
and the last, from 2.2 years on, has no end.
"""

NO_ITEM, SEVERAL = 0xFFFF_FFFF, 0xFFFF_FFFE
"""Instead of an item's number: for rows that are none, and that are several."""

_INTS = types.Array(int64, 1, "C", readonly=True)
_CODES = types.Array(uint32, 1, "C", readonly=True)
_BOOLS = types.Array(boolean, 1, "C", readonly=True)
_BUCKETS = types.Array(uint8, 1, "C", readonly=True)
_LENT = int64[::1]
_NARROW = uint32[::1]
_SHORT = uint16[::1]
_WALK = int64(
    _INTS, _BOOLS, _INTS, _CODES, _CODES, _INTS, _INTS, int64, int64, int64, int64, _LENT,
    _LENT, _LENT, _LENT, _SHORT, _NARROW, _BUCKETS, _NARROW, _LENT,
)  # fmt: skip

_NONE, _SEVERAL = uint64(NO_ITEM), uint64(SEVERAL)
# Of twice 4^n as a double, 512 + n stands from bit 53 on: half of the exponent, which is 1023 too
# high.
_FIRST = 4 ** (SHORTEST - 1)
_LOWEST = uint64(512 + SHORTEST - 1)
_HIGHEST = _LOWEST + uint64(WAITS - 1)


@njit(inline="always")
def _bucket(wait: Any) -> Any:
    """Give the bucket of a wait in microseconds, 0 or more."""
    fourfold = np.float64(2 * max(wait, _FIRST)).view(np.uint64) >> uint64(53)
    return min(fourfold, _HIGHEST) - _LOWEST


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


def _together(*, picks: bool) -> Any:
    """Compile what the walk does with the items of one instant: the same as with those alone.

    The walk doesn't call it for each row, as handing the arrays over costs more than it does.
    """

    @njit(
        types.Tuple([uint64, int64, uint64])(  # type: ignore[no-untyped-call]
            _LENT, uint64, int64, uint64, int64, int64, uint64, uint64, _LENT, _LENT, _LENT,
            _SHORT, _NARROW, _BUCKETS, _NARROW, _LENT,
        ),
        cache=True,
        nogil=True,
    )  # fmt: skip
    def together(
        group: Any, count: Any, now: Any, before: Any, when: Any, gap: Any, width: Any, found: Any,
        cases: Any, starts: Any, ends: Any, narrow: Any, carried: Any, wanted: Any, edges: Any,
        waits: Any,
    ) -> Any:  # fmt: skip
        for place in range(count):
            item = uint64(group[place])
            if before == _NONE or now - when > gap:
                if before != _NONE:
                    ends[before] += 1
                starts[item] += 1
                cases[0] += 1
            else:
                edge, bucket = before * width + item, _bucket(now - when)
                if picks:
                    if bucket in (wanted[edge] % WAITS, wanted[edge] // WAITS):
                        edges[found], waits[found] = edge, now - when
                        found += uint64(1)
                else:
                    at = edge * uint64(WAITS) + bucket
                    narrow[at] += uint16(1)
                    if narrow[at] == uint16(0):
                        carried[at] += uint32(1)
            before, when = item, now
        return before, when, found

    return together


def _walk(*, picks: bool) -> Any:
    """Compile the walk that counts, or the one that picks waits; they differ in one place."""
    together = _together(picks=picks)

    @njit(_WALK, cache=True, nogil=True)
    def walk(
        offsets: Any, skip: Any, time: Any, code: Any, item_of: Any, item_start: Any, items: Any,
        size: int, gap: int, first: int, last: int, group: Any, cases: Any, starts: Any, ends: Any,
        narrow: Any, carried: Any, wanted: Any, edges: Any, waits: Any,
    ) -> Any:  # fmt: skip
        end_of_table, width = uint64(len(item_of) - 1), uint64(size)
        found = uint64(0)
        for unit in range(first, last):
            if skip[unit]:
                continue
            row, stop = uint64(offsets[unit]), uint64(offsets[unit + 1])
            before, when = _NONE, int64(0)
            while row < stop:
                # Most rows are one item, alone at its instant: a short loop with few tests.
                while row < stop:
                    now = time[row]
                    item = uint64(item_of[min(uint64(code[row]), end_of_table)])
                    after = row + uint64(1)
                    if item == _SEVERAL or (after < stop and time[after] == now):
                        break
                    row = after
                    if item == _NONE:
                        continue
                    if before == _NONE or now - when > gap:
                        if before != _NONE:
                            ends[before] += 1
                        starts[item] += 1
                        cases[0] += 1
                    else:
                        edge, bucket = before * width + item, _bucket(now - when)
                        if picks:
                            both = uint64(wanted[edge])
                            if bucket in (both % uint64(WAITS), both // uint64(WAITS)):
                                edges[found], waits[found] = edge, now - when
                                found += uint64(1)
                        else:
                            at = edge * uint64(WAITS) + bucket
                            narrow[at] += uint16(1)
                            if narrow[at] == uint16(0):
                                carried[at] += uint32(1)
                    before, when = item, now
                if row == stop:
                    break
                now = time[row]
                row, count = _instant(time, code, item_start, items, row, stop, group)
                before, when, found = together(
                    group, count, now, before, when, gap, width, found, cases, starts, ends, narrow,
                    carried, wanted, edges, waits,
                )  # fmt: skip
            if before != _NONE:
                ends[before] += 1
        return int64(found)

    return walk


_count, _pick = _walk(picks=False), _walk(picks=True)
_NO_INTS, _NO_SHORTS = np.zeros(0, np.int64), np.zeros(0, np.uint16)
_NO_CODES, _NO_BUCKETS = np.zeros(0, np.uint32), np.zeros(0, np.uint8)
_NO_BUCKETS.flags.writeable = False


def count(
    *rows: Any, group: Any, cases: Any, starts: Any, ends: Any, narrow: Any, carried: Any
) -> None:
    """Walk some units, and add to the counts.

    Parameters
    ----------
    rows
        In this order: ``offsets, skip``, shape (n_units + 1,) and (n_units,), which rows are whose
        and who stands elsewhere; ``time, code``, shape (n_rows,), UTC microseconds, ascending
        within a unit, and what a row is: ``item_of[code]``, where a code beyond the table is its
        last entry; ``item_of, item_start, items``, by code the item, `NO_ITEM` or `SEVERAL`, and
        the same as lists, ``items[item_start[code]:item_start[code + 1]]``; ``size, gap``, the
        number of items and the microseconds after which a new case begins; ``first, last``, which
        units.
    group
        Lent; long enough for the items of any one instant.
    cases, starts, ends : shape (1,), (size,) twice
        What is added to.
    narrow, carried : shape (size * size * WAITS,)
        How many waits of each edge are in each bucket: ``narrow + 65_536 * carried``. Counts of 16
        bits keep twice as many edges near the processor.
    """
    _count(*rows, group, cases, starts, ends, narrow, carried, _NO_BUCKETS, _NO_CODES, _NO_INTS)


def pick(*rows: Any, group: Any, wanted: Any, edges: Any, waits: Any) -> int:
    """Walk the same way, list the waits in wanted buckets with their edges, and give how many.

    Parameters
    ----------
    rows, group
        As in `count`.
    wanted : shape (size * size,)
        Of each edge the two buckets that are listed, as ``low + WAITS * high``.
    edges, waits
        Where they are listed; long enough for every row's items.
    """
    size = rows[7]
    cases, starts, ends = (np.zeros(length, np.int64) for length in (1, size, size))
    found: int = _pick(
        *rows, group, cases, starts, ends, _NO_SHORTS, _NO_CODES, wanted, edges, waits
    )
    return found
