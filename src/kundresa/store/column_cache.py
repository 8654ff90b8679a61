"""Columns as files that are mapped instead of read; they may vanish at any time.

Whoever decoded a column may go on with it while it is written here behind them.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from threading import RLock
from typing import Any, Final, cast
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from kundresa.core.ids import new_id

Column = NDArray[Any]
MOST_WAITING: Final = 256 << 20
"""With more bytes waiting to be written behind, whoever comes next writes their own."""

_LONGEST_NAME: Final = 150


class ColumnCache:
    """The columns of one part.

    Parameters
    ----------
    folder
        Made when something is written; None keeps nothing.
    is_wanted
        Tells whether the part is still there: what is erased must not come back.
    """

    def __init__(self, folder: Path | None, is_wanted: Callable[[], bool]) -> None:
        self._folder = folder
        self._is_wanted = is_wanted

    def read(self, name: str) -> Column | None:
        """Map a column, None where it isn't there whole."""
        if self._folder is None:
            return None
        try:
            return cast("Column", np.load(self._file(self._folder, name), mmap_mode="r"))
        except (FileNotFoundError, ValueError, EOFError):
            return None

    def write(self, name: str, made: Column) -> Column:
        """Write a column and map it; a cache that can't be written is done without."""
        if self._folder is None:
            return made
        file = self._file(self._folder, name)
        # Several threads may make the same column at once; each writes its own draft of it.
        draft = file.with_name(f".{file.name}.{new_id()}.npy")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            np.save(draft, made)
            draft.replace(file)
            found = cast("Column", np.load(file, mmap_mode="r"))
        except OSError:
            found = made
        # Looked at last: an eraser takes the part away first and the cache thereafter.
        if not self._is_wanted():
            shutil.rmtree(self._folder, ignore_errors=True)
        return found

    def write_behind(self, name: str, made: Column, then: Callable[[Column], None]) -> None:
        """Write a column when there is time, and hand the mapped one to ``then``."""
        if self._folder is not None:
            _behind.add(made.nbytes, lambda: then(self.write(name, made)))

    @staticmethod
    def _file(folder: Path, name: str) -> Path:
        return folder / f"{_file_name(name)}.npy"


def _file_name(column: str) -> str:
    """Give each column a file of its own, whatever senders call their properties."""
    quoted = quote(column, safe="")
    if len(quoted) <= _LONGEST_NAME:
        return quoted
    return hashlib.sha256(column.encode("utf-8", "surrogatepass")).hexdigest()


class _Behind:
    """One thread that writes; this process ends when it is done."""

    def __init__(self) -> None:
        self._lock = RLock()  # a future that is done at once calls back in this thread
        self._thread: ThreadPoolExecutor | None = None
        self._waiting: set[Future[None]] = set()
        self._bytes = 0

    def add(self, size: int, write: Callable[[], None]) -> None:
        with self._lock:
            if self._bytes + size <= MOST_WAITING:
                self._thread = self._thread or ThreadPoolExecutor(1, "column-cache")
                future = self._thread.submit(write)
                self._bytes += size
                self._waiting.add(future)
                future.add_done_callback(lambda done: self._done(done, size))
                return
        write()

    def _done(self, future: Future[None], size: int) -> None:
        with self._lock:
            self._bytes -= size
            self._waiting.discard(future)

    def finish(self) -> None:
        with self._lock:
            waiting = list(self._waiting)
        wait(waiting)


_behind: Final = _Behind()


def finish_writing() -> None:
    """Wait until this process has written what it is to write behind."""
    _behind.finish()
