"""Where a store's version is kept: a file in its folder, or a row of a database (`events`).

Whoever changes a version makes the next one beside it and swaps the two, which only one of several
wins. Holds keep others from useless work; it is the swap that keeps a store right.
"""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final, Protocol

from kundresa.core.errors import KundresaError
from kundresa.store.objects import write_durably
from kundresa.store.version import Version, number_of, to_text

EMPTY: Final = ""
Along = Callable[[], None]
"""What is written in the same step as a version, where the keeper has transactions."""

ADDING: Final = "adding"
WRITING: Final = "writing"
COMPACTING: Final = "compacting"
SEALING: Final = "sealing"
IMPORTING: Final = "importing"


class HoldLostError(KundresaError):
    """Somebody else took over what this process held; whatever it was doing counts for nothing."""

    status = 409
    code = "hold_lost"


class MovedOnError(KundresaError):
    """A log was read on by somebody else meanwhile, so what was read of it stands there already."""

    status = 409
    code = "moved_on"


class VersionKeeper(Protocol):
    """Keeps the text of one version, and what is held in its store."""

    place: str

    def read(self) -> str:
        """Give the text, empty when there is none yet."""

    def swap(self, before: int, after: Version, along: Along | None = None) -> bool:
        """Put a version in the place of number ``before``, durably; False if that isn't there.

        ``along`` runs in the same step, and not at all where the swap is lost.

        Raises
        ------
        HoldLostError
            If something that this thread holds went to somebody else.
        """

    def holding(self, name: str, *, wait: bool = True) -> AbstractContextManager[bool]:
        """Keep others from holding a name; False where somebody does and we don't wait.

        Nobody swaps while somebody else holds `WRITING`.
        """

    def sharing(self, name: str) -> AbstractContextManager[None]:
        """Keep others from `holding` a name, not from sharing it; where the keeper can."""


class FileHolds:
    """Holds as locks on files of a folder: the system frees those of a killed process at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mine = threading.local()

    @contextmanager
    def holding(self, name: str, *, wait: bool = True) -> Iterator[bool]:
        """Lock a name for this thread."""
        mine: set[str] = self._mine.__dict__.setdefault("names", set())
        if name in mine:
            yield True
            return
        with locked(self._folder / f"{name}.lock", wait=wait) as has_won:
            if not has_won:
                yield False
                return
            mine.add(name)
            try:
                yield True
            finally:
                mine.discard(name)

    @contextmanager
    def sharing(self, name: str) -> Iterator[None]:
        """Lock a name together with others who share it."""
        mine: set[str] = self._mine.__dict__.setdefault("names", set())
        if name in mine:
            yield
            return
        with locked(self._folder / f"{name}.lock", shared=True):
            yield


@contextmanager
def locked(file: Path, *, wait: bool = True, shared: bool = False) -> Iterator[bool]:
    """Hold a file's lock; False where somebody else has it and we don't wait."""
    file.parent.mkdir(parents=True, exist_ok=True)
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    with file.open("w") as lock:
        try:
            fcntl.flock(lock, kind | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True


class FolderKeeper(FileHolds):
    """The version as the file ``CURRENT``."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._file = folder / "CURRENT"
        self.place = str(self._file)

    def read(self) -> str:
        """Give what ``CURRENT`` says."""
        try:
            return self._file.read_text("utf-8")
        except FileNotFoundError:
            return EMPTY

    def swap(self, before: int, after: Version, along: Along | None = None) -> bool:
        """Replace ``CURRENT``."""
        with self.holding(WRITING):
            if number_of(self.read(), self.place) != before:
                return False
            if along is not None:
                along()
            write_durably(self._file, to_text(after).encode())
            return True
