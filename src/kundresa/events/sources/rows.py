"""Rows of mapped tables become events and readings.

Every row is accounted for: it gives events, gives none because its times are empty or its
conditions don't hold, or is rejected with file, line and reason. Nothing falls away silently.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kundresa.core.errors import BadInputError, Fault, known_values
from kundresa.events.sources import mapping as mappings
from kundresa.events.sources.batch import Batch, Faults, Ints, is_coded, joined, nothing
from kundresa.events.sources.contents import Contents, Piece, Progress, Rejected, collected
from kundresa.events.sources.makers import Maker, counts_rows
from kundresa.events.sources.quarantine import Mended, MendedFile
from kundresa.events.sources.reading_makers import ReadingMaker
from kundresa.events.sources.readings import Readings
from kundresa.events.sources.table_file import Rows, TableFile, whole
from kundresa.events.sources.tables import open_table

_BETWEEN: Final = "\x1f"
_TAKERS: Final = 1
"""More take over each other's caches, and the store takes longer anyway."""
_FIXED: Final = frozenset({"precision"})
"""Columns whose words a store knows without being told."""


def read_mapped(mapping: mappings.Mapping, *, progress: Progress | None = None) -> Contents:
    """Read all tables of a mapping.

    ``progress`` is called with the table's name and the rows read so far, now and then.

    Raises
    ------
    BadInputError
        If a file can't be read at all, or lacks a column that the mapping names.
    """
    return collected(mapped_pieces(mapping), progress)


def check_mapped(mapping: mappings.Mapping) -> None:
    """Raise when a file can't be read to its end, or lacks a column that the mapping names.

    So nothing is taken from a file that breaks off, or isn't in its encoding.
    """
    files = Files(mapping)
    _sources(mapping, files)
    files.check()


def mapped_pieces(mapping: mappings.Mapping, *, skip: int = 0) -> Iterator[Piece]:
    """Read the tables of a mapping piece by piece, without the first ``skip`` rows of them all."""
    return _pieces(_sources(mapping, Files(mapping)), skip)


def mended_pieces(
    mapping: mappings.Mapping, mended: Sequence[Mended], *, skip: int = 0
) -> Iterator[Piece]:
    """Read rows that were put aside and mended by the rules that refused them."""
    files = Files(mapping)
    rules = mapping.rules()
    by_rule: dict[str, list[Mended]] = {name: [] for name in rules}
    for row in mended:
        _refuse_stranger(row, mapping)
        _refuse_uncounted(row, mapping)
        by_rule[row.rule].append(row)
    given = {
        name: MendedFile(files[rules[name]["table"]], rows, mapping.missing)
        for name, rows in by_rule.items()
        if rows
    }
    return _pieces(_sources(mapping, files, given), skip)


def _refuse_stranger(row: Mended, mapping: mappings.Mapping) -> None:
    rule = mapping.rules().get(row.rule)
    if rule is None or Path(str(mapping.tables[rule["table"]]["file"])).name != row.file:
        raise BadInputError(
            f"Line {row.place} was put aside by {row.rule or 'no rule'} for {row.file}, which the"
            " mapping doesn't have.",
            hint="Give the mapping that the rows were refused by.",
        )


def _refuse_uncounted(row: Mended, mapping: mappings.Mapping) -> None:
    if counts_rows(mapping.rules()[row.rule]) and not row.number:
        raise BadInputError(
            f"Line {row.place} doesn't say which row of {row.file} it was, which tells its profile.",
            hint="Keep number as it was put aside.",
        )


def _sources(
    mapping: mappings.Mapping, files: Files, given: Mapping[str, TableFile] | None = None
) -> list[Source]:
    """Open all tables whose rows become events or readings, or only those given."""
    sources = [
        Source(mapping, name, files, (given or {}).get(name))
        for name in (mapping.rules() if given is None else given)
    ]
    faults = [fault for source in sources for fault in source.missing_columns()]
    if faults:
        raise BadInputError("The files don't have what the mapping names.", faults=faults)
    return sources


def _pieces(sources: Sequence[Source], skip: int) -> Iterator[Piece]:
    sizes = [source.file.path.stat().st_size for source in sources]
    rows = 0
    for index, source in enumerate(sources):
        before = rows
        for piece in source.pieces(skip - before):
            rows = before + piece.rows
            share = sum(sizes[:index]) + sizes[index] * piece.share
            if rows > skip:
                yield replace(piece, rows=rows, share=share / max(sum(sizes), 1))


