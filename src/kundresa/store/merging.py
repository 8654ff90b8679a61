"""The order of rows that lie in several sorted runs, as late events and joined profiles do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
LARGE: Final = 50_000
"""Of fewer rows, sorting them all costs less than starting what is compiled."""

MOST_RUNS: Final = 32
"""A profile of more runs is sorted: choosing the next row among many costs more."""


@dataclass(frozen=True)
class Runs:
    """Stretches of rows, each of one profile and sorted by time and sequence; no run is empty."""

    profile: Ints
    first: Ints
    stop: Ints


def together(runs: Sequence[Runs]) -> Runs:
    """Give the runs of several pieces as one."""
    columns = [(one.profile, one.first, one.stop) for one in runs]
    return Runs(*(np.concatenate(arrays) for arrays in zip(*columns, strict=True)))


def in_order(runs: Runs, time: Ints, sequence: Callable[[], Ints]) -> tuple[Ints, Ints, Ints]:
    """Sort rows by profile, time and sequence.

    Parameters
    ----------
    runs
        Of all rows.
    time : shape (n_rows,)
    sequence
        Gives the arrival of each row; asked only where rows of one profile share a time.

    Returns
    -------
    tuple
        The rows in order, the profiles, and the first row of each with the number of rows.
    """
    by_profile = np.argsort(runs.profile, kind="stable")
    profile, first, stop = (
        column[by_profile] for column in (runs.profile, runs.first, runs.stop)
    )  # fmt: skip
    opens = np.ones(len(profile), bool)
    opens[1:] = profile[1:] != profile[:-1]
    groups = np.append(np.flatnonzero(opens), len(profile))
    ends = np.concatenate([[0], np.cumsum(stop - first)])
    offsets = ends[groups]
    order = (
        _sorted(np.repeat(profile, stop - first), _rows(first, stop), time, sequence)
        if len(time) < LARGE
        else _merged(groups, first, stop, offsets, time, sequence)
    )
    return order, profile[groups[:-1]], offsets


def _rows(first: Ints, stop: Ints) -> Ints:
    counts = stop - first
    ends = np.cumsum(counts)
    found: Ints = np.arange(int(counts.sum())) + np.repeat(first - (ends - counts), counts)
    return found


def _sorted(profile: Ints, rows: Ints, time: Ints, sequence: Callable[[], Ints]) -> Ints:
    return rows[np.lexsort((sequence()[rows], time[rows], profile))]


def _merged(
    groups: Ints, first: Ints, stop: Ints, offsets: Ints, time: Ints,
    sequence: Callable[[], Ints],
) -> Ints:  # fmt: skip
    from kundresa.store.merge_kernel import merge

    def rows(arrival: Ints) -> tuple[bool, Ints]:
        order, left = np.empty(len(time), np.int64), np.empty(MOST_RUNS, np.int64)
        lent = first.copy()
        views = [_read_only(array) for array in (groups, stop, time, arrival)]
        kernel: Callable[..., bool] = merge
        return kernel(*views, MOST_RUNS, lent, order, left), order

    is_tied, order = rows(np.zeros(0, np.int64))
    if is_tied:
        _, order = rows(sequence())
    for group in np.flatnonzero(np.diff(groups) > MOST_RUNS):
        here = slice(offsets[group], offsets[group + 1])
        mine = order[here]
        order[here] = mine[np.lexsort((sequence()[mine], time[mine]))]
    return order


def _read_only(array: Ints) -> Ints:
    found = np.ascontiguousarray(array, np.int64).view()
    found.flags.writeable = False
    return found
