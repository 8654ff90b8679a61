"""A CSV file as batches of columns of text, each row with the line on which it ends.

Blocks of whole rows are parsed at once. Where a block holds anything doubtful (a quote inside a
field, a row of another width, a lone carriage return) `csv_rows` reads its rows one by one, with
the same result; a property test holds the two to each other.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from kundresa.core.errors import BadInputError
from kundresa.events.sources.batch import Ints
from kundresa.events.sources.csv_rows import Buffer, read_rows, said_of
from kundresa.events.sources.table_file import Rows
from kundresa.events.sources.text_file import PIECE, Stream, check_text, reading

_FEED, _RETURN, _QUOTE, _NOTHING = 10, 13, 34, 0
_WIDEST: Final = csv.field_size_limit()


@dataclass(frozen=True)
class _Block:
    """Whole rows: their bytes, the line on which each ends, and how many lines there are."""

    content: bytes
    ends: Ints
    line_count: int
    has_quotes: bool


class CsvFile:
    """A CSV file, plain or gzip; ``piece`` is how many bytes are read at once.

    Without a header its columns are ``columns``, or called by their place if these are none.
    """

    def __init__(
        self,
        path: Path,
        missing: frozenset[str] = frozenset({""}),
        *,
        delimiter: str = ",",
        encoding: str = "utf-8",
        has_header: bool = True,
        columns: Sequence[str] = (),
        has_quotes: bool = True,
        piece: int = PIECE,
        is_careful: bool = False,
    ) -> None:
        self.path = path
        self._missing = missing
        self._delimiter = delimiter
        self._encoding = encoding
        self._has_header = has_header
        self._given = tuple(columns)
        self._has_quotes = has_quotes
        self._piece = piece
        self._is_careful = is_careful

    def header(self, wanted: Collection[str] = ()) -> tuple[str, ...]:  # noqa: ARG002
        """Give the names in the first line, or those of a file that has none there."""
        return self._header

    @cached_property
    def _header(self) -> tuple[str, ...]:
        names = self._given or self._first_row()
        if not self._has_header:
            return self._given or _all_named([""] * len(names))
        names = _all_named(names)
        double = sorted({name for name in names if names.count(name) > 1})
        if double:
            raise BadInputError(
                f"{self.path} has the column {double[0]!r} twice.", hint="Name each once."
            )
        return names

    def _first_row(self) -> Sequence[str]:
        with reading(self.path, self._encoding) as stream:
            row, said = self._buffer(stream).header()
        hint = "The first line holds the names of the columns."
        if not self._has_header:
            hint = "Name the columns in the mapping, as columns: [label, text]."
        if said:
            raise BadInputError(f"{self.path}, line 1 {said}", hint=hint)
        if not row:
            hint = "Begin with a line of names." if self._has_header else hint
            raise BadInputError(f"{self.path} is empty.", hint=hint)
        return row

    def _buffer(self, stream: Stream) -> Buffer:
        return Buffer(stream, self._piece, self._delimiter, has_quotes=self._has_quotes)

    @property
    def _counter(self) -> str:
        if self._has_header:
            return "header"
        return "mapping" if self._given else "first line"

    def types(self) -> Mapping[str, str]:
        """Everything is text."""
        return {}

    def check(self) -> None:
        """Raise when the file breaks off or isn't in its encoding."""
        check_text(self.path, self._encoding)

    def batches(self, wanted: Collection[str]) -> Iterator[Rows]:
        """Read the file piece by piece."""
        names = [name for name in self._header if name in wanted]
        read = 0
        with reading(self.path, self._encoding) as stream:
            buffer = self._buffer(stream)
            if self._has_header:
                buffer.header()
            while buffer.fill():
                rows = self._next(buffer, names)
                read += len(rows.lines) + len(rows.rejected)
                rows.read, rows.share = read, stream.share
                if len(rows.lines) or rows.rejected:
                    yield rows

    def rows_in(self, text: str) -> list[Mapping[str, str | None]] | str:
        """Read one row."""
        try:
            quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if self._has_quotes else csv.QUOTE_NONE
            rows = list(csv.reader([text], delimiter=self._delimiter, quoting=quoting, strict=True))
        except csv.Error as error:
            return said_of(error)
        row, width = (rows or [[]])[0], len(self._header)
        if len(row) != width:
            return f"has {len(row)} fields where the {self._counter} has {width}."
        return [dict(zip(self._header, row, strict=True))]

    def _next(self, buffer: Buffer, names: list[str]) -> Rows:
        sign = self._delimiter
        block = None if self._is_careful else _block(buffer, sign, has_quotes=self._has_quotes)
        columns = self._columns(block, names) if block else None
        if block is None or columns is None:
            until = len(block.content) if block else len(buffer.content)
            file = self.path.name
            return read_rows(buffer, until, self._header, names, self._missing, file, self._counter)
        lines = buffer.line + block.ends
        buffer.drop(len(block.content), block.line_count)
        return Rows(lines, columns, 0, 0)

    def _columns(self, block: _Block, names: list[str]) -> dict[str, pa.Array] | None:
        """Parse a block, or give nothing when it isn't as plain as it looks."""
        if not len(block.ends):
            return {name: pa.array([], pa.string()) for name in names}
        try:
            table = pa.csv.read_csv(
                pa.py_buffer(block.content),
                read_options=pa.csv.ReadOptions(
                    column_names=self._header, block_size=len(block.content) + 1, use_threads=False
                ),
                parse_options=pa.csv.ParseOptions(
                    delimiter=self._delimiter,
                    newlines_in_values=block.has_quotes,
                    quote_char='"' if self._has_quotes else False,
                ),
                convert_options=pa.csv.ConvertOptions(
                    column_types=dict.fromkeys(self._header, pa.string()),
                    include_columns=names or list(self._header[:1]),
                    null_values=sorted(self._missing),
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=True,
                ),
            )
        except pa.ArrowInvalid:
            return None
        if table.num_rows != len(block.ends):
            return None
        return {name: table.column(name).combine_chunks() for name in names}


