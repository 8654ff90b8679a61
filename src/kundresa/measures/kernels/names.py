"""Hashes of many names at once, over the bytes that hold them."""

# No future annotations here: numba reads the signatures of what it compiles.

from typing import Any

import numpy as np
from numba import int32, njit, types, uint8, uint32

_STARTS = types.Array(int32, 1, "C", readonly=True)
_BYTES = types.Array(uint8, 1, "C", readonly=True)
_TABLE = types.Array(uint32, 1, "C", readonly=True)


@njit(uint32[::1](_STARTS, _BYTES, _TABLE), cache=True, nogil=True)
def crc32_of(starts: Any, text: Any, table: Any) -> Any:
    """Give the CRC-32 of each name, as `zlib.crc32` does.

    Parameters
    ----------
    starts : shape (n_names + 1,)
        Where each name begins in ``text``, and where the last ends.
    text
        UTF-8.
    table : shape (256,)
        The CRC-32 register of each single byte.
    """
    found = np.empty(len(starts) - 1, np.uint32)
    for name in range(len(starts) - 1):
        register = uint32(0xFFFFFFFF)
        for place in range(starts[name], starts[name + 1]):
            register = table[(register ^ text[place]) & uint32(0xFF)] ^ (register >> uint32(8))
        found[name] = register ^ uint32(0xFFFFFFFF)
    return found
