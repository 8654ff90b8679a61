"""Properties without a column of their own: one JSON object a row, in the text column ``overflow``.

A log may call thousands of things by names of their own, or give each row a text that no other
has. A column for each would fill memory with nothing, a dictionary with everything. What stands
here is read all the same, only slower; `ask` remembers what was wanted, and compaction gives that,
and what became common, columns.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kundresa.store.objects import Objects

OVERFLOW: Final = "overflow"
MOST_PROPERTIES: Final = 200
"""Properties with columns in a store; beyond, only what is asked for or common has any."""

MANY_TEXTS: Final = 50_000
"""A property with more texts than this at once, of which most stand once, gets no dictionary."""

_SORTS: Final = {str: "text", int: "number", float: "number", bool: "boolean"}
_TYPES: Final = {"text": pa.string(), "number": pa.float64(), "boolean": pa.bool_()}
_ASKED: Final = "asked"


def sort_of(value: object) -> str | None:
    """Give the type of a property's value; None for what has no column in any case."""
    return _SORTS.get(type(value))


def to_overflow(properties: Mapping[str, Any]) -> str | None:
    """Write some properties of a row down."""
    if not properties:
        return None
    # Numbers are what they would be in a column.
    said = {n: float(v) if sort_of(v) == "number" else v for n, v in properties.items()}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def most_common(counts: Mapping[str, int], room: int) -> set[str]:
    """Give the names that occur most, as many as there is room for."""
    return set(sorted(counts, key=lambda name: (-counts[name], name))[: max(0, room)])


# --- reading --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Spilled:
    """The values of one property that stand in the overflow: of which rows, and which."""

    rows: NDArray[np.int64]
    values: Sequence[Any]

    def __len__(self) -> int:
        return len(self.rows)

    def into_text(
        self, codes: NDArray[np.int64], texts: list[str]
    ) -> tuple[NDArray[np.int64], list[str]]:
        """Add the texts to a column of codes, -1 where missing; a known text keeps its code."""
        rows, values = self._of("text")
        if not values:
            return codes, texts
        # An empty text may be one that was erased: no other is the same.
        known = {text: code for code, text in enumerate(texts) if text}
        added = dict.fromkeys(value for value in values if value not in known)
        known |= {text: len(texts) + place for place, text in enumerate(added)}
        filled = codes.copy()
        filled[rows] = [known[value] for value in values]
        return filled, [*texts, *added]

    def into_number(self, column: NDArray[np.float64]) -> NDArray[np.float64]:
        """Add the numbers to a column."""
        return self._into(column, "number")

    def into_boolean(self, column: NDArray[np.int8]) -> NDArray[np.int8]:
        """Add the truth values to a column."""
        return self._into(column, "boolean")

    def array(self, sort: str, count: int) -> pa.Array:
        """Give the values of one type as a column of ``count`` rows, null where there is none."""
        rows, values = self._of(sort)
        whole: list[Any] = [None] * count
        for row, value in zip(rows.tolist(), values, strict=True):
            whole[row] = value
        return pa.array(whole, _TYPES[sort])

    def sorts(self) -> list[str]:
        """Give the types that occur."""
        return sorted({found for value in self.values if (found := sort_of(value))})

    def _into(self, column: NDArray[Any], sort: str) -> NDArray[Any]:
        rows, values = self._of(sort)
        if not values:
            return column
        filled = np.array(column)
        filled[rows] = values
        return filled

    def _of(self, sort: str) -> tuple[NDArray[np.int64], list[Any]]:
        chosen = [at for at, value in enumerate(self.values) if sort_of(value) == sort]
        return self.rows[np.array(chosen, np.int64)], [self.values[at] for at in chosen]


def spilled(overflow: Any, name: str) -> Spilled:
    """Find a property in a column of overflow."""
    if overflow.null_count == len(overflow):
        return Spilled(np.zeros(0, np.int64), [])
    # Few rows have it, so only those that name it are read as JSON.
    named = pc.match_substring(overflow, f"{json.dumps(name, ensure_ascii=False)}:")
    rows = np.flatnonzero(pc.fill_null(named, False).to_numpy(zero_copy_only=False))
    values = [json.loads(text).get(name) for text in overflow.take(pa.array(rows)).to_pylist()]
    there = [at for at, value in enumerate(values) if value is not None]
    return Spilled(rows[np.array(there, np.int64)], [values[at] for at in there])


def names_in(overflow: Any) -> Counter[str]:
    """Count the rows that have each property."""
    return Counter(name for said in _rows(overflow) for name in said)


