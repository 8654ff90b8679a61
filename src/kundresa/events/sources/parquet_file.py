"""A Parquet file: its columns keep the types that the file gives them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from kundresa.core.errors import BadInputError
from kundresa.events.sources.json_file import text_of
from kundresa.events.sources.table_file import Rows, with_nulls, without_long

BATCH = 98_304
"""Rows at once: coding texts of more at once leaves the caches, and of fewer leaves the store more to join."""
_PLAIN_SIZE: Final = 6
"""Bytes of a text from which on it is hardly held as a code."""


class ParquetFile:
    """Rows of a Parquet file; structs become columns with dotted names."""

    def __init__(self, path: Path, missing: frozenset[str]) -> None:
        self.path = path
        self._missing = missing

    @cached_property
    def _schema(self) -> pa.Schema:
        with self._open() as file:
            return _flat(pa.Table.from_batches([], file.schema_arrow)).schema

    def header(self, wanted: Collection[str] = ()) -> tuple[str, ...]:  # noqa: ARG002
        """Give the columns of the schema."""
        return tuple(self._schema.names)

    def types(self) -> Mapping[str, str]:
        """Say which columns are numbers and truth values."""
        sorts = ((field.name, _sort(field.type)) for field in self._schema)
        return {name: sort for name, sort in sorts if sort}

    def check(self) -> None:
        """Raise when the file has no readable footer."""
        _ = self._schema

    def batches(self, wanted: Collection[str]) -> Iterator[Rows]:
        """Read the wanted columns, some rows at a time."""
        read = 0
        with self._open(self._coded(wanted)) as file:
            total = max(file.metadata.num_rows, 1)
            names = [name for name in self._schema.names if name in wanted]
            # No column at all would give no rows either.
            roots = {name.partition(".")[0] for name in names} or {self._schema.names[0]}
            roots |= set(names) & set(file.schema_arrow.names)
            kept = [name for name in file.schema_arrow.names if name in roots]
            # Another thread reads for us already; more of them cost more than they gain.
            for batch in file.iter_batches(BATCH, columns=kept, use_threads=False):
                table = _flat(pa.Table.from_batches([batch]))
                columns = {name: self._plain(table.column(name)) for name in names}
                lines = np.arange(read + 1, read + 1 + batch.num_rows)
                read += batch.num_rows
                yield without_long(Rows(lines, columns, read, read / total), self.path.name)

    def rows_in(self, text: str) -> str:  # noqa: ARG002
        """Say that such a file has no lines of text."""
        return "row is text: write it as {column: value}."

    def _plain(self, column: pa.ChunkedArray) -> pa.Array:
        array = column.combine_chunks()
        if isinstance(array, pa.ChunkedArray):
            array = pa.concat_arrays(array.chunks)
        return with_nulls(_plain(array), self._missing)

    def _coded(self, wanted: Collection[str]) -> list[str]:
        """List the texts that the file holds as codes; reading them so saves coding them again."""
        with self._open() as file:
            found = file.metadata
            chunks = [
                found.row_group(group).column(column)
                for group in range(found.num_row_groups)
                for column in range(found.num_columns)
            ]
        sizes: dict[str, list[float]] = {}
        for chunk in chunks:
            bits = chunk.total_uncompressed_size / max(chunk.num_values, 1)
            sizes.setdefault(chunk.path_in_schema, []).append(bits)
        return [
            field.name
            for field in self._schema
            if field.name in wanted
            and pa.types.is_string(field.type)
            and max(sizes.get(field.name, [_PLAIN_SIZE])) < _PLAIN_SIZE
        ]

    @contextmanager
    def _open(self, coded: Collection[str] = ()) -> Iterator[pq.ParquetFile]:
        try:
            with self.path.open("rb") as raw:
                yield pq.ParquetFile(raw, pre_buffer=True, read_dictionary=list(coded))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
            said = getattr(error, "strerror", None) or str(error).partition("\n")[0].rstrip(".")
            raise BadInputError(
                f"{self.path} can't be read as Parquet: {said}.", hint="Check the file."
            ) from error


def _flat(table: pa.Table) -> pa.Table:
    while any(pa.types.is_struct(field.type) for field in table.schema):
        table = table.flatten()
    return table


def _sort(sort: pa.DataType) -> str | None:
    if pa.types.is_dictionary(sort):
        return _sort(sort.value_type)
    if pa.types.is_boolean(sort):
        return "boolean"
    is_number = pa.types.is_integer(sort) or pa.types.is_floating(sort) or pa.types.is_decimal(sort)
    return "number" if is_number else None


def _plain(column: pa.Array) -> pa.Array:
    """Give a column as one of the types that a batch knows."""
    sort = column.type
    if pa.types.is_dictionary(sort):
        words = _plain(column.dictionary)
        if pa.types.is_string(words.type):
            return pa.DictionaryArray.from_arrays(column.indices.cast(pa.int32()), words)
        return words.take(column.indices)
    if pa.types.is_string(sort) or pa.types.is_boolean(sort) or pa.types.is_date32(sort):
        return column
    if pa.types.is_integer(sort) or pa.types.is_float64(sort):
        return column
    if pa.types.is_floating(sort) or pa.types.is_decimal(sort):
        return column.cast(pa.float64())
    if pa.types.is_timestamp(sort):
        return column.cast(pa.timestamp("us", sort.tz), safe=False)
    if pa.types.is_date64(sort):
        return column.cast(pa.date32())
    if pa.types.is_large_string(sort) or pa.types.is_string_view(sort):
        return column.cast(pa.string())
    if pa.types.is_null(sort):
        return column.cast(pa.string())
    return pa.array([text_of(_json(value)) for value in column.to_pylist()], pa.string())


def _json(value: object) -> object:
    if isinstance(value, bytes):
        return value.decode(errors="backslashreplace")
    return value
