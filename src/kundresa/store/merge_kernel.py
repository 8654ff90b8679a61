"""Merge sorted runs, compiled; imported only where there are many rows."""

# No future annotations here: numba reads the signatures of what it compiles.

from typing import Any

from kundresa.core.compiled import set_cache_folder

set_cache_folder()

from numba import boolean, int64, njit, types  # noqa: E402

_INTS = types.Array(int64, 1, "C", readonly=True)
_LENT = int64[::1]


@njit(boolean(_INTS, _INTS, _INTS, _INTS, int64, _LENT, _LENT, _LENT), cache=True, nogil=True)
def merge(
    groups: Any, stop: Any, time: Any, sequence: Any, most: int, first: Any, order: Any, left: Any
) -> Any:
    """Write the rows of each group of runs in order of time, then sequence.

    Parameters
    ----------
    groups : shape (n_groups + 1,)
        Which runs go together.
    stop, first : shape (n_runs,)
        The rows of each run, sorted; ``first`` is used up.
    time : shape (n_rows,)
    sequence : shape (n_rows,) or (0,)
    most
        Groups of more runs are left as they lie.
    order : shape (n_rows,)
        Where the rows are written.
    left : shape (most,)
        Lent.

    Returns
    -------
    bool
        Whether rows of two runs share a time and ``sequence``, which would decide, is empty.
    """
    place, is_tied = 0, False
    for group in range(len(groups) - 1):
        count = groups[group + 1] - groups[group]
        if count == 1 or count > most:
            for run in range(groups[group], groups[group + 1]):
                for row in range(first[run], stop[run]):
                    order[place] = row
                    place += 1
            continue
        for at in range(count):
            left[at] = groups[group] + at
        while count > 0:
            best = 0
            for at in range(1, count):
                row, other = first[left[at]], first[left[best]]
                if time[row] < time[other]:
                    best = at
                elif time[row] == time[other]:
                    if len(sequence) == 0:
                        is_tied = True
                    elif sequence[row] < sequence[other]:
                        best = at
            run = left[best]
            order[place] = first[run]
            place += 1
            first[run] += 1
            if first[run] == stop[run]:
                count -= 1
                left[best] = left[count]
    return is_tied