def _rows(overflow: Any) -> Iterator[dict[str, Any]]:
    for text in overflow.to_pylist():
        yield json.loads(text) if text else {}


def without_names(overflow: Any, gone: AbstractSet[str]) -> pa.Array:
    """Give a column of overflow without some properties."""
    return pa.array(
        [to_overflow({n: v for n, v in said.items() if n not in gone}) for said in _rows(overflow)],
        pa.string(),
    )


# --- coming in ------------------------------------------------------------------------------------


def narrowed(
    tables: Sequence[pa.Table], known: Iterable[str], personal: Iterable[str]
) -> list[pa.Table]:
    """Give rows in which only so many properties have columns, the others overflow.

    Parameters
    ----------
    tables
        Rows (`rows.rows_of`); they are looked at one table after the other.
    known
        Properties with columns in the store; they keep them.
    personal
        Properties that never overflow, as they are kept apart.
    """
    counts = Counter[str]()
    texts = Counter[str]()
    for table in tables:
        counts.update(_counts(table, texts))
    settled = {*known, *personal}
    crowded = {n for n, most in texts.items() if most > MANY_TEXTS and 2 * most > counts[n]}
    new = {n: count for n, count in counts.items() if n not in settled and n not in crowded}
    chosen = settled | most_common(new, MOST_PROPERTIES - len(settled))
    return [_narrow(table, chosen) for table in tables]


def _counts(table: pa.Table, texts: Counter[str]) -> Counter[str]:
    """Count the rows of each property, and into ``texts`` how many texts it brings at most."""
    counts = names_in(table.column(OVERFLOW)) if OVERFLOW in table.column_names else Counter[str]()
    for column in _columns_of(table):
        _, sort, name = column.split("/", 2)
        found = table.column(column)
        counts[name] += len(found) - found.null_count
        if sort == "text":
            texts[name] += sum(len(getattr(chunk, "dictionary", chunk)) for chunk in found.chunks)
    return counts


def _narrow(table: pa.Table, chosen: set[str]) -> pa.Table:
    moved = [one for one in _columns_of(table) if one.split("/", 2)[2] not in chosen]
    before = table.column(OVERFLOW) if OVERFLOW in table.column_names else None
    if not moved and before is None:
        return table
    said = [{} for _ in range(len(table))] if before is None else list(_rows(before))
    for column in moved:
        for row, value in _values(table.column(column)):
            said[row][column.split("/", 2)[2]] = value
    lifted = _lifted(said, chosen)
    kept = {n: table.column(n) for n in table.column_names if n not in moved and n != OVERFLOW}
    for column, values in lifted.items():
        whole = _merged(kept.get(column), values)
        kept[column] = whole.dictionary_encode() if pa.types.is_string(whole.type) else whole
    kept[OVERFLOW] = pa.array([to_overflow(one) for one in said], pa.string())
    return pa.table(kept)


def _columns_of(table: pa.Table) -> list[str]:
    return [name for name in table.column_names if name.startswith("p/")]


def _values(column: pa.ChunkedArray) -> Iterator[tuple[int, Any]]:
    rows = np.flatnonzero(pc.is_valid(column).to_numpy())
    return zip(rows.tolist(), column.take(pa.array(rows)).to_pylist(), strict=True)


def _lifted(said: Sequence[dict[str, Any]], chosen: set[str]) -> dict[str, list[Any]]:
    """Take the chosen properties out of the rows, as columns."""
    found: dict[str, list[Any]] = {}
    for row, one in enumerate(said):
        for name in chosen & one.keys():
            value = one.pop(name)
            column = f"p/{sort_of(value)}/{name}"
            found.setdefault(column, [None] * len(said))[row] = value
    return found


def _merged(column: pa.ChunkedArray | None, values: list[Any]) -> Any:
    if column is None:
        return pa.array(values)
    plain = column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
    return pc.coalesce(plain, pa.array(values, plain.type))


# --- what is wanted -------------------------------------------------------------------------------


def ask(objects: Objects, name: str) -> None:
    """Ask for columns of a property's own; whoever may only read does without."""
    with suppress(OSError):
        objects.put(json.dumps(name).encode(), _ASKED)


def asked(objects: Objects) -> dict[str, str]:
    """Give the properties that were asked for, by the object that says so."""
    found = {}
    for each in objects.stamps():
        if is_asking(each):
            with suppress(FileNotFoundError), objects.open(each) as file:
                found[each] = str(json.loads(file.read()))
    return found


def is_asking(name: str) -> bool:
    """Tell whether an object asks for a property."""
    return name.endswith(f".{_ASKED}") and not name.startswith(".")
