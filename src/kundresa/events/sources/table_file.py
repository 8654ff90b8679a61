"""What every kind of table gives: named columns, batch by batch, each row with its line.

A kind knows nothing of events. Everything is text unless the file itself says otherwise.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kundresa.core.errors import BadInputError
from kundresa.events.sources.batch import Ints
from kundresa.events.sources.contents import Rejected
from kundresa.events.sources.text_file import LONGEST, too_long

BATCH: Final = 50_000
SOON: Final = 10_000
"""Rows in which every column of a table without a header is expected to show."""


@dataclass
class Rows:
    """Some rows; ``read`` counts those of the file so far, the rejected ones too.

    ``lines`` has the line on which each row ends (in a table without lines the row's number),
    ``share`` which part of the file was read. ``given`` has the rows' numbers where they were
    found out before, as of rows that are read again.
    """

    lines: Ints
    columns: Mapping[str, pa.Array]
    read: int
    share: float
    rejected: list[Rejected] = field(default_factory=list)
    given: pa.Array | None = None

    def numbers(self) -> tuple[pa.Array, list[str]]:
        """Count the rows of the file, those put aside too: give the numbers of both, as texts."""
        if self.given is not None:
            return self.given, [each.number for each in self.rejected]
        order, bad = self._order()
        numbers = np.empty(len(order), np.int64)
        numbers[order] = np.arange(self.read - len(order) + 1, self.read + 1)
        texts = pa.array(numbers).cast(pa.string())
        return texts[bad:], texts[:bad].to_pylist()

    def row(self, index: int) -> dict[str, Any]:
        """Give one row as it stands in the file, null for what is missing."""
        return {name: _plain(column[index].as_py()) for name, column in self.columns.items()}

    def after(self, count: int) -> Rows:
        """Leave out the first rows."""
        order, bad = self._order()
        kept = np.zeros(len(order), bool)
        kept[order[count:]] = True
        good = kept[bad:]
        mask = pa.array(good)
        return Rows(
            self.lines[good],
            {name: column.filter(mask) for name, column in self.columns.items()},
            self.read,
            self.share,
            [each for each, there in zip(self.rejected, kept, strict=False) if there],
            None if self.given is None else self.given.filter(mask),
        )

    def _order(self) -> tuple[Ints, int]:
        """Give the order of the file over the rows put aside and the others, and how many are so."""
        bad = np.array([each.line for each in self.rejected], np.int64)
        return np.argsort(np.concatenate([bad, self.lines]), kind="stable"), len(bad)


class TableFile(Protocol):
    """A file of rows."""

    path: Path

    def header(self, wanted: Collection[str] = ()) -> tuple[str, ...]:
        """Give the columns' names.

        Where no header names them, the file is read until every wanted one was seen.
        """

    def types(self) -> Mapping[str, str]:
        """Say which columns the file itself says to be ``number`` or ``boolean``."""

    def check(self) -> None:
        """Raise when the file as a whole can't be read, before any row is taken."""

    def batches(self, wanted: Collection[str]) -> Iterator[Rows]:
        """Read the wanted columns piece by piece, always in the same order."""

    def rows_in(self, text: str) -> Sequence[Mapping[str, str | None]] | str:
        """Give the rows that a mended piece of the file's text holds, or what is wrong with it."""


def whole(file: TableFile, wanted: Collection[str]) -> dict[str, pa.Array]:
    """Read a whole table; a row that can't be read is refused."""
    parts: list[Mapping[str, pa.Array]] = []
    for rows in file.batches(wanted):
        if rows.rejected:
            bad = rows.rejected[0]
            raise BadInputError(f"{file.path}, line {bad.line} {bad.reason}")
        parts.append(rows.columns)
    if not parts:
        return {name: pa.array([], pa.string()) for name in wanted}
    return {name: _joined([part[name] for part in parts]) for name in wanted}


def without_long(rows: Rows, file: str) -> Rows:
    """Put rows aside with a text longer than a line may be, as it would fill memory later."""
    is_long = np.zeros(len(rows.lines), bool)
    for column in rows.columns.values():
        is_long |= _long_ones(column)
    if not is_long.any():
        return rows
    good = pa.array(~is_long)
    columns = {name: column.filter(good) for name, column in rows.columns.items()}
    bad = [Rejected(file, line, too_long(), None) for line in rows.lines[is_long].tolist()]
    return Rows(rows.lines[~is_long], columns, rows.read, rows.share, [*rows.rejected, *bad])


def _long_ones(column: pa.Array) -> Any:
    is_coded = pa.types.is_dictionary(column.type)
    texts = column.dictionary if is_coded else column
    if not pa.types.is_string(texts.type) or texts.nbytes <= LONGEST:
        return False
    lengths = pc.binary_length(texts)
    if is_coded:
        lengths = lengths.take(column.indices)
    return pc.fill_null(pc.greater(lengths, LONGEST), False).to_numpy(zero_copy_only=False)


def with_nulls(column: pa.Array, missing: frozenset[str]) -> pa.Array:
    """Give null for texts that mean that nothing is there."""
    if not missing or not (pa.types.is_string(column.type) or pa.types.is_dictionary(column.type)):
        return column
    if pa.types.is_dictionary(column.type):
        words = with_nulls(column.dictionary, missing)
        return column if not words.null_count else words.take(column.indices)
    if len(missing) == 1:  # the usual case, and quicker than a look into a set
        absent = pc.equal(column, next(iter(missing)))
    else:
        absent = pc.is_in(column, value_set=pa.array(sorted(missing), pa.string()))
    return pc.if_else(absent, pa.scalar(None, pa.string()), column) if _any(absent) else column


def _any(mask: pa.Array) -> bool:
    return bool(pc.any(mask).as_py())


def _joined(parts: list[pa.Array]) -> pa.Array:
    return pa.concat_arrays(parts)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
