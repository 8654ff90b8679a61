"""A file of JSON objects, one on a line, as a table: nested keys are named with points.

Values are text as they stand in JSON; a mapping's types make them numbers and truth values.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from kundresa.events.sources.lines_file import names_in, rows_of_lines
from kundresa.events.sources.table_file import SOON, Rows
from kundresa.events.sources.text_file import check_text, lines_of, reading, refuse_list


class JsonFile:
    """Objects as rows; with ``each``, every element of the list of that name is a row."""

    def __init__(
        self,
        path: Path,
        missing: frozenset[str],
        *,
        each: str | None = None,
        encoding: str = "utf-8",
    ) -> None:
        self.path = path
        self._missing = missing
        self._each = each
        self._encoding = encoding
        self._names: tuple[str, ...] = ()

    def header(self, wanted: Collection[str] = ()) -> tuple[str, ...]:
        """Give the keys of the first objects, and of more until every wanted one was seen."""
        if not self._names or set(wanted) - set(self._names):
            refuse_list(self.path, self._encoding)
            self._names = names_in(self._rows(), wanted, SOON)
        return self._names

    def types(self) -> Mapping[str, str]:
        """Everything is text."""
        return {}

    def check(self) -> None:
        """Raise when the file breaks off or isn't in its encoding."""
        check_text(self.path, self._encoding)

    def batches(self, wanted: Collection[str]) -> Iterator[Rows]:
        """Read the objects piece by piece."""
        return rows_of_lines(self.path, self._encoding, wanted, self._missing, self.rows_in)

    def _rows(self) -> Iterator[Mapping[str, str | None]]:
        with reading(self.path, self._encoding) as stream:
            for _, line in lines_of(stream):
                found = self.rows_in(line.decode()) if line and line.strip() else []
                yield from [] if isinstance(found, str) else found

    def rows_in(self, text: str) -> list[Mapping[str, str | None]] | str:
        """Take an object apart."""
        try:
            data = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError) as error:
            return f"is not JSON: {error}"
        if not isinstance(data, dict):
            return "is not a JSON object."
        return [flat(data)] if self._each is None else self._elements(data, self._each)

    def _elements(self, data: dict[str, Any], each: str) -> list[Mapping[str, str | None]] | str:
        found = data.pop(each, [])
        if not isinstance(found, list):
            return f"{each} is not a list."
        outer = flat(data)
        return [{**outer, **flat({each: element})} for element in found]


def flat(data: Mapping[str, Any], before: str = "") -> dict[str, str | None]:
    """Give an object's values by dotted names; lists stay JSON."""
    found: dict[str, str | None] = {}
    for key, value in data.items():
        if isinstance(value, dict):
            found |= flat(value, f"{before}{key}.")
        else:
            found[f"{before}{key}"] = text_of(value)
    return found


def text_of(value: Any) -> str | None:
    """Write a value as JSON does, texts without quotes."""
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()