class Files:
    """The files of a mapping's tables, each opened once."""

    def __init__(self, mapping: mappings.Mapping) -> None:
        self._mapping = mapping
        self._found: dict[str, TableFile] = {}

    def __getitem__(self, table: str) -> TableFile:
        if table not in self._found:
            mapping = self._mapping
            self._found[table] = open_table(mapping.folder, mapping.tables[table], mapping.missing)
        return self._found[table]

    def check(self) -> None:
        """Raise when one of those opened so far can't be read."""
        for file in self._found.values():
            file.check()


class Source:
    """One table with its joins and the makers of its events or readings."""

    def __init__(
        self, mapping: mappings.Mapping, rule_name: str, files: Files, given: TableFile | None
    ) -> None:
        rule = mapping.rules()[rule_name]
        self._mapping = mapping
        self._rule = rule_name
        self._name = rule["table"]
        self._is_of_events = "events" in rule
        self._counts_rows = counts_rows(rule)
        self.file = given or files[self._name]
        self._makers: list[Maker] | list[ReadingMaker] = (
            [Maker(mapping, rule, event) for event in rule["events"]]
            if self._is_of_events
            else [ReadingMaker(mapping, rule, series) for series in rule["series"]]
        )
        self._wanted = dict.fromkeys(name for maker in self._makers for name in maker.columns())
        joins = rule.get("join") or []
        # A joined table may hold what the next one is joined on.
        self._keys = dict.fromkeys(name for join in joins for name in join["on"])
        wanted = {*self._wanted, *self._keys}
        self._joins = [_Join(files[join["table"]], join["on"], wanted) for join in joins]
        self._joined = [join["table"] for join in joins]

    def missing_columns(self) -> list[Fault]:
        """List the columns that the mapping names and neither the table nor a join has."""
        faults = []
        known = list(self.file.header({*self._wanted, *self._keys}))
        for join in self._joins:
            faults += join.missing_columns(self.file.path.name, known)
            known += [name for name in join.header if name not in known]
        return faults + [
            Fault(self.file.path.name, f"has no column {name!r}.", known_values(name, known))
            for name in self._wanted
            if name not in known
        ]

    def pieces(self, skip: int) -> Iterator[Piece]:
        """Give what the rows after the first ``skip`` gave; the others are only counted."""
        own = self.file.header()
        wanted = [name for name in {**self._wanted, **self._keys} if name in own]
        types = {**self.file.types(), **self._mapping.types}
        decimals = self._decimals()
        for join in self._joins:
            types = {**join.types(), **types}
        for join in self._joins:
            join.load()

        def left() -> Iterator[Rows]:
            before = 0
            for rows in self.file.batches(wanted):
                yield rows.after(skip - before) if skip > before else rows
                before = rows.read

        return _in_order(left(), lambda rows: self._piece(rows, types, decimals))

    def _decimals(self) -> dict[str, str]:
        """Give the sign before decimals of columns, by the table that each comes from."""
        found = dict.fromkeys(self.file.header(), self._decimal(self._name))
        for name, join in zip(self._joined, self._joins, strict=True):
            added = [column for column in join.header if column not in join.on]
            found |= dict.fromkeys(added, self._decimal(name))
        return found

    def _decimal(self, table: str) -> str:
        return str(self._mapping.tables[table].get("decimal", ""))

    def _piece(self, rows: Rows, types: Mapping[str, str], decimals: Mapping[str, str]) -> Piece:
        if not len(rows.lines) and not rows.rejected:
            return Piece(self._name, rows.read, rows.share)
        columns = dict(rows.columns)
        for join in self._joins:
            columns |= join.columns(columns)
        numbers, bad_numbers = self._numbers(rows)
        batch = Batch(rows.lines, columns, types, Faults(), decimals, numbers)
        made = [maker(batch) for maker in self._makers]
        reasons = batch.faults.reasons
        bad = np.zeros(len(batch), bool)
        bad[list(reasons)] = True
        if reasons:
            made = [(origin, table.filter(pa.array(~bad[origin]))) for origin, table in made]
        rejected = [
            replace(each, rule=self._rule, number=number)
            for each, number in zip(rows.rejected, bad_numbers, strict=True)
        ]
        for row, why in sorted(reasons.items()):
            place = self.file.path.name, int(rows.lines[row])
            number = "" if numbers is None else numbers[row].as_py()
            rejected.append(Rejected(*place, "; ".join(why), rows.row(row), self._rule, number))
        rejected.sort(key=lambda each: each.line)
        piece = Piece(self._name, rows.read, rows.share, rejected=rejected)
        if self._is_of_events:
            piece.tables = [table for _, table in made if table.num_rows]
            if reasons or any(map(is_coded, rows.columns.values())):
                piece.tables = list(map(_used, piece.tables))
        else:
            piece.readings = self._readings(rows, made, bad)
        return piece

    def _numbers(self, rows: Rows) -> tuple[pa.Array | None, list[str]]:
        """Give the numbers of rows and of those put aside, where they become profiles."""
        return rows.numbers() if self._counts_rows else (None, [""] * len(rows.rejected))

    def _readings(
        self, rows: Rows, made: Sequence[tuple[Ints, pa.Table]], bad: NDArray[np.bool_]
    ) -> list[Readings]:
        origin = np.concatenate([origin[~bad[origin]] for origin, _ in made])
        columns = pa.concat_tables([table for _, table in made])
        name = self.file.path.name
        return [Readings(name, columns, lambda index: rows.row(int(origin[index])), self._rule)]