def _all_named(names: Sequence[str]) -> tuple[str, ...]:
    """Name columns by their place that have no name, as those behind a last delimiter."""
    return tuple(
        name if name.strip() or f"column {place}" in names else f"column {place}"
        for place, name in enumerate(names, 1)
    )


def _block(buffer: Buffer, delimiter: str, *, has_quotes: bool) -> _Block | None:
    """Give the whole rows at the beginning of a buffer, or nothing where they are doubtful."""
    letters = np.frombuffer(buffer.content, np.uint8)
    feeds = np.flatnonzero(letters == _FEED)
    may_quote = has_quotes and b'"' in buffer.content
    quotes = np.flatnonzero(letters == _QUOTE) if may_quote else feeds[:0]
    ends = feeds[np.searchsorted(quotes, feeds) % 2 == 0] if len(quotes) else feeds
    if not len(ends):
        return None
    size = int(ends[-1]) + 1
    content = buffer.content[:size]
    quotes = quotes[quotes < size]
    starts = np.concatenate([[0], ends[:-1] + 1])
    if (
        b"\0" in content
        or not _ends_lines(letters[:size], feeds[feeds < size])
        or int((ends - starts).max()) >= _WIDEST
        or not _are_plain(letters, quotes, ord(delimiter))
    ):
        return None
    is_filled = (ends - starts > 1) | ((ends - starts == 1) & (letters[starts] != _RETURN))
    lines = np.arange(len(ends)) if not len(quotes) else np.searchsorted(feeds, ends)
    count = int(np.searchsorted(feeds, size))
    return _Block(content, lines[is_filled], count, bool(len(quotes)))


def _ends_lines(letters: NDArray[np.uint8], feeds: Ints) -> bool:
    """Tell whether every carriage return stands before a line feed."""
    returns = np.count_nonzero(letters == _RETURN)
    return not returns or returns == np.count_nonzero(letters[feeds - 1] == _RETURN)


def _are_plain(letters: NDArray[np.uint8], quotes: Ints, delimiter: int) -> bool:
    """Tell whether every quoted part begins and ends a field, or goes on after a doubled quote."""
    if not len(quotes):
        return True
    opening, closing = quotes[::2], quotes[1::2]
    if len(opening) != len(closing):
        return False
    before = letters[opening - 1]
    before[opening == 0] = _FEED
    after = letters[np.minimum(closing + 1, len(letters) - 1)]
    goes_on = np.zeros(len(opening), bool)
    goes_on[1:] = opening[1:] == closing[:-1] + 1
    begins = (before == delimiter) | (before == _FEED) | goes_on
    doubles = np.zeros(len(closing), bool)
    doubles[:-1] = goes_on[1:]
    ends = (after == delimiter) | (after == _FEED) | (after == _RETURN) | doubles
    return bool((begins & ends).all())
