"""The quarantine: rows that gave no event, kept with their reason, to be mended and read again.

One JSON object a line: ``file``, ``line``, ``reason``, ``row`` and, of a mapped table, ``rule``,
the entry of the mapping's ``rows`` that refused it; ``number`` where each row is a profile of its
own. Only ``row`` may be mended.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from kundresa.core.errors import BadInputError
from kundresa.events.sources.contents import Rejected
from kundresa.events.sources.json_file import flat
from kundresa.events.sources.table_file import Rows, TableFile, with_nulls
from kundresa.events.sources.text_file import LONGEST, lines_of, reading, too_long

BATCH: Final = 20_000
_LONGEST: Final = 16 * LONGEST
"""A row of the longest line, written as JSON with its reason, may be some times as long."""
_KEYS: Final = frozenset({"file", "line", "reason", "row"})


class Quarantine:
    """A file that takes bad rows, made with the first and readable by its owner only."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def go_on_after(self, count: int) -> None:
        """Keep the first rows, which were put aside before, and nothing that came later.

        What an import that broke off had written for rows that it hadn't taken comes again.
        """
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            kept = sum(len(line) for line, _ in zip(file, range(count), strict=False))
        os.truncate(self.path, kept)

    def put(self, rejected: Sequence[Rejected]) -> None:
        """Add rows; they are on disk when it returns."""
        if not rejected:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.touch(mode=0o600)
        with self.path.open("a", encoding="utf-8") as file:
            for bad in rejected:
                file.write(json.dumps(bad.to_json(), ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())


@dataclass(frozen=True)
class Mended:
    """A row of a quarantine file as it stands there now; ``place`` is its line there."""

    file: str
    line: int
    row: Any
    rule: str
    place: int
    number: str = ""


def is_quarantine(path: Path) -> bool:
    """Tell whether a file's first line is a row put aside."""
    if path.suffix != ".jsonl" or not path.is_file():
        return False
    with reading(path) as stream:
        first = next(
            (line for _, line in lines_of(stream, _LONGEST) if line is None or line.strip()), None
        )
    try:
        found = json.loads(first or b"")
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and found.keys() >= _KEYS


def mended_rows(path: Path) -> list[Mended]:
    """Read a quarantine file; a line that is none is refused, as nothing says what it belongs to.

    Raises
    ------
    BadInputError
        With the line that can't be read.
    """
    found = []
    with reading(path) as stream:
        for number, line in lines_of(stream, _LONGEST):
            if line is None or line.strip():
                found.append(_mended(path, number, line))
    return found


def _mended(path: Path, number: int, line: bytes | None) -> Mended:
    if line is None:
        raise BadInputError(f"{path}, line {number} {too_long()}")
    try:
        data = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadInputError(
            f"{path}, line {number} is not JSON: {error}.", hint="Mend it; nothing was imported."
        ) from error
    if not (isinstance(data, dict) and data.keys() >= _KEYS and isinstance(data["line"], int)):
        raise BadInputError(
            f"{path}, line {number} is no row put aside.", hint="Keep file, line, reason and row."
        )
    rule = str(data.get("rule", ""))
    counted = str(data.get("number", ""))
    return Mended(str(data["file"]), data["line"], data["row"], rule, number, counted)


class MendedFile:
    """Mended rows of a table, read as that table would be."""

    def __init__(self, origin: TableFile, rows: Sequence[Mended], missing: frozenset[str]) -> None:
        self.path = origin.path
        self._origin = origin
        self._rows = rows
        self._missing = missing

    def header(self, wanted: Collection[str] = ()) -> tuple[str, ...]:
        """Give the columns of the table that the rows come from."""
        return self._origin.header(wanted)

    def types(self) -> Mapping[str, str]:
        """Give the types of the table that the rows come from."""
        return self._origin.types()

    def check(self) -> None:
        """Do nothing: the rows are here."""

    def rows_in(self, text: str) -> Sequence[Mapping[str, str | None]] | str:
        """Take a row's text apart as the table would."""
        return self._origin.rows_in(text)

    def batches(self, wanted: Collection[str]) -> Iterator[Rows]:
        """Give the rows, with the lines on which they stood in their own file."""
        for start in range(0, len(self._rows), BATCH):
            some = self._rows[start : start + BATCH]
            yield self._some(some, list(wanted), start + len(some))

    def _some(self, some: Sequence[Mended], wanted: list[str], read: int) -> Rows:
        lines: list[int] = []
        kept: list[Mapping[str, str | None]] = []
        numbers: list[str] = []
        rejected: list[Rejected] = []
        for mended in some:
            found = self._taken(mended.row)
            if isinstance(found, str):
                bad = Rejected(mended.file, mended.line, found, mended.row, number=mended.number)
                rejected.append(bad)
                continue
            kept += found
            lines += [mended.line] * len(found)
            # A line that holds several rows was counted as one before it could be taken apart.
            more = [f"{mended.number}.{place}" for place in range(2, len(found) + 1)]
            numbers += [mended.number, *more][: len(found)]
        columns = {
            name: with_nulls(pa.array([row.get(name) for row in kept], pa.string()), self._missing)
            for name in wanted
        }
        share = read / max(len(self._rows), 1)
        given = pa.array(numbers, pa.string())
        return Rows(np.array(lines, np.int64), columns, read, share, rejected, given)

    def _taken(self, row: Any) -> Sequence[Mapping[str, str | None]] | str:
        if isinstance(row, dict):
            return [flat(row)]
        if isinstance(row, str):
            return self._origin.rows_in(row)
        header = self._origin.header()
        if isinstance(row, list) and len(row) == len(header):
            return [flat(dict(zip(header, row, strict=True)))]
        if isinstance(row, list):
            return f"has {len(row)} fields where the header has {len(header)}."
        return "row is empty: write it as {column: value}."