def _in_order(batches: Iterator[Rows], take: Callable[[Rows], Piece]) -> Iterator[Piece]:
    """Take batches apart a few at a time while the next one is read; arrow and numpy let others run.

    Pieces come in the order of the file, and memory holds a handful.
    """
    with ThreadPoolExecutor(1) as reader, ThreadPoolExecutor(_TAKERS) as takers:
        waiting: deque[Future[Piece]] = deque()
        reading = reader.submit(next, batches, None)
        while (rows := reading.result()) is not None:
            reading = reader.submit(next, batches, None)
            waiting.append(takers.submit(take, rows))
            if len(waiting) > _TAKERS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _used(table: pa.Table) -> pa.Table:
    """Leave out the words of rows that gave no event: a store keeps every word it gets."""
    for index, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type) and field.name not in _FIXED:
            kept = pa.chunked_array(map(_with_used, table.column(index).chunks), field.type)
            table = table.set_column(index, field, kept)
    return table


def _with_used(column: pa.Array) -> pa.Array:
    if len(column.dictionary) < 2:  # the name of an event, most often
        return column if column.null_count < len(column) else nothing(len(column))
    used = np.zeros(len(column.dictionary), bool)
    used[column.indices.drop_null().to_numpy() if column.null_count else column.indices] = True
    if used.all():
        return column
    places = pa.array((np.cumsum(used) - 1).astype(np.int32))
    words = column.dictionary.filter(pa.array(used))
    return pa.DictionaryArray.from_arrays(places.take(column.indices), words)


class _Join:
    """Another table, looked up by the columns that both have."""

    def __init__(self, file: TableFile, on: list[str], wanted: Collection[str]) -> None:
        self.on = on
        self._wanted = wanted
        self._file = file
        self._table: tuple[pa.Array, dict[str, pa.Array]] | None = None

    @property
    def header(self) -> tuple[str, ...]:
        return self._file.header(self.on)

    def types(self) -> Mapping[str, str]:
        return self._file.types()

    def missing_columns(self, left: str, known: list[str]) -> list[Fault]:
        sides = ((left, known), (self._file.path.name, self.header))
        return [
            Fault(name, f"has no column {column!r} to join on.", known_values(column, columns))
            for name, columns in sides
            for column in self.on
            if column not in columns
        ]

    def columns(self, left: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
        """Give this table's other columns for rows with those keys, null where none fits."""
        keys, columns = self.load()
        found = pc.index_in(
            joined([left[name] for name in self.on], _BETWEEN), value_set=keys, skip_nulls=True
        )
        return {name: column.take(found) for name, column in columns.items()}

    def load(self) -> tuple[pa.Array, dict[str, pa.Array]]:
        """Read the table, once; several threads use it then."""
        if self._table is None:
            names = [name for name in self.header if name in self._wanted or name in self.on]
            rows = whole(self._file, names)
            keys = joined([rows[name] for name in self.on], _BETWEEN)
            self._refuse_doubles(keys)
            self._table = keys, {n: column for n, column in rows.items() if n not in self.on}
        return self._table

    def _refuse_doubles(self, keys: pa.Array) -> None:
        counts = keys.drop_null().value_counts()
        twice = counts.filter(pc.greater(counts.field("counts"), 1))
        if not len(twice):
            return
        first = twice[0].as_py()
        on = ", ".join(self.on)
        raise BadInputError(
            f"{self._file.path.name} has {first['counts']} rows with {on} ="
            f" {first['values'].replace(_BETWEEN, ', ')}; a join needs one.",
            hint="Make that table the one whose rows become events, and join the other to it.",
        )
