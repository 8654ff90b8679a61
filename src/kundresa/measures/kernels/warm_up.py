"""Compile every kernel into the cache ahead of the first question: ``python -m`` this module.

In a process of its own and at the lowest priority where something else goes on: compiling takes
seconds in which Python does nothing else.
"""

from __future__ import annotations

import hashlib
import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).parent
_STORE: Final = _HERE.parents[1] / "store"


def is_warm() -> bool:
    """Tell whether what is kept was compiled from this release, by this numba and this Python."""
    try:
        return _stamp().read_text("ascii") == _fingerprint()
    except OSError:
        return False


def warm_up() -> None:
    """Compile what isn't compiled yet."""
    from kundresa.measures.kernels import (  # noqa: F401
        funnel,
        living_map_cut,
        living_map_items,
        living_map_money,
        living_map_stages,
        living_map_units,
        names,
        transitions,
    )
    from kundresa.store import merge_kernel  # noqa: F401

    _stamp().parent.mkdir(parents=True, exist_ok=True)
    _stamp().write_text(_fingerprint(), "ascii")


def _stamp() -> Path:
    return Path(os.environ["NUMBA_CACHE_DIR"]) / "warm"


def _fingerprint() -> str:
    """Change with whatever makes numba compile anew."""
    found = hashlib.sha256(f"{version('numba')} {sys.version} {sys.platform}".encode())
    for file in (*sorted(_HERE.glob("*.py")), _STORE / "merge_kernel.py"):
        found.update(f"{file} {file.stat().st_mtime_ns} {file.stat().st_size}".encode())
    return found.hexdigest()


if __name__ == "__main__":
    os.nice(19)
    warm_up()
