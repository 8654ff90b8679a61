"""A file of text lines, such as a web server's log, taken apart by a pattern with named groups."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from kundresa.events.sources.contents import Rejected
from kundresa.events.sources.table_file import BATCH, Rows, with_nulls
from kundresa.events.sources.text_file import check_text, lines_of, reading, too_long


class LinesFile:
    """Lines as rows; the pattern's groups are the columns, and a line must fit it whole."""

    def __init__(
        self, path: Path, missing: frozenset[str], *, pattern: str, encoding: str = "utf-8"
    ) -> None:
        self.path = path
        self._missing = missing
        self._pattern = re.compile(pattern)
        self._encoding = encoding

    def header(self, wanted: Collection[str] = ()) -> tuple[str, ...]:  # noqa: ARG002
        """Give the names of the groups."""
        return tuple(self._pattern.groupindex)

    def types(self) -> Mapping[str, str]:
        """Everything is text."""
        return {}

    def check(self) -> None:
        """Raise when the file breaks off or isn't in its encoding."""
        check_text(self.path, self._encoding)

    def batches(self, wanted: Collection[str]) -> Iterator[Rows]:
        """Read the lines piece by piece."""
        names = [name for name in self.header() if name in wanted]
        return rows_of_lines(self.path, self._encoding, names, self._missing, self.rows_in)

    def rows_in(self, text: str) -> list[Mapping[str, str | None]] | str:
        """Take a line apart."""
        found = self._pattern.fullmatch(text)
        return "doesn't fit the pattern." if found is None else [found.groupdict()]


Taken = Callable[[str], "list[Mapping[str, str | None]] | str"]
"""Gives the rows that a line holds, or what is wrong with it."""


def rows_of_lines(
    path: Path, encoding: str, names: Collection[str], missing: frozenset[str], take: Taken
) -> Iterator[Rows]:
    """Take every line of a file apart; lines of nothing but spaces say nothing."""
    read = 0
    with reading(path, encoding) as stream:
        some = _Some(path.name, names, missing)
        for number, line in lines_of(stream):
            if line is not None and not line.strip():
                continue
            read += some.add(number, None if line is None else line.decode(), take)
            if some.count >= BATCH:
                yield some.rows(read, stream.share)
                some = _Some(path.name, names, missing)
        if some.count:
            yield some.rows(read, 1.0)


class _Some:
    """Rows of some lines."""

    def __init__(self, file: str, names: Collection[str], missing: frozenset[str]) -> None:
        self._file, self._missing = file, missing
        self._values: dict[str, list[str | None]] = {name: [] for name in names}
        self._lines: list[int] = []
        self._rejected: list[Rejected] = []

    @property
    def count(self) -> int:
        return len(self._lines) + len(self._rejected)

    def add(self, number: int, line: str | None, take: Taken) -> int:
        found = too_long() if line is None else take(line)
        if isinstance(found, str):
            self._rejected.append(Rejected(self._file, number, found, line))
            return 1
        for row in found:
            self._lines.append(number)
            for name, values in self._values.items():
                values.append(row.get(name))
        return len(found)

    def rows(self, read: int, share: float) -> Rows:
        columns = {
            name: with_nulls(pa.array(values, pa.string()), self._missing)
            for name, values in self._values.items()
        }
        return Rows(np.array(self._lines, np.int64), columns, read, share, self._rejected)


def names_in(rows: Iterator[Any], wanted: Collection[str], soon: int) -> tuple[str, ...]:
    """Give the names that rows have: of the first ones, and on until every wanted one was seen."""
    found: dict[str, None] = {}
    left = set(wanted)
    for number, row in enumerate(rows):
        found |= dict.fromkeys(row)
        left -= row.keys()
        if number >= soon and not left:
            break
    return tuple(found)
