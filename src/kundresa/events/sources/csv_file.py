"""A CSV file as batches of columns of text, each row with the line on which it ends."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kundresa.core.errors import BadInputError
from kundresa.events.sources.batch import Ints
from kundresa.events.sources.reading import Rejected
from kundresa.events.sources.text_file import reading

BATCH: Final = 20_000


@dataclass
class Rows:
    """Some rows; ``read`` counts those of the file so far, the rejected ones too."""

    lines: Ints
    texts: Mapping[str, pa.Array]
    read: int
    rejected: list[Rejected] = field(default_factory=list)

    def row(self, index: int) -> dict[str, str | None]:
        """Give one row as it stands in the file, null for what is missing."""
        return {name: column[index].as_py() for name, column in self.texts.items()}


class CsvFile:
    """A CSV file, plain or gzip, UTF-8 with or without a mark, with a header."""

    def __init__(self, path: Path, missing: frozenset[str] = frozenset({""})) -> None:
        self.path = path
        self._missing = missing

    @cached_property
    def header(self) -> tuple[str, ...]:
        """The names in the first line."""
        with reading(self.path) as text:
            names = next(csv.reader(text, strict=True), None)
        if not names:
            raise BadInputError(f"{self.path} is empty.", hint="Begin with a line of names.")
        double = sorted({name for name in names if names.count(name) > 1})
        if double:
            raise BadInputError(
                f"{self.path} has the column {double[0]!r} twice.", hint="Name each once."
            )
        return tuple(names)

    def batches(self, size: int = BATCH) -> Iterator[Rows]:
        """Read the file piece by piece."""
        with reading(self.path) as text:
            reader = csv.reader(text, strict=True)
            next(reader, None)
            read = 0
            while True:
                kept, lines, rejected = self._some(reader, size)
                if not kept and not rejected:
                    return
                read += len(kept) + len(rejected)
                yield Rows(np.array(lines, np.int64), self._columns(kept), read, rejected)

    def whole(self) -> dict[str, pa.Array]:
        """Read the whole file; a row that doesn't fit its header is refused."""
        batches = list(self.batches())
        wrong = [bad for rows in batches for bad in rows.rejected]
        if wrong:
            raise BadInputError(f"{self.path}, line {wrong[0].line} {wrong[0].reason}")
        return {
            name: pa.concat_arrays([rows.texts[name] for rows in batches])
            if batches
            else pa.array([], pa.string())
            for name in self.header
        }

    def _some(self, reader: Any, size: int) -> tuple[list[list[str]], list[int], list[Rejected]]:
        kept: list[list[str]] = []
        lines: list[int] = []
        rejected: list[Rejected] = []
        width = len(self.header)
        for row in reader:
            if len(row) == width:
                kept.append(row)
                lines.append(reader.line_num)
            elif row:  # an empty line says nothing
                reason = f"has {len(row)} fields where the header has {width}."
                rejected.append(Rejected(self.path.name, reader.line_num, reason, row))
            if len(kept) + len(rejected) >= size:
                break
        return kept, lines, rejected

    def _columns(self, rows: list[list[str]]) -> dict[str, pa.Array]:
        columns = zip(*rows, strict=True) if rows else ([] for _ in self.header)
        return {
            name: self._with_nulls(pa.array(column, pa.string()))
            for name, column in zip(self.header, columns, strict=True)
        }

    def _with_nulls(self, column: pa.Array) -> pa.Array:
        absent = pc.is_in(column, value_set=pa.array(sorted(self._missing), pa.string()))
        return pc.if_else(absent, pa.scalar(None, pa.string()), column)
