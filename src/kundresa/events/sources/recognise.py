"""What a file is, told by its first bytes: a name and a sender's word for it prove nothing."""

from __future__ import annotations

import codecs
import json
import zlib
from pathlib import Path
from typing import Any, Final

from kundresa.core.errors import BadInputError
from kundresa.events.sources.guess import ACCESS_LOG
from kundresa.events.sources.guess_columns import MOSTLY

_HEAD: Final = 1 << 16
_GZIP: Final = b"\x1f\x8b"
_OTHERS: Final = {
    b"PK\x03\x04": "a packed file or a workbook",
    b"\xd0\xcf\x11\xe0": "an old workbook",
    b"%PDF": "a PDF",
    b"\x28\xb5\x2f\xfd": "packed with zstd",
    b"BZh": "packed with bzip2",
    b"7z\xbc\xaf": "packed with 7-Zip",
    b"SQLite format": "a database",
}
_HINT: Final = "Save the table as CSV (UTF-8), JSON lines, Parquet or XES, and choose that file."
_EVENT: Final = frozenset({"profile", "event", "time"})
_READING: Final = frozenset({"series", "period", "value"})


def recognised(path: Path) -> str:
    """Give the end of the name that such a file should have, as ``.csv`` or ``.jsonl.gz``.

    Raises
    ------
    BadInputError
        If it is empty, or nothing that can be imported.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    packed = head.startswith(_GZIP)
    found = _suffix(_unpacked(head) if packed else head)
    if packed and found == ".parquet":
        raise BadInputError("A Parquet file can't be packed once more.", hint="Unpack it first.")
    return found + (".gz" if packed else "")


def holds_records(path: Path) -> bool:
    """Tell whether JSON lines begin with a record of an event or a reading, which need no mapping."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    line = (_unpacked(head) if head.startswith(_GZIP) else head).lstrip().split(b"\n")[0]
    first = _json(line)
    if not isinstance(first, dict):
        return False
    return first.keys() >= _EVENT or (
        first.keys() >= _READING and isinstance(first["period"], dict)
    )


def _unpacked(head: bytes) -> bytes:
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, _HEAD)
    except zlib.error as error:
        raise BadInputError(
            "The file can't be unpacked.", hint="Pack it again with gzip."
        ) from error


def _suffix(head: bytes) -> str:
    if not head.strip():
        raise BadInputError("The file is empty.", hint="Choose one with rows.")
    for mark, what in _OTHERS.items():
        if head.startswith(mark):
            raise BadInputError(f"The file is {what}, not a table.", hint=_HINT)
    if head.startswith(b"PAR1"):
        return ".parquet"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ".csv"
    if b"\0" in head:
        raise BadInputError("The file is not a table of text.", hint=_HINT)
    return _suffix_of_text(head.removeprefix(codecs.BOM_UTF8))


def _suffix_of_text(head: bytes) -> str:
    text = head.lstrip()
    if text.startswith(b"<"):
        return ".xes"
    lines = text.decode("latin-1").splitlines()
    # The last one may be cut off.
    whole = lines[:-1] or lines
    if text.startswith(b"{"):
        return ".jsonl"
    if text.startswith(b"["):
        raise BadInputError(
            "The file is one list of JSON.", hint="Write each of its objects on a line of its own."
        )
    fitting = sum(ACCESS_LOG.fullmatch(line) is not None for line in whole)
    return ".log" if fitting >= MOSTLY * len(whole) else ".csv"


def _json(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None
