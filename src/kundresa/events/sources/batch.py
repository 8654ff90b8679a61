"""Some rows of a table as typed columns: what the makers of events and their conditions see.

A column is text unless the mapping or the file says that it is a number or a truth value.
Whatever can't be read as what it should be is a fault of its row, told with column and value.
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
from kundresa.events.sources.decimals import plain_numbers_of

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
_NUMBER: Final = r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?$"
_WORD: Final = 8
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

    ``lines`` has the line of the file on which each row ends; ``columns`` what the file holds, null
    where it has nothing, texts plain or coded; ``types`` what a column is when it isn't text;
    ``decimals`` the sign before decimals where a column's numbers aren't written plainly;
    ``numbers`` which row of the file each is, where somebody asks for that.
    """

    lines: Ints
    columns: Mapping[str, pa.Array]
    types: Mapping[str, str]
    faults: Faults = field(default_factory=Faults)
    decimals: Mapping[str, str] = field(default_factory=dict)
    numbers: pa.Array | None = None
    _typed: dict[tuple[str, str], tuple[pa.Array, Bools | None]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.lines)

    def sort(self, name: str) -> str:
        """Say whether a column is text, number or boolean."""
        return self.types.get(name, "text")

    def text(self, name: str, rows: Ints) -> pa.Array:
        """Give a column's text in some rows; whole numbers are written without a point."""
        sort = self.sort(name)
        if sort == "text" or pa.types.is_integer(self.raw(name).type):
            return self.typed(name, "text", rows)
        found = self.typed(name, sort, rows)
        return _texts_of(found) if sort == "number" else found.cast(pa.string())

    def value(self, name: str, rows: Ints) -> pa.Array:
        """Give a column in some rows as what it is."""
        return self.typed(name, self.sort(name), rows)

    def time(self, name: str, rows: Ints) -> pa.Array:
        """Give a column in some rows as what times can be read from."""
        raw = self.raw(name)
        is_text = pa.types.is_string(raw.type) or pa.types.is_dictionary(raw.type)
        return self.value(name, rows) if is_text else picked(raw, rows)

    def raw(self, name: str) -> pa.Array:
        """Give a column as the file holds it."""
        if name not in self.columns:
            hint = known_values(name, self.columns)
            raise BadInputError(f"There is no column {name!r}.", hint=hint)
        return self.columns[name]

    def typed(self, name: str, sort: str, rows: Ints) -> pa.Array:
        """Give a column in some rows as text, number or boolean; note what can't be that."""
        found, bad = self._converted(name, sort)
        if bad is not None:
            what = "a number" if sort == "number" else "true or false"
            raw = self.columns[name]
            self.faults.add(
                rows[bad[rows]], lambda row: f"{name} is {raw[row].as_py()!r}, not {what}."
            )
        return picked(found, rows)

    def text_column(self, kind: str, name: str) -> tuple[Ints, list[str]]:
        """Give codes and texts, for conditions; `core.conditions.Columns`."""
        found = self._for_condition(kind, name, "text")
        if found is None:
            return np.full(len(self), -1, np.int64), []
        encoded = coded(found)
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
        if kind != "property" or self.sort(name) != sort:
            return None
        # A value that can't be compared would fall out of every condition without a word.
        return self.typed(name, sort, np.arange(len(self)))

    def _converted(self, name: str, sort: str) -> tuple[pa.Array, Bools | None]:
        key = (name, sort)
        if key not in self._typed:
            self._typed[key] = _convert(self.raw(name), sort, self.decimals.get(name, ""))
        return self._typed[key]


def _convert(raw: pa.Array, sort: str, decimal: str) -> tuple[pa.Array, Bools | None]:
    """Give a column as what it should be, and the rows where it can't, or none when all can."""
    is_text = pa.types.is_string(raw.type) or pa.types.is_dictionary(raw.type)
    if sort == "text":
        return (raw if is_text else _written(raw)), None
    if sort == "number" and (pa.types.is_integer(raw.type) or pa.types.is_floating(raw.type)):
        numbers = raw.cast(pa.float64(), safe=False)
        return _finite(numbers), _lost(raw, _finite(numbers))
    if sort == "boolean" and pa.types.is_boolean(raw.type):
        return raw, None
    texts = raw if is_text else _written(raw)
    if sort == "number" and pa.types.is_string(texts.type) and not decimal:
        plain = _plain_numbers(texts)
        if plain is not None:
            return plain, None
    encoded = coded(texts)
    words = encoded.dictionary
    if sort == "number" and decimal:
        words = plain_numbers_of(words, decimal)
    typed = (_numbers if sort == "number" else _truths)(words).take(encoded.indices)
    return typed, _lost(texts, typed)


