"""Readings of a file as columns, each with the row that it was read from.

They go into a table of the database and not into the store: the API says which of them can't be
taken, as only it knows what stands there, and the row is needed to put it aside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from kundresa.core.readings import Reading

NAMES = ("series", "begins", "ends", "value", "unit", "source", "place_kind", "place", "zone")


@dataclass(frozen=True)
class Readings:
    """Readings of some rows of one file.

    ``columns`` has those of `NAMES` and the ``line`` of each reading; ``row(index)`` gives what
    stands there.
    """

    file: str
    columns: pa.Table
    row: Callable[[int], Any]
    rule: str = ""

    def __len__(self) -> int:
        return int(self.columns.num_rows)

    def each(self) -> Iterator[Reading]:
        """Give them one by one."""
        for batch in self.columns.select(list(NAMES)).to_batches(max_chunksize=1_000):
            columns = (column.to_pylist() for column in batch.columns)
            for values in zip(*columns, strict=True):
                yield Reading(*values)

    def line(self, index: int) -> int:
        """Say on which line a reading stands."""
        return int(self.columns.column("line")[index].as_py())


def readings_of(
    file: str, found: Sequence[Reading], lines: Sequence[int], rows: Sequence[Any]
) -> Readings:
    """Put readings of event records' kind, one a line, into columns."""
    columns: dict[str, Any] = {name: [getattr(each, name) for each in found] for name in NAMES}
    columns["value"] = pa.array(columns["value"], pa.float64())
    return Readings(file, pa.table({**columns, "line": list(lines)}), lambda index: rows[index])
