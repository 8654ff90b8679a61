"""Rows of a CSV file one by one: where something is wrong, only that row is lost to the file."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from typing import Final, Literal

import numpy as np
import pyarrow as pa

from kundresa.events.sources.contents import Rejected
from kundresa.events.sources.table_file import Rows, with_nulls
from kundresa.events.sources.text_file import LONGEST, Stream, too_long

_BREAK: Final = re.compile(rb"\r\n|\n|\r")


class Buffer:
    """Bytes of a file that were read and not yet taken; ``line`` counts from 1."""

    def __init__(
        self, stream: Stream, piece: int, delimiter: str, *, has_quotes: bool = True
    ) -> None:
        self.line = 1
        self.taken = 0
        self.delimiter = delimiter
        self._quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if has_quotes else csv.QUOTE_NONE
        self._content = b""
        self._start = 0
        self._stream = stream
        self._piece = piece
        self._is_over = False

    @property
    def content(self) -> bytes:
        """The bytes; costs a copy when some were taken since the last filling."""
        self._close_up()
        return self._content

    def fill(self) -> bool:
        """Read on; say whether there is anything to take."""
        self._more()
        return self.has_more()

    def has_more(self) -> bool:
        """Say whether there is anything to take without reading on."""
        return len(self._content) > self._start

    def drop(self, size: int, line_count: int) -> None:
        """Take bytes that hold so many lines."""
        self._start += size
        self.taken += size
        self.line += line_count

    def header(self) -> tuple[list[str], str]:
        """Take the first row; give it, or nothing and why."""
        row, said, _ = self.row() if self.fill() else ([], "", None)
        return row or [], said

    def row(self) -> tuple[list[str] | None, str, str | None]:
        """Take the next row; or its first line, what is wrong with it, and its text.

        A quote without its other half would otherwise eat the rows that follow.
        """
        taken: list[bytes] = []
        try:
            reader = csv.reader(
                self._lines(taken), delimiter=self.delimiter, quoting=self._quoting, strict=True
            )
            row = next(reader, [])
        except _TooLongError:
            self._cut()
            return None, too_long(), None
        except csv.Error as error:
            self.drop(len(taken[0]), 1)
            return None, said_of(error), taken[0].decode().rstrip("\r\n")
        self.drop(sum(map(len, taken)), len(taken))
        return row, "", None

    def _lines(self, taken: list[bytes]) -> Iterator[str]:
        place = 0
        while line := self._line_at(place):
            if len(line) > LONGEST and not taken:
                raise _TooLongError
            place += len(line)
            taken.append(line)
            yield line.decode()

    def _line_at(self, place: int) -> bytes:
        """Give the line that begins there, whole or up to a little more than `LONGEST`."""
        while True:
            begin = self._start + place
            found = _BREAK.search(self._content, begin)
            # A carriage return at the very end may be half of a line's end.
            if found and (found.end() < len(self._content) or found[0] != b"\r" or self._is_over):
                return self._content[begin : found.end()]
            if len(self._content) - begin > LONGEST or not self._more():
                return self._content[self._start + place :]

    def _cut(self) -> None:
        """Take the line at the beginning, whatever its length, without keeping it."""
        while True:
            found = _BREAK.search(self._content, self._start)
            if found and (found.end() < len(self._content) or found[0] != b"\r" or self._is_over):
                self.drop(found.end() - self._start, 1)
                return
            self.drop(len(self._content) - self._start, 0)
            if not self._more():
                return

    def _close_up(self) -> None:
        if self._start:
            self._content, self._start = self._content[self._start :], 0

    def _more(self) -> bool:
        if self._is_over:
            return False
        found = self._stream.read(self._piece)
        self._is_over = not found
        self._close_up()
        self._content += found
        if self._is_over and self._content and not self._content.endswith((b"\n", b"\r")):
            self._content += b"\n"
        return len(self._content) > 0 and bool(found)


def said_of(error: csv.Error) -> str:
    """Say what is wrong with a row, in a reader's words and not in a parser's."""
    text = str(error)
    if "expected after" in text or "unexpected end" in text:
        return "has a quote that nothing closes, or text behind one; inside quotes write a quote twice."
    if "field limit" in text:
        return (
            f"has a field longer than {csv.field_size_limit():,} letters; most often a quote"
            " begins it that nothing closes."
        )
    return f"can't be read: {text}."


class _TooLongError(Exception):
    """A line is longer than `LONGEST`."""


def read_rows(
    buffer: Buffer,
    until: int,
    header: Sequence[str],
    names: Sequence[str],
    missing: frozenset[str],
    file: str,
    counter: str = "header",
) -> Rows:
    """Take the rows that begin within the next ``until`` bytes.

    ``counter`` is what says how many fields a row has, for the reason of one that has others.
    """
    kept: list[list[str]] = []
    lines: list[int] = []
    rejected: list[Rejected] = []
    until += buffer.taken
    while buffer.taken < until and buffer.has_more():
        begun = buffer.line
        row, said, text = buffer.row()
        if row is None:
            rejected.append(Rejected(file, begun, said, text))
        elif len(row) == len(header):
            kept.append(row)
            lines.append(buffer.line - 1)
        elif row:  # an empty line says nothing
            reason = f"has {len(row)} fields where the {counter} has {len(header)}."
            rejected.append(Rejected(file, buffer.line - 1, reason, row))
    places = [header.index(name) for name in names]
    columns = {
        name: with_nulls(pa.array([row[place] for row in kept], pa.string()), missing)
        for name, place in zip(names, places, strict=True)
    }
    return Rows(np.array(lines, np.int64), columns, 0, 0, rejected)
