"""Many texts that differ in a number only, written digit by digit for all rows at once."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


def numbered(template: str, *numbers: NDArray[np.int64]) -> pa.StringArray:
    """Give the template once for each row, every run of ``#`` filled with a number's digits.

    Parameters
    ----------
    template
        ASCII, as ``order-####``.
    numbers
        One array for each run of ``#``, all of the same length, none too long for its run.

    Examples
    --------
    >>> numbered("a##-#", np.array([7, 12]), np.array([0, 1])).to_pylist()
    ['a07-0', 'a12-1']
    """
    count, width = len(numbers[0]), len(template)
    letters = np.tile(np.frombuffer(template.encode("ascii"), np.uint8), (count, 1))
    for run, number in zip(re.finditer("#+", template), numbers, strict=True):
        rest = number
        for column in range(run.end() - 1, run.start() - 1, -1):
            letters[:, column] = rest % 10 + ord("0")
            rest = rest // 10
        if rest.any():
            raise ValueError(f"{number.max()} is too long for {run.group()!r}.")
    offsets = np.arange(0, (count + 1) * width, width, dtype=np.int32)
    return pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(letters))
