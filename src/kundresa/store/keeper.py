"""Where a store's version is kept: a file in its folder, or a row of a database (`events`)."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

from kundresa.store.objects import write_durably

EMPTY: Final = ""


class VersionKeeper(Protocol):
    """Keeps the text of one version, and lets one writer at a time replace it."""

    place: str

    def read(self) -> str:
        """Give the text, empty when there is none yet."""

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Let nobody else replace the text meanwhile."""

    def replace(self, text: str) -> None:
        """Replace the text in one step, inside `writing`; durable on return."""


class FolderKeeper:
    """The version as the file ``CURRENT``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "CURRENT"
        self.place = str(self._file)

    def read(self) -> str:
        """Give what ``CURRENT`` says."""
        try:
            return self._file.read_text("utf-8")
        except FileNotFoundError:
            return EMPTY

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the folder's lock; the system frees that of a killed process."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "writing.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def replace(self, text: str) -> None:
        """Replace ``CURRENT``."""
        write_durably(self._file, text.encode())
