"""Failpoints between statements: an action dies at its first line, then its second, and so on."""

from __future__ import annotations

import gc
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from django.db import connection


class DiedError(BaseException):
    """The process is gone; nothing that handles errors may handle it."""


def dies_at(step: int, action: Callable[[], object], modules: Sequence[ModuleType]) -> bool:
    """Run an action and let it die before the ``step``-th line in the modules; say whether it did.

    False means that it came to its end first.
    """
    files = {str(Path(str(module.__file__)).resolve()) for module in modules}
    left = step

    def at_line(_frame: FrameType, event: str, _arg: object) -> Any:
        nonlocal left
        if event == "line":
            left -= 1
            if left == 0:
                raise DiedError
        return at_line

    def at_call(frame: FrameType, _event: str, _arg: object) -> Any:
        return at_line if frame.f_code.co_filename in files else None

    before, is_dead = sys.gettrace(), False
    # What was there before isn't the dead's; to look through all of it takes longer than the action.
    gc.freeze()
    with warnings.catch_warnings():
        # The dead close nothing.
        warnings.simplefilter("ignore", ResourceWarning)
        sys.settrace(at_call)
        try:
            action()
        except DiedError:
            is_dead = True
        finally:
            sys.settrace(before)
            # What the dead held, as files, locks and the connection, goes with it.
            gc.collect()
            gc.unfreeze()
        if is_dead:
            # Also where it died so late in a transaction that the framework didn't notice.
            connection.in_atomic_block = False
            connection.close()
    return is_dead


def every_death(
    action: Callable[[], object], modules: Sequence[ModuleType], *, stride: int = 1
) -> Iterator[int]:
    """Let an action die at ever later lines, and give each line's number, until it lives."""
    step = 1
    while dies_at(step, action, modules):
        yield step
        step += stride
