"""Rows of mapped tables become events.

Every row is accounted for: it gives events, gives none because its times are empty or its
conditions don't hold, or is rejected with file, line and reason. Nothing falls away silently.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kundresa.core.errors import BadInputError, Fault, known_values
from kundresa.events.sources import mapping as mappings
from kundresa.events.sources.batch import Batch, Faults, joined
from kundresa.events.sources.csv_file import CsvFile, Rows
from kundresa.events.sources.makers import Maker
from kundresa.events.sources.reading import Progress, Reading, Rejected

_BETWEEN: Final = "\x1f"


def read_mapped(mapping: mappings.Mapping, *, progress: Progress | None = None) -> Reading:
    """Read all tables of a mapping.

    ``progress`` is called with the table's name and the rows read so far, now and then.

    Raises
    ------
    BadInputError
        If a file can't be read at all, or lacks a column that the mapping names.
    """
    sources = [_Source(mapping, rule) for rule in mapping.rows]
    faults = [fault for source in sources for fault in source.missing_columns()]
    if faults:
        raise BadInputError("The files don't have what the mapping names.", faults=faults)
    reading = Reading()
    for source in sources:
        source.read(reading, progress or (lambda _table, _rows: None))
    return reading


class _Source:
    """One table with its joins and the makers of its events."""

    def __init__(self, mapping: mappings.Mapping, rule: Mapping[str, Any]) -> None:
        self._mapping = mapping
        self._name = rule["table"]
        self._file = CsvFile(_path(mapping, self._name), mapping.missing)
        self._joins = [_Join(mapping, join) for join in rule.get("join") or []]
        self._makers = [Maker(mapping, rule, event) for event in rule["events"]]

    def missing_columns(self) -> list[Fault]:
        """List the columns that the mapping names and neither the table nor a join has."""
        faults = []
        known = list(self._file.header)
        for join in self._joins:
            faults += join.missing_columns(self._file.path.name, known)
            known += [name for name in join.header if name not in known]
        wanted = dict.fromkeys(name for maker in self._makers for name in maker.columns())
        return faults + [
            Fault(self._file.path.name, f"has no column {name!r}.", known_values(name, known))
            for name in wanted
            if name not in known
        ]

    def read(self, reading: Reading, progress: Progress) -> None:
        before = reading.rows
        for rows in self._file.batches():
            reading.rows = before + rows.read
            reading.rejected += rows.rejected
            progress(self._name, reading.rows)
            self._take(rows, reading)

    def _take(self, rows: Rows, reading: Reading) -> None:
        texts = dict(rows.texts)
        for join in self._joins:
            texts |= join.columns(texts)
        batch = Batch(rows.lines, texts, self._mapping.types, Faults())
        made = [maker(batch) for maker in self._makers]
        bad = np.zeros(len(batch), bool)
        bad[list(batch.faults.reasons)] = True
        reading.tables += [
            table.filter(pa.array(~bad[origin])) if bad[origin].any() else table
            for origin, table in made
            if len(origin)
        ]
        reading.rejected += [
            Rejected(self._file.path.name, int(rows.lines[row]), "; ".join(why), rows.row(row))
            for row, why in sorted(batch.faults.reasons.items())
        ]


class _Join:
    """Another table, looked up by the columns that both have."""

    def __init__(self, mapping: mappings.Mapping, rule: Mapping[str, Any]) -> None:
        self._on: list[str] = rule["on"]
        self._file = CsvFile(_path(mapping, rule["table"]), mapping.missing)
        self._table: tuple[pa.Array, dict[str, pa.Array]] | None = None

    @property
    def header(self) -> list[str]:
        return list(self._file.header)

    def missing_columns(self, left: str, known: list[str]) -> list[Fault]:
        sides = ((left, known), (self._file.path.name, self.header))
        return [
            Fault(name, f"has no column {column!r} to join on.", known_values(column, columns))
            for name, columns in sides
            for column in self._on
            if column not in columns
        ]

    def columns(self, texts: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
        """Give this table's other columns for rows with those keys, null where none fits."""
        keys, columns = self._read()
        left = joined([texts[name] for name in self._on], _BETWEEN)
        found = pc.index_in(left, value_set=keys, skip_nulls=True)
        return {name: column.take(found) for name, column in columns.items()}

    def _read(self) -> tuple[pa.Array, dict[str, pa.Array]]:
        if self._table is None:
            rows = self._file.whole()
            keys = joined([rows[name] for name in self._on], _BETWEEN)
            self._refuse_doubles(keys)
            rest = {name: column for name, column in rows.items() if name not in self._on}
            self._table = keys, rest
        return self._table

    def _refuse_doubles(self, keys: pa.Array) -> None:
        counts = keys.drop_null().value_counts()
        twice = counts.filter(pc.greater(counts.field("counts"), 1))
        if not len(twice):
            return
        first = twice[0].as_py()
        on = ", ".join(self._on)
        raise BadInputError(
            f"{self._file.path.name} has {first['counts']} rows with {on} ="
            f" {first['values'].replace(_BETWEEN, ', ')}; a join needs one.",
            hint="Make that table the one whose rows become events, and join the other to it.",
        )


def _path(mapping: mappings.Mapping, table: str) -> Path:
    file: str = mapping.tables[table]["file"]
    return mapping.folder / file
