"""A hash for the name of each profile, which decides its weights in a bootstrap."""

from __future__ import annotations

import zlib
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kundresa.measures.kernels import read_only
from kundresa.store import Snapshot

Hashes = NDArray[np.uint32]

_kept: Final[WeakKeyDictionary[Snapshot, Hashes]] = WeakKeyDictionary()


def hashes_of_profiles(snapshot: Snapshot) -> Hashes:
    """Give the CRC-32 of each profile's name, by its code; found once for a snapshot."""
    if snapshot not in _kept:
        _kept[snapshot] = hashes_of(snapshot.dictionaries.texts("profile"))
    return _kept[snapshot]


def hashes_of(texts: pa.Array) -> Hashes:
    """Give the CRC-32 of each text's UTF-8, as `zlib.crc32` does; of a missing text that of ``""``."""
    from kundresa.measures.kernels.names import crc32_of

    filled = pc.fill_null(texts, "")
    _, starts, content = filled.buffers()
    edges = np.frombuffer(starts, np.int32)[filled.offset : filled.offset + len(filled) + 1]
    text = np.frombuffer(content, np.uint8) if content else np.zeros(0, np.uint8)
    found: Hashes = crc32_of(read_only(edges), read_only(text), read_only(_TABLE))
    return read_only(found)


# zlib turns the register's bits over before and after; so this is what a register of zeros holds
# after each single byte.
_ONES: Final = 0xFFFF_FFFF
_TABLE: Final = np.array(
    [zlib.crc32(bytes([byte]), _ONES) ^ _ONES for byte in range(256)], np.uint32
)
