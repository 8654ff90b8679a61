"""Lengths of time in buckets: histograms that add, and lists of what lies in some buckets.

A first walk counts by bucket; a second lists only the lengths in the buckets that hold a quantile,
which makes it exact.
"""

# No future annotations here: numba reads the signatures of what it compiles.

import math
from typing import Any

import numpy as np
from numba import int64, njit, types, uint8

BUCKETS = 1024
"""Of a histogram of lengths of time: 16 to each doubling, so each is at most 1/16 wide."""

_INTS = types.Array(int64, 1, "C", readonly=True)
WANTED = types.Array(uint8, 2, "C", readonly=True)
LENT = int64[::1]
GRID = int64[:, ::1]


@njit(int64(int64), cache=True, nogil=True)
def bucket_of(length: int) -> Any:
    """Give the bucket of a length of time in microseconds; lengths below 16 have their own."""
    if length < 16:
        return length
    mantissa, exponent = math.frexp(float(length))
    return (exponent - 4) * 16 + int(mantissa * 32.0) - 16


@njit(int64[::1](_INTS), cache=True, nogil=True)
def _buckets(lengths: Any) -> Any:
    found = np.empty(len(lengths), np.int64)
    for place in range(len(lengths)):
        found[place] = bucket_of(lengths[place])
    return found


def buckets_of(lengths: Any) -> Any:
    """Give the bucket of each length of time."""
    return _buckets(np.ascontiguousarray(lengths))


# Inlined: handing four arrays over at every length would cost more than counting it.
@njit(inline="always")
def note(series: int, length: int, grids: Any, wanted: Any, listed: Any, at: Any) -> None:
    """Count a length of a series in ``grids``; without any, list it where its bucket is wanted.

    ``listed`` holds series and length of each; ``at[0]`` is how many there are.
    """
    bucket = bucket_of(length)
    if len(grids):
        grids[series, bucket] += 1
    elif wanted[series, bucket]:
        listed[0, at[0]] = series
        listed[1, at[0]] = length
        at[0] += 1
