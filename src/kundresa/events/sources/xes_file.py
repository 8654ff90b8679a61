"""An event log in XES (IEEE 1849), plain or gzip, read as a stream.

Each event is a row: its attributes are columns, those of its trace begin with ``case:``. Values
are text as they stand in the file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Final
from xml.parsers import expat

import numpy as np
import pyarrow as pa

from kundresa.core.errors import BadInputError
from kundresa.events.sources.contents import Rejected
from kundresa.events.sources.lines_file import names_in
from kundresa.events.sources.table_file import BATCH, SOON, Rows, with_nulls
from kundresa.events.sources.text_file import LONGEST, Stream, reading, too_long

_PIECE: Final = 1 << 18
_TAG: Final = 1 << 23
"""Bytes of the longest tag. Whatever isn't closed is parsed anew with each piece: 100 MB took minutes."""
_VALUES: Final = frozenset({"string", "date", "int", "float", "boolean", "id"})
Row = tuple[int, dict[str, str]]


class XesFile:
    """The events of a log, trace by trace."""

    def __init__(self, path: Path, missing: frozenset[str]) -> None:
        self.path = path
        self._missing = missing
        self._names: tuple[str, ...] = ()

    def header(self, wanted: Collection[str] = ()) -> tuple[str, ...]:
        """Give the attributes of the first events, and of more until every wanted one was seen."""
        if not self._names or set(wanted) - set(self._names):
            self._names = names_in((row for _, row, _ in self._rows()), wanted, SOON)
        return self._names

    def types(self) -> Mapping[str, str]:
        """Everything is text."""
        return {}

    def check(self) -> None:
        """Raise when the file isn't whole XML, or no log."""
        parser = _parser()
        is_log = False

        def begin(name: str, _attributes: Mapping[str, str]) -> None:
            nonlocal is_log
            is_log = is_log or _local(name) == "log"
            parser.StartElementHandler = None

        parser.StartElementHandler = begin
        with reading(self.path) as stream:
            for _ in self._fed(stream, parser):
                pass
        if not is_log:
            raise BadInputError(f"{self.path} holds no log.", hint="Check that it is XES.")

    def batches(self, wanted: Collection[str]) -> Iterator[Rows]:
        """Read the events, some at a time."""
        names = sorted(wanted)
        read, lines, share = 0, list[int](), 0.0
        rejected: list[Rejected] = []
        values: dict[str, list[str | None]] = {name: [] for name in names}

        def rows() -> Rows:
            columns = {
                name: with_nulls(pa.array(column, pa.string()), self._missing)
                for name, column in values.items()
            }
            return Rows(np.array(lines, np.int64), columns, read, share, rejected)

        for line, row, share in self._rows():  # noqa: B007 - rows() gives the share on
            read += 1
            if any(len(row.get(name, "")) > LONGEST for name in names):
                rejected.append(Rejected(self.path.name, line, too_long(), None))
                continue
            lines.append(line)
            for name, column in values.items():
                column.append(row.get(name))
            if len(lines) >= BATCH:
                yield rows()
                lines, values, rejected = [], {name: [] for name in names}, []
        if lines or rejected:
            yield rows()

    def rows_in(self, text: str) -> str:  # noqa: ARG002
        """Say that such a file has no lines of text."""
        return "row is text: write it as {column: value}."

    def _rows(self) -> Iterator[tuple[int, dict[str, str], float]]:
        parser = _parser()
        log = _Log(parser)
        with reading(self.path) as stream:
            for _ in self._fed(stream, parser):
                yield from ((line, row, stream.share) for line, row in log.taken())
            yield from ((line, row, 1.0) for line, row in log.taken())

    def _fed(self, stream: Stream, parser: expat.XMLParserType) -> Iterator[None]:
        fed = 0
        try:
            while piece := stream.read(_PIECE):
                parser.Parse(piece, False)
                fed += len(piece)
                if fed - parser.CurrentByteIndex > _TAG:
                    raise BadInputError(
                        f"{self.path}, line {parser.CurrentLineNumber} holds a text of more than"
                        f" {_TAG:,} bytes.",
                        hint="Take it out.",
                    )
                yield
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise BadInputError(
                f"{self.path}, line {error.lineno} is not XML: {expat.ErrorString(error.code)}.",
                hint="Mend the file.",
            ) from error
        except _TypeDeclarationError as error:
            raise BadInputError(
                f"{self.path} declares a document type, which may hide endless text.",
                hint="Remove <!DOCTYPE …>; XES needs none.",
            ) from error


class _TypeDeclarationError(Exception):
    """The document declares entities, or could."""


class _Log:
    """Takes events from a parser's calls; nested attributes say more of one, and are left out."""

    def __init__(self, parser: expat.XMLParserType) -> None:
        self._parser = parser
        self._done: list[Row] = []
        self._of_trace: list[Row] = []  # its attributes may stand after its events
        self._trace: dict[str, str] = {}
        self._event: dict[str, str] | None = None
        self._line = 0
        self._inside = 0  # elements within an attribute, or outside every trace
        self._is_trace = False
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = self._end

    def taken(self) -> list[Row]:
        """Give the events since the last call."""
        done, self._done = self._done, []
        return done

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        tag = _local(name)
        if self._inside:
            self._inside += 1
        elif tag == "trace":
            self._is_trace = True
        elif tag == "event":
            self._event, self._line = {}, self._parser.CurrentLineNumber
        elif self._is_trace or self._event is not None:
            self._inside = 1
            if tag in _VALUES and "key" in attributes and "value" in attributes:
                self._take(attributes["key"], attributes["value"])
        elif tag != "log":
            self._inside = 1

    def _take(self, key: str, value: str) -> None:
        if self._event is not None:
            self._event[key] = value
        else:
            self._trace[f"case:{key}"] = value

    def _end(self, name: str) -> None:
        if self._inside:
            self._inside -= 1
            return
        tag = _local(name)
        if tag == "event" and self._event is not None:
            (self._of_trace if self._is_trace else self._done).append((self._line, self._event))
            self._event = None
        elif tag == "trace":
            self._done += [(line, {**self._trace, **event}) for line, event in self._of_trace]
            self._is_trace, self._trace, self._of_trace = False, {}, []


def _parser() -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse
    return parser


def _refuse(*_declared: object) -> None:
    raise _TypeDeclarationError


def _local(name: str) -> str:
    return name.rpartition(":")[2]
