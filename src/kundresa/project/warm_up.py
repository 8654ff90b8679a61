"""Kernels compile beside the worker, some time after it began, so that no first page waits for them
and no first question does.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import Final

from kundresa.core.logs import logger

_AFTER: Final = 20.0
_COMMAND: Final = (sys.executable, "-m", "kundresa.measures.kernels.warm_up")
_log = logger(__name__)


def compile_kernels(stop: threading.Event) -> None:
    """Compile what this release needs, unless it is there; give up when told to stop."""
    from kundresa.measures.kernels.warm_up import is_warm

    if is_warm() or stop.wait(_AFTER):
        return
    _log.info("kernels_compiling")
    process = subprocess.Popen(_COMMAND, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    while process.poll() is None:
        if stop.wait(0.2):
            process.terminate()
            process.wait()
            return
    _log.info("kernels_compiled", code=process.returncode)
