"""The files of a store: written once, durable, under a name that their content gives.

The one place that opens them, so that a folder can become an object store without the rest
noticing: everything else says ``put``, ``open`` and ``names``.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO, Final

from kundresa.core.ids import new_id

GRACE: Final = 600.0
"""Seconds for which a file that no version names is kept: a reader may be opening it."""


class Objects:
    """Immutable objects in a folder that is made when something is put."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, data: Any, ending: str) -> str:
        """Write bytes durably and give their name; the same bytes have one name."""
        name = f"{hashlib.sha256(data).hexdigest()[:32]}.{ending}"
        path = self.folder / name
        self.folder.mkdir(parents=True, exist_ok=True)
        if path.exists():
            # Younger again, or a sweep could take it before the version that names it is there.
            os.utime(path)
        else:
            write_durably(path, data)
        return name

    def path(self, name: str) -> Path:
        """Give where an object lies, for readers that want a file."""
        return self.folder / name

    def open(self, name: str) -> BinaryIO:
        """Open an object for reading."""
        return self.path(name).open("rb")

    def size(self, name: str) -> int:
        """Give its size in bytes."""
        return self.path(name).stat().st_size

    def names(self) -> list[str]:
        """List the objects."""
        if not self.folder.is_dir():
            return []
        return sorted(path.name for path in self.folder.iterdir() if path.is_file())

    def sweep(self, kept: Iterable[str], *, grace: float = GRACE) -> list[str]:
        """Delete what isn't kept and has been lying for ``grace`` seconds, drafts too."""
        keep, old = set(kept), time.time() - grace
        gone = []
        for name in self.names():
            path = self.path(name)
            try:
                if name not in keep and path.stat().st_mtime <= old:
                    path.unlink()
                    gone.append(name)
            except FileNotFoundError:
                continue
        return gone


def write_durably(path: Path, data: Any) -> None:
    """Write a file so that after a crash the old one stands, or the new one, whole."""
    draft = path.with_name(f".{path.name}.{new_id()}")
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
