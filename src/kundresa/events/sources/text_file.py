"""Opening a file, plain or gzip: whatever can't be read becomes a sentence with its name."""

from __future__ import annotations

import codecs
import gzip
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, cast

from kundresa.core.errors import BadInputError

PIECE: Final = 1 << 22
LONGEST: Final = 1 << 20
"""Bytes of the longest line that is read; a longer one is put aside instead of filling memory."""

_BEGIN: Final = 4096
_LIST: Final = re.compile(rb"\s*\[\s*\{")
_MARK: Final = codecs.BOM_UTF8
_STRANGERS: Final = {
    b"PK\x03\x04": ("a workbook or a zip archive", "Save the sheet as CSV, or unpack it."),
    b"\xd0\xcf\x11\xe0": ("an old workbook", "Save the sheet as CSV."),
    b"PAR1": ("Parquet", "Name it .parquet, or write format: parquet in the mapping."),
    b"\x1f\x8b": ("packed with gzip", "Name it .gz."),
    b"%PDF": ("a PDF", "Ask for the numbers as CSV."),
}
"""Files that are no text, by how they begin: what they are, and what to do."""


class Stream:
    """The bytes of a file as UTF-8 without a mark at the beginning, and how far it was read."""

    def __init__(self, file: IO[bytes], raw: IO[bytes], size: int, encoding: str) -> None:
        self._file, self._raw, self._size = file, raw, size
        self._decode = None if encoding == "utf-8" else codecs.getincrementaldecoder(encoding)()
        self._begun = False

    def read(self, size: int = PIECE) -> bytes:
        """Give the next bytes; none at the end."""
        found = self._file.read(size)
        if self._decode is not None:
            # A piece may end within a letter and give nothing yet; only the last one is empty.
            text = self._decode.decode(found, final=not found)
            while found and not text:
                found = self._file.read(size)
                text = self._decode.decode(found, final=not found)
            found = text.encode()
        if not self._begun:
            self._begun = True
            found = found.removeprefix(_MARK)
        return found

    @property
    def share(self) -> float:
        """Say which part of the file was read, from 0 to 1."""
        return min(self._raw.tell() / self._size, 1.0) if self._size else 1.0


@contextmanager
def reading(path: Path, encoding: str = "utf-8") -> Iterator[Stream]:
    """Open a file for as long as it is read.

    Raises
    ------
    BadInputError
        If it isn't there, isn't what ``encoding`` says, or breaks off.
    """
    try:
        with path.open("rb") as raw, _unpacked(path, raw) as file:
            _refuse_stranger(path, raw)
            yield Stream(file, raw, path.stat().st_size, encoding)
    except UnicodeDecodeError as error:
        raise _not_encoded(path, encoding, error) from error
    except (EOFError, zlib.error) as error:
        raise BadInputError(f"{path} can't be read: {error}.", hint="Mend the file.") from error
    except gzip.BadGzipFile as error:
        raise BadInputError(
            f"{path} isn't packed with gzip, though its name says so.",
            hint="Take .gz off its name.",
        ) from error
    except OSError as error:
        said = error.strerror or str(error)
        raise BadInputError(f"{path} can't be read: {said}.", hint="Check its name.") from error


def _refuse_stranger(path: Path, raw: IO[bytes]) -> None:
    begin = raw.read(4)
    raw.seek(0)
    for mark, (what, hint) in _STRANGERS.items():
        if begin.startswith(mark) and not (path.suffix == ".gz" and mark == b"\x1f\x8b"):
            raise BadInputError(f"{path} is {what}, and not text.", hint=hint)


def refuse_list(path: Path, encoding: str = "utf-8") -> None:
    """Raise when a file that should hold a JSON object on each line holds one list."""
    with reading(path, encoding) as stream:
        begin = stream.read(_BEGIN)
    if _LIST.match(begin):
        raise BadInputError(
            f"{path} is one JSON list, not an object on each line.",
            hint="Write each element on a line of its own, as jq -c '.[]' does.",
        )


def check_text(path: Path, encoding: str = "utf-8") -> None:
    """Read a whole file and raise when it breaks off or isn't what ``encoding`` says.

    Costs a fraction of an import, and tells before anything was taken in.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    with reading(path, encoding) as stream:
        while piece := stream.read():
            if not piece.isascii() or decoder.getstate()[0]:
                decoder.decode(piece)
        decoder.decode(b"", final=True)


def lines_of(stream: Stream, longest: int = LONGEST) -> Iterator[tuple[int, bytes | None]]:
    """Give the lines of a file with their numbers; none where one is longer than ``longest``.

    Lines end with a line feed, also after a carriage return, and keep neither.
    """
    number, buffer, is_long = 1, b"", False
    while piece := stream.read():
        *whole, buffer = (buffer + piece).split(b"\n")
        for line in whole:
            yield number, None if is_long or len(line) > longest else line.removesuffix(b"\r")
            number, is_long = number + 1, False
        if len(buffer) > longest:
            buffer, is_long = b"", True
    if buffer or is_long:
        yield number, None if is_long else buffer.removesuffix(b"\r")


def too_long() -> str:
    """Say what is wrong with a line that `lines_of` gives none for."""
    return f"is longer than {LONGEST:,} bytes; it was left in the file."


def _unpacked(path: Path, raw: IO[bytes]) -> IO[bytes]:
    if path.suffix == ".gz":
        return cast("IO[bytes]", gzip.open(raw, "rb"))
    return cast("IO[Any]", raw)


def _not_encoded(path: Path, encoding: str, error: UnicodeDecodeError) -> BadInputError:
    byte = error.object[error.start]
    name = "UTF-8" if encoding == "utf-8" else encoding
    return BadInputError(
        f"{path} is not {name}: it holds the byte {byte:#04x}.",
        hint="Save it as UTF-8, or name its encoding in the mapping, as encoding: windows-1252.",
    )
