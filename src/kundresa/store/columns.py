"""The columns of a part: what they are called, what stands where there is nothing, and the way
from rows into them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kundresa.core.times import PRECISIONS
from kundresa.store.dictionary import NONE, Dictionaries
from kundresa.store.overflow import OVERFLOW

Column = NDArray[Any]
NO_MONEY: Final = np.int64(np.iinfo(np.int64).min)
NO_OFFSET: Final = np.int16(np.iinfo(np.int16).min)
_NAN: Final = np.float64(np.nan)

CODED: Final = ("event", "channel", "currency", "group", "scale")
"""Texts of every event that stand as codes; each has the dictionary of its name."""

PLAIN: Final = ("id", "rest", OVERFLOW)
_TAKEN: Final = ("event.", "property.")
PERSONAL: Final = "personal/"
"""Properties declared personal: plain text, never in a dictionary, never in the cache."""

_EMPTY: Final[Mapping[str, Any]] = {
    "width": np.int64(0),
    "precision": np.uint8(0),
    "offset": NO_OFFSET,
    "value": NO_MONEY,
    "score": _NAN,
    "score_raw": _NAN,
    **dict.fromkeys(CODED, NONE),
}


def empty_value(name: str) -> Any:
    """Give what a column holds where an event has nothing."""
    if name in _EMPTY:
        return _EMPTY[name]
    kinds = {"text": NONE, "number": _NAN, "boolean": np.int8(-1)}
    return kinds[name.split("/", 2)[1]]


def is_text(name: str) -> bool:
    """Tell whether a column is plain text rather than numbers or codes."""
    return name in PLAIN or name.startswith(PERSONAL)


def dictionary_of(name: str) -> str:
    """Give the name of a coded column's dictionary."""
    if name in CODED:
        return f"event.{name}"
    own = name.removeprefix("p/text/")
    # A sender may call a property "profile": it must not share, and be erased with, the profiles.
    return f"property.{own}" if own == "profile" or own.startswith(_TAKEN) else own


class Block:
    """Columns of some rows, coded; ``texts`` has those that stay text. Columns of nothing but
    empty values aren't there.
    """

    def __init__(self, columns: dict[str, Column], texts: dict[str, pa.Array]) -> None:
        self.columns = columns
        self.texts = texts

    def __len__(self) -> int:
        return len(self.columns["profile"])

    def take(self, rows: NDArray[np.int64]) -> Block:
        """Give some rows, in that order."""
        columns = {name: column[rows] for name, column in self.columns.items()}
        return Block(columns, {name: t.take(pa.array(rows)) for name, t in self.texts.items()})

    def without_empty(self) -> Block:
        """Leave out the columns that hold nothing."""
        columns = {
            name: column for name, column in self.columns.items() if not _is_empty(name, column)
        }
        texts = {name: text for name, text in self.texts.items() if text.null_count < len(text)}
        return Block(columns, texts)


def _is_empty(name: str, column: Column) -> bool:
    if name in ("profile", "time", "sequence", "event", "origin"):
        return False
    empty = empty_value(name)
    if isinstance(empty, np.floating):
        return bool(np.isnan(column).all())
    return bool((column == empty).all())


def together(blocks: Sequence[Block]) -> Block:
    """Put rows of several blocks under each other."""
    names = dict.fromkeys(name for block in blocks for name in block.columns)
    texts = dict.fromkeys(name for block in blocks for name in block.texts)
    columns = {
        name: np.concatenate([column_or_empty(block, name) for block in blocks]) for name in names
    }
    joined = {
        name: pa.concat_arrays(
            [block.texts.get(name, pa.nulls(len(block), pa.string())) for block in blocks]
        )
        for name in texts
    }
    return Block(columns, joined)


def column_or_empty(block: Block, name: str) -> Column:
    """Give a column, full of what stands for nothing where the block has none."""
    found = block.columns.get(name)
    if found is not None:
        return found
    if name == "origin":
        return block.columns["profile"]
    return np.full(len(block), empty_value(name))


def encode(
    rows: pa.Table, dictionaries: Dictionaries, *, sequence: int, personal: frozenset[str]
) -> Block:
    """Code rows (`rows.rows_of`); new texts are added to the dictionaries.

    Parameters
    ----------
    rows
        In order of arrival; the first gets the number ``sequence``.
    personal
        Names of properties whose texts are kept apart.
    """
    count = rows.num_rows
    columns: dict[str, Column] = {
        "profile": dictionaries.encode("profile", _one(rows, "profile")).astype(np.int64),
        "sequence": np.arange(sequence, sequence + count, dtype=np.int64),
        "time": _one(rows, "time").to_numpy(),
    }
    texts: dict[str, pa.Array] = {}
    columns["width"] = _one(rows, "until").to_numpy() - columns["time"]
    columns["precision"] = _precisions(_one(rows, "precision"))
    there = {name for name in rows.column_names if rows.column(name).null_count < count}
    if "offset_minutes" in there:
        columns["offset"] = _filled(_one(rows, "offset_minutes").cast(pa.int16()), NO_OFFSET)
    if "value" in there:
        columns["value"] = _filled(_one(rows, "value"), NO_MONEY)
    for name in there & {"score", "score_raw"}:
        columns[name] = _filled(_one(rows, name), _NAN)
    for name in CODED:
        if name in there or name == "event":
            columns[name] = dictionaries.encode(dictionary_of(name), _one(rows, name))
    for name in PLAIN:
        if name in there:
            texts[name] = _one(rows, name)
    for name in rows.column_names:
        if name.startswith("p/") and name in there:
            _property(name, _one(rows, name), columns, texts, dictionaries, personal)
    return Block(columns, texts).without_empty()


def _property(
    name: str, column: Any, columns: dict[str, Column], texts: dict[str, pa.Array],
    dictionaries: Dictionaries, personal: frozenset[str],
) -> None:  # fmt: skip
    _, sort, key = name.split("/", 2)
    if key in personal:
        plain = column.cast(pa.string())
        texts[PERSONAL + key] = (
            pc.coalesce(texts[PERSONAL + key], plain) if PERSONAL + key in texts else plain
        )
    elif sort == "text":
        columns[name] = dictionaries.encode(dictionary_of(name), column)
    elif sort == "number":
        columns[name] = _filled(column, _NAN)
    else:
        columns[name] = _filled(column.cast(pa.int8()), np.int8(-1))


def _one(rows: pa.Table, name: str) -> Any:
    column = rows.column(name).combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    return column


def _filled(column: Any, empty: Any) -> Column:
    found = pc.fill_null(column, empty.item()).to_numpy(zero_copy_only=False)
    return np.asarray(found, empty.dtype)


def _precisions(column: Any) -> Column:
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    codes = np.array([PRECISIONS.index(name) for name in encoded.dictionary.to_pylist()] + [0])
    places = pc.fill_null(encoded.indices, len(codes) - 1).to_numpy(zero_copy_only=False)
    return np.asarray(codes[places], np.uint8)
