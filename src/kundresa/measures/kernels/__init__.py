"""Kernels: loops over sorted rows, compiled once, that return partials which add.

A kernel is a pure function of arrays. It takes read-only arrays of one form each, so that it is
compiled once; codes are unsigned, because signed ones cost a wrap-around at every look-up. What
compiling made is kept in the folder that `KUNDRESA_DATA_DIR` (or ``NUMBA_CACHE_DIR``) names.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kundresa.core.compiled import set_cache_folder


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """Give the same numbers as an array that a kernel takes: contiguous, and not to be written."""
    found = np.ascontiguousarray(array).view()
    found.flags.writeable = False
    return found


set_cache_folder()
