"""The files of a store: written once, durable, under a name that their content gives.

The one place that opens them, so that a folder can become an object store without the rest
noticing: everything else says ``put``, ``put_all``, ``open``, ``stamps``, ``touch`` and ``delete``.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol

from kundresa.core.ids import new_id

GRACE: Final = 600.0
"""Seconds for which a file that no version names any more is kept: a reader may be opening it."""


class Objects(Hashable, Protocol):
    """Immutable objects. ``place`` tells stores apart, in caches and in errors."""

    @property
    def place(self) -> str:
        """Name where they lie."""

    def put(self, data: Any, ending: str) -> str:
        """Write bytes durably and give their name; the same bytes have one name."""

    def put_all(self, made: Mapping[str, Any]) -> None:
        """Write several durably, by the names of their bytes (`name_of`), for less than one by one."""

    def open(self, name: str) -> BinaryIO:
        """Open an object for reading, anywhere in it; `FileNotFoundError` where there is none."""

    def stamps(self) -> dict[str, int]:
        """List the objects, and what is half written, with when each was last put or touched.

        Nanoseconds since 1970, by the clock of this machine.
        """

    def touch(self, name: str) -> bool:
        """Make an object young, so that no sweep takes it; False where there is none."""

    def delete(self, name: str, stamp: int) -> bool:
        """Delete an object unless it was put or touched since ``stamp``; say whether it went."""


class Puts(Protocol):
    """Whatever takes new objects."""

    def put(self, data: Any, ending: str) -> str:
        """Take bytes and give their name."""


class Gathered:
    """New objects that are to be written together; nobody finds them before `settle`."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._made: dict[str, Any] = {}

    def put(self, data: Any, ending: str) -> str:
        """Take bytes and give their name."""
        name = name_of(data, ending)
        self._made[name] = data
        return name

    def settle(self) -> None:
        """Write all of them durably."""
        self._objects.put_all(self._made)


def is_whole(objects: Objects, names: Iterable[str]) -> bool:
    """Tell whether all of some objects are there, and keep them from being swept."""
    # Each of them, also behind one that is missing.
    return not [name for name in names if not objects.touch(name)]


def sweep(objects: Objects, kept: Iterable[str], *, grace: float = GRACE) -> list[str]:
    """Delete what isn't kept and has been lying for ``grace`` seconds, drafts too."""
    keep, old = set(kept), time.time_ns() - int(grace * 1e9)
    found = objects.stamps().items()
    return [
        name
        for name, stamp in found
        if name not in keep and stamp <= old and objects.delete(name, stamp)
    ]


@dataclass(frozen=True)
class FolderObjects:
    """Objects as files of a folder, which is made when something is put."""

    folder: Path

    @property
    def place(self) -> str:
        """Name the folder."""
        return str(self.folder)

    def put(self, data: Any, ending: str) -> str:
        """Write a file."""
        name = name_of(data, ending)
        self.put_all({name: data})
        return name

    def put_all(self, made: Mapping[str, Any]) -> None:
        """Write files, and sync their names once."""
        # A sweep may take a file that is there, or our draft, between any two steps.
        while missing := [name for name in made if not self.touch(name)]:
            self.folder.mkdir(parents=True, exist_ok=True)
            try:
                write_all_durably({self.folder / name: made[name] for name in missing})
            except FileNotFoundError:
                continue
            break

    def open(self, name: str) -> BinaryIO:
        """Open a file."""
        return (self.folder / name).open("rb")

    def stamps(self) -> dict[str, int]:
        """List the files with their times of change."""
        found = {}
        for path in sorted(self.folder.iterdir()) if self.folder.is_dir() else ():
            try:
                found[path.name] = path.stat().st_mtime_ns
            except FileNotFoundError:
                continue
        return found

    def touch(self, name: str) -> bool:
        """Set a file's time of change."""
        moment = time.time_ns()
        try:
            os.utime(self.folder / name, ns=(moment, moment))
        except FileNotFoundError:
            return False
        return True

    def delete(self, name: str, stamp: int) -> bool:
        """Delete a file; one that was touched the moment before is put back."""
        path, away = self.folder / name, self.folder / f".{name}.{new_id()}.gone"
        try:
            path.rename(away)
        except FileNotFoundError:
            return False
        if away.stat().st_mtime_ns > stamp:
            away.rename(path)
            return False
        away.unlink()
        return True


def name_of(data: Any, ending: str) -> str:
    """Give the name of some bytes."""
    return f"{hashlib.sha256(data).hexdigest()[:32]}.{ending}"


def write_durably(path: Path, data: Any) -> None:
    """Write a file so that after a crash the old one stands, or the new one, whole."""
    write_all_durably({path: data})


def write_all_durably(files: Mapping[Path, Any]) -> None:
    """Write files so that after a crash each is the old one or the new one, whole.

    No name is given before all their bytes are synced: a name says that the bytes are there.
    """
    drafts = {path: path.with_name(f".{path.name}.{new_id()}") for path in files}
    for path, draft in drafts.items():
        with draft.open("wb") as file:
            file.write(files[path])
            file.flush()
            os.fsync(file.fileno())
    for path, draft in drafts.items():
        draft.replace(path)
    for folder in {path.parent for path in files}:
        sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
