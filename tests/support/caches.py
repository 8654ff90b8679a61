"""Folders that outlive a run of the tests, so that nothing is compiled twice.

Numba notices that a kernel's own file changed, but not the files of the kernels it calls: the name
of the folder holds them all.
"""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

import kundresa

_SOURCES = Path(kundresa.__file__).parent
_TEMPORARY = Path(tempfile.gettempdir())


def kernels() -> str:
    """Where compiled kernels are kept, until anything in them changes."""
    files = [*_SOURCES.glob("measures/kernels/*.py"), _SOURCES / "store/merge_kernel.py"]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(files))).hexdigest()
    return str(_TEMPORARY / f"kundresa-kernels-{digest[:12]}")


def byte_code() -> str:
    """Where byte code is kept, also where Python may keep none beside the sources."""
    return str(_TEMPORARY / "kundresa-pycache")
