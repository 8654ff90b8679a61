"""Kernels: loops over sorted rows, compiled once, that return partials which add.

A kernel is a pure function of arrays. It takes read-only arrays of one form each, so that it is
compiled once; codes are unsigned, because signed ones cost a wrap-around at every look-up. What
compiling made is kept in the folder that `KUNDRESA_DATA_DIR` (or ``NUMBA_CACHE_DIR``) names.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def set_cache_folder() -> None:
    """Say where compiled kernels are kept; numba reads it when it is imported."""
    if "NUMBA_CACHE_DIR" in os.environ:
        return
    data = os.environ.get("KUNDRESA_DATA_DIR")
    whose = f"kundresa-kernels-{os.getuid()}"
    folder = Path(data) / "kernels" if data else Path(tempfile.gettempdir()) / whose
    os.environ["NUMBA_CACHE_DIR"] = str(folder)


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """Give the same numbers as an array that a kernel takes: contiguous, and not to be written."""
    found = np.ascontiguousarray(array).view()
    found.flags.writeable = False
    return found


set_cache_folder()
