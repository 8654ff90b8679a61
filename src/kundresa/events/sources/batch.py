"""Some rows of a table as typed columns: what the makers of events and their conditions see.

Everything in a file is text; a mapping says which columns are numbers or truth values. Whatever
can't be read as what it should be is a fault of its row, told with the column and the value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kundresa.core.errors import BadInputError, known_values

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
_NUMBER: Final = r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?$"
_TRUTH: Final = {"true": True, "1": True, "false": False, "0": False}


class Faults:
    """What is wrong with which rows of a batch."""

    def __init__(self) -> None:
        self.reasons: dict[int, list[str]] = {}

    def add(self, rows: Ints, reason: Callable[[int], str]) -> None:
        """Note a reason for each row; ``reason`` is asked once per row."""
        for row in rows.tolist():
            found = self.reasons.setdefault(row, [])
            said = reason(row)
            if said not in found:
                found.append(said)


@dataclass
class Batch:
    """Rows as columns.

    ``lines`` has the line of the file on which each row ends; ``texts`` the columns as text, null
    where the file has nothing; ``types`` what a column is when it isn't text.
    """

    lines: Ints
    texts: Mapping[str, pa.Array]
    types: Mapping[str, str]
    faults: Faults = field(default_factory=Faults)
    _typed: dict[tuple[str, str], tuple[pa.Array, Bools]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.lines)

    def text(self, name: str, rows: Ints) -> pa.Array:
        """Give a column's text in some rows; whole numbers are written without a point."""
        sort = self.types.get(name, "text")
        found = self.typed(name, sort, rows)
        return _texts_of(found) if sort == "number" else found.cast(pa.string())

    def value(self, name: str, rows: Ints) -> pa.Array:
        """Give a column in some rows as what the mapping says it is."""
        return self.typed(name, self.types.get(name, "text"), rows)

    def typed(self, name: str, sort: str, rows: Ints) -> pa.Array:
        """Give a column in some rows as text, number or boolean; note what can't be that."""
        found, bad = self._converted(name, sort)
        what = "a number" if sort == "number" else "true or false"
        raw = self.texts[name]
        self.faults.add(rows[bad[rows]], lambda row: f"{name} is {raw[row].as_py()!r}, not {what}.")
        return found.take(pa.array(rows))

    def text_column(self, kind: str, name: str) -> tuple[Ints, list[str]]:
        """Give codes and texts, for conditions; `core.conditions.Columns`."""
        found = self._for_condition(kind, name, "text")
        if found is None:
            return np.full(len(self), -1, np.int64), []
        encoded = found.dictionary_encode()
        codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
        return codes.astype(np.int64), encoded.dictionary.to_pylist()

    def number_column(self, kind: str, name: str) -> NDArray[np.float64]:
        """Give numbers, NaN where missing."""
        found = self._for_condition(kind, name, "number")
        return np.full(len(self), np.nan) if found is None else floats(found)

    def boolean_column(self, kind: str, name: str) -> NDArray[np.int8]:
        """Give 1, 0, and -1 where missing."""
        found = self._for_condition(kind, name, "boolean")
        if found is None:
            return np.full(len(self), -1, np.int8)
        truth: NDArray[np.int8] = pc.fill_null(found.cast(pa.int8()), -1).to_numpy()
        return truth

    def _for_condition(self, kind: str, name: str, sort: str) -> pa.Array | None:
        if kind != "property" or self.types.get(name, "text") != sort:
            return None
        # A value that can't be compared would fall out of every condition without a word.
        return self.typed(name, sort, np.arange(len(self)))

    def _converted(self, name: str, sort: str) -> tuple[pa.Array, Bools]:
        key = (name, sort)
        if key not in self._typed:
            self._typed[key] = self._convert(name, sort)
        return self._typed[key]

    def _convert(self, name: str, sort: str) -> tuple[pa.Array, Bools]:
        if name not in self.texts:
            hint = known_values(name, self.texts)
            raise BadInputError(f"There is no column {name!r}.", hint=hint)
        raw = self.texts[name]
        if sort == "text":
            return raw, np.zeros(len(raw), bool)
        encoded = raw.dictionary_encode()
        found = (_numbers if sort == "number" else _truths)(encoded.dictionary)
        typed = found.take(encoded.indices)
        bad: Bools = pc.and_(raw.is_valid(), typed.is_null()).to_numpy(zero_copy_only=False)
        return typed, bad


def _numbers(texts: pa.Array) -> pa.Array:
    trimmed = pc.utf8_trim_whitespace(texts)
    fits = pc.match_substring_regex(trimmed, _NUMBER)
    plain = pc.if_else(fits, trimmed, pa.scalar(None, pa.string()))
    numbers = pc.cast(pc.replace_substring_regex(plain, r"^\+", ""), pa.float64())
    finite = pc.is_finite(numbers)
    return pc.if_else(finite, numbers, pa.scalar(None, pa.float64()))


def _truths(texts: pa.Array) -> pa.Array:
    return pa.array([_TRUTH.get(text.strip().lower()) for text in texts.to_pylist()], pa.bool_())


def _texts_of(numbers: pa.Array) -> pa.Array:
    encoded = numbers.dictionary_encode()
    texts = [
        str(int(number)) if number.is_integer() else str(number)
        for number in encoded.dictionary.to_pylist()
    ]
    return pa.array(texts, pa.string()).take(encoded.indices)


def floats(numbers: pa.Array) -> NDArray[np.float64]:
    """Give numbers, NaN where null."""
    return np.asarray(pc.fill_null(numbers, np.nan).to_numpy(zero_copy_only=False), np.float64)


def joined(columns: Sequence[pa.Array], between: str) -> pa.Array:
    """Write several columns as one text, null where one of them is."""
    return pc.binary_join_element_wise(*columns, between)


def repeated(value: Any, count: int, sort: pa.DataType) -> pa.Array:
    """Give one value for every row."""
    return pa.repeat(pa.scalar(value, sort), count)
