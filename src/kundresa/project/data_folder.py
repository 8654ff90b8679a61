"""The data folder: its layout, the format it has, and the lock of the process that runs on it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO, Final

from kundresa.core.errors import KundresaError, NewerFormatError

FORMAT: Final = 1


class FolderInUseError(KundresaError):
    """Another process runs on the folder."""

    status = 409
    code = "folder_in_use"


class FolderUnusableError(KundresaError):
    """The folder can't be made or written."""

    code = "folder_unusable"


class DataFolder:
    """Where an installation keeps everything that isn't in a database elsewhere."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: IO[str] | None = None

    def prepare(self) -> None:
        """Make what is missing; refuse a folder of a newer release."""
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.stores.mkdir(exist_ok=True)
            self.check_format()
            if not self._format.exists():
                self._write_format()
        except OSError as error:
            raise self._unusable(error) from error

    def check_format(self) -> None:
        """Refuse a folder that a newer release wrote, or whose format can't be read."""
        if not self._format.exists():
            return
        text = self._format.read_bytes().decode("ascii", "replace").strip()
        if not text.isdecimal():
            raise FolderUnusableError(
                f"{self._format} says {text!r}, which is not a format.",
                hint="Restore it from a backup.",
            )
        if int(text) > FORMAT:
            raise NewerFormatError(
                f"The data folder {self.path} has format {text}; this release knows {FORMAT}.",
                hint="Start the newer release on it, or restore a backup of this one.",
            )

    def lock(self) -> None:
        """Keep the folder for this process until it ends, however it ends."""
        # The system frees the lock of a killed process, so a stale pid never blocks a start.
        try:
            file = (self.path / "lock").open("a+")
        except OSError as error:
            raise self._unusable(error) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            file.close()
            raise FolderInUseError(
                f"Kundresa already runs on {self.path} (process {holder}).",
                hint="Stop it first, or name another folder with --data.",
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        self._lock = file

    def unlock(self) -> None:
        """Let others run on the folder."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _write_format(self) -> None:
        # In one step: a start that is killed here leaves no half-written format behind.
        draft = self.path / f".format.{os.getpid()}"
        draft.write_text(f"{FORMAT}\n")
        draft.replace(self._format)

    def _unusable(self, error: OSError) -> FolderUnusableError:
        return FolderUnusableError(
            f"The data folder {self.path} can't be used: {error.strerror}.",
            hint="Name another one with --data or KUNDRESA_DATA_DIR.",
        )

    @property
    def stores(self) -> Path:
        """The folder of the stores."""
        return self.path / "stores"

    def store(self, workspace_id: int) -> Path:
        """The folder of one workspace's store."""
        return self.stores / str(workspace_id)

    @property
    def _format(self) -> Path:
        return self.path / "format"