def _lost(before: pa.Array, after: pa.Array) -> Bools | None:
    if before.null_count == after.null_count:
        return None
    lost: Bools = pc.and_(before.is_valid(), after.is_null()).to_numpy(zero_copy_only=False)
    return lost


def _written(column: pa.Array) -> pa.Array:
    """Write what isn't text as text, times as ISO 8601."""
    if pa.types.is_temporal(column.type):
        encoded = column.dictionary_encode()
        words = [None if v is None else v.isoformat() for v in encoded.dictionary.to_pylist()]
        return pa.array(words, pa.string()).take(encoded.indices)
    return column.cast(pa.string())


def _plain_numbers(texts: pa.Array) -> pa.Array | None:
    """Read a column in which every text is a plain number; nothing if one isn't."""
    try:
        numbers = texts.cast(pa.float64())
    except pa.ArrowInvalid:
        return None
    return numbers if numbers.null_count == _finite(numbers).null_count else None


def _finite(numbers: pa.Array) -> pa.Array:
    if pc.all(pc.is_finite(numbers)).as_py() in (True, None):
        return numbers
    return pc.if_else(pc.is_finite(numbers), numbers, pa.scalar(None, pa.float64()))


def _numbers(texts: pa.Array) -> pa.Array:
    trimmed = pc.utf8_trim_whitespace(texts)
    fits = pc.match_substring_regex(trimmed, _NUMBER)
    plain = pc.if_else(fits, trimmed, pa.scalar(None, pa.string()))
    return _finite(pc.cast(pc.replace_substring_regex(plain, r"^\+", ""), pa.float64()))


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


def coded(column: pa.Array) -> pa.Array:
    """Give texts as codes into a list of different texts, in the order of their first places."""
    if is_coded(column):
        return column
    length = _one_length(column)
    return _coded_as_numbers(column, length) if length else column.dictionary_encode()


def _one_length(column: pa.Array) -> int:
    """Give how many bytes every text has, as customer numbers do; 0 if they don't, or too many."""
    if column.null_count or not len(column) or not pa.types.is_string(column.type):
        return 0
    lengths = np.diff(_offsets(column))
    return int(lengths[0]) if 0 < lengths[0] <= _WORD and (lengths == lengths[0]).all() else 0


def _coded_as_numbers(column: pa.Array, length: int) -> pa.Array:
    """Code texts of one short length by their bytes, which is more than twice as quick."""
    first = int(_offsets(column)[0])
    content = np.frombuffer(column.buffers()[2], np.uint8)
    content = content[first : first + len(column) * length].reshape(-1, length)
    if length < _WORD:
        padded = np.zeros((len(column), _WORD), np.uint8)
        padded[:, :length] = content
        content = padded
    found = pa.array(content.reshape(-1).view(np.int64)).dictionary_encode()
    words = np.asarray(found.dictionary).view(np.uint8).reshape(-1, _WORD)[:, :length]
    ends = pa.py_buffer(np.arange(0, words.size + 1, length, dtype=np.int32))
    texts = pa.StringArray.from_buffers(len(words), ends, pa.py_buffer(words.tobytes()))
    return pa.DictionaryArray.from_arrays(found.indices, texts)


def _offsets(column: pa.Array) -> NDArray[np.int32]:
    starts = np.frombuffer(column.buffers()[1], np.int32)
    return starts[column.offset : column.offset + len(column) + 1]


def is_coded(column: pa.Array) -> bool:
    """Tell whether texts are codes into a list, which may hold more than is used."""
    return bool(pa.types.is_dictionary(column.type))


def nothing(count: int) -> pa.Array:
    """Give coded texts that are all missing."""
    return pa.nulls(count, pa.dictionary(pa.int32(), pa.string()))


def picked(column: pa.Array, rows: Ints) -> pa.Array:
    """Give a column in some rows, which are sorted and differ."""
    return column if len(rows) == len(column) else column.take(pa.array(rows))


def joined(columns: Sequence[pa.Array], between: str) -> pa.Array:
    """Write several columns as one text, null where one of them is."""
    return pc.binary_join_element_wise(*map(plain_text, columns), between)


def plain_text(column: pa.Array) -> pa.Array:
    """Give texts one by one, not as codes; what isn't text is written."""
    if pa.types.is_dictionary(column.type):
        return column.dictionary_decode()
    return column if pa.types.is_string(column.type) else _written(column)


def repeated(value: Any, count: int, sort: pa.DataType) -> pa.Array:
    """Give one value for every row; a text is coded."""
    if pa.types.is_string(sort):
        codes = pa.array(np.zeros(count, np.int32))
        return pa.DictionaryArray.from_arrays(codes, pa.array([value], sort))
    return pa.repeat(pa.scalar(value, sort), count)
