"""The most memory that one question takes, in a process that has done nothing else.

``python -m benchmarks.support.alone STORE QUESTION THREADS`` prints the bytes.
"""

from __future__ import annotations

import ctypes
import gc
import sys

import pyarrow as pa

from benchmarks.engine import Ours
from benchmarks.support.spent import memory_of
from kundresa.store import Store


def main(folder: str, question: str, threads: str) -> None:
    """Ask once to be warm, give back what is free, and ask again."""
    way = Ours(Store(folder), int(threads)).ways()[question]
    way.before()
    way.run()
    way.before()
    gc.collect()
    pa.default_memory_pool().release_unused()
    ctypes.CDLL(None).malloc_trim(0)
    print(memory_of(way.run))


if __name__ == "__main__":
    main(*sys.argv[1:])
