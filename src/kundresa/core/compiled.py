"""Where compiled kernels are kept. Numba reads it when it is imported, so it is said before."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def set_cache_folder() -> None:
    """Name the folder, unless ``NUMBA_CACHE_DIR`` does: in the data folder where there is one."""
    if "NUMBA_CACHE_DIR" in os.environ:
        return
    data = os.environ.get("KUNDRESA_DATA_DIR")
    whose = f"kundresa-kernels-{os.getuid()}"
    folder = Path(data) / "kernels" if data else Path(tempfile.gettempdir()) / whose
    os.environ["NUMBA_CACHE_DIR"] = str(folder)
