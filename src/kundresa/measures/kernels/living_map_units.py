"""For maps whose unit is not the profile: which rows are regrouped, and whose the rows were.

`measures.living_map_regrouped` puts the rows of each unit together.
"""

# No future annotations here: numba reads the signatures of what it compiles.

from typing import Any

import numpy as np
from numba import boolean, int64, njit, types, uint8, uint32, uint64, void

from kundresa.measures.kernels.living_map_cut import ON_MAP, VALUED
from kundresa.measures.kernels.living_map_money import NO_MONEY

_INTS = types.Array(int64, 1, "C", readonly=True)
_CODES = types.Array(uint32, 1, "C", readonly=True)
_BYTES = types.Array(uint8, 1, "C", readonly=True)
_BOOLS = types.Array(boolean, 1, "C", readonly=True)
_LENT = int64[::1]
_GRID = int64[:, ::1]


@njit(
    int64(
        _INTS, _BOOLS, _INTS, _CODES, _BYTES, _INTS, int64, int64, int64, int64, int64, _GRID, _LENT
    ),
    cache=True,
    nogil=True,
)  # fmt: skip
def pick(
    offsets: Any, skip: Any, time: Any, code: Any, flags: Any, value: Any, data_end: int, low: int,
    high: int, first: int, last: int, found: Any, counts: Any,
) -> Any:  # fmt: skip
    """List the map events and the value events of the profiles ``first`` to ``last``.

    Parameters
    ----------
    offsets, skip, time, code, flags, data_end, low, high
        As in `living_map_cut.cut`, of profiles.
    value : shape (n_rows,) or empty
        Micro-units, `NO_MONEY` without.
    found : shape (2, rows of the range)
        Gets each row, and the place of its profile.
    counts : shape of ``flags``
        What the codes of the rows in the period are added to.

    Returns
    -------
    int
        How many rows are listed.
    """
    end_of_table = uint64(len(flags) - 1)
    until = min(high, data_end + 1)
    number = 0
    for profile in range(first, last):
        if skip[profile]:
            continue
        row, stop = offsets[profile], offsets[profile + 1]
        while row < stop and time[row] <= data_end:
            entry = min(uint64(code[row]), end_of_table)
            if low <= time[row] < until:
                counts[entry] += 1
            flag = flags[entry]
            if flag & ON_MAP or (flag & VALUED and len(value) and value[row] != NO_MONEY):
                found[0, number] = row
                found[1, number] = profile
                number += 1
            row += 1
    return number


@njit(void(_INTS, _INTS, _CODES, _INTS, _INTS, _LENT), cache=True, nogil=True)
def count_profiles(
    rows: Any, profile: Any, code: Any, item_start: Any, items: Any, counts: Any
) -> None:
    """Count the profiles of each item.

    Parameters
    ----------
    rows
        Those that count, each profile's together.
    profile, code : shape (n_rows,)
        Of all rows.
    item_start, items
        A row's items are ``items[item_start[code]:item_start[code + 1]]``.
    counts : shape (n_items,)
        What is added to.
    """
    seen = np.empty(len(counts), np.int64)
    for item in range(len(counts)):
        seen[item] = -1
    for place in range(len(rows)):
        row = rows[place]
        entry = uint64(code[row])
        for at in range(item_start[entry], item_start[entry + uint64(1)]):
            item = items[at]
            if seen[item] != profile[row]:
                seen[item] = profile[row]
                counts[item] += 1
