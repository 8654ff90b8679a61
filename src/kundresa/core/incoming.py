"""Files on their way in: where they are written, and whether there is room for them.

Apart from those who know what they are, because a body is written before a page sees it.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from kundresa.core.errors import KundresaError
from kundresa.core.ids import new_id

INCOMING: Final = "incoming"
ROOM: Final = 256 << 20
"""Bytes that stay free on the disk, whatever is uploaded and imported."""


class NoRoomError(KundresaError):
    """The disk is too full."""

    status = 507
    code = "no_room"


class TooLargeError(KundresaError):
    """The file is larger than the settings allow."""

    status = 413
    code = "too_large"


def has_room(folder: Path, size: int = 0) -> bool:
    """Tell whether so much can be written and the disk still has room."""
    return shutil.disk_usage(folder).free >= size + ROOM


def refuse_without_room(data_folder: Path, size: int, most: int) -> None:
    """Raise when a file is too large, or would leave the disk without room.

    Raises
    ------
    TooLargeError, NoRoomError
    """
    if size > most:
        raise TooLargeError(
            f"The file has {size / 1e6:,.0f} MB; {most / 1e6:,.0f} MB are allowed.",
            hint="Pack it with gzip, split it, or import it on the command line.",
        )
    data_folder.mkdir(parents=True, exist_ok=True)
    # The store takes about as much again.
    if not has_room(data_folder, 2 * size):
        raise NoRoomError(
            "The disk has too little room for this file.", hint="Make room, then upload it again."
        )


def incoming_file(data_folder: Path) -> Path:
    """Give a place for a file that is on its way; nothing in the name comes from the sender."""
    folder = data_folder / "uploads" / INCOMING
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / new_id()
