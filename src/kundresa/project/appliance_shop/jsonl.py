"""Rows of a part become event records, one on a line, a whole column at a time.

Texts repeat: each is turned into JSON once, in the column's dictionary, and only copied after that.
"""

from __future__ import annotations

import json
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kundresa.core.records import MICRO

_OWN: Final = ("profile", "event", "channel", "group", "id", "currency")
_EXACT: Final = "microsecond"


def event_lines(rows: pa.Table) -> pa.StringArray:
    """Give event records as lines, in the order of the rows.

    Parameters
    ----------
    rows
        Rows of a part (`kundresa.store.part`), each dictionary in one chunk. Times are written to
        the millisecond, in their local offset.
    """
    columns = {name: _whole(rows.column(name)) for name in rows.column_names}
    parts = [_text(name, columns[name]) for name in _OWN]
    parts += [_time(columns), _precision(columns["precision"]), _value(columns["value"])]
    parts += [_score(columns), _properties(columns)]
    rest = columns["rest"]
    parts.append(pc.utf8_slice_codeunits(rest, 1, -1))
    present = [part for part in parts if part.null_count < len(part)]
    return _joined(["{", _listed(present), "}\n"])


def plain_lines(rows: pa.Table) -> pa.StringArray:
    """Give any table's rows as JSON objects, one on a line."""
    return pa.array([json.dumps(row, ensure_ascii=False) + "\n" for row in rows.to_pylist()])


def _whole(column: pa.ChunkedArray) -> pa.Array:
    array = column.combine_chunks()
    return array.chunk(0) if isinstance(array, pa.ChunkedArray) else array


def _listed(parts: list[pa.Array]) -> pa.Array:
    """Put what is there of each row behind each other, with commas."""
    return pc.binary_join_element_wise(*parts, ", ", null_handling="skip")


def _joined(parts: list[Any]) -> pa.Array:
    """Put parts behind each other; where one is missing nothing is left."""
    return pc.binary_join_element_wise(*parts, "")


def _text(name: str, column: pa.Array) -> pa.Array:
    coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    key = json.dumps(name, ensure_ascii=False)
    texts = [f"{key}: {json.dumps(t, ensure_ascii=False)}" for t in coded.dictionary.to_pylist()]
    return pa.DictionaryArray.from_arrays(coded.indices, pa.array(texts, pa.string())).cast(
        pa.string()
    )


def _plain(key: str, column: pa.Array) -> pa.Array:
    return _joined([f"{json.dumps(key, ensure_ascii=False)}: ", column.cast(pa.string())])


def _time(columns: dict[str, pa.Array]) -> pa.Array:
    offset = pc.fill_null(columns["offset_minutes"], 0).to_numpy()
    local = columns["time"].to_numpy() // 1000 + offset.astype(np.int64) * 60_000
    codes = pa.array(offset).dictionary_encode()
    signs = [f"{'-' if o < 0 else '+'}{abs(o) // 60:02d}:{abs(o) % 60:02d}"
             for o in codes.dictionary.to_pylist()]  # fmt: skip
    zone = pa.DictionaryArray.from_arrays(codes.indices, pa.array(signs, pa.string()))
    clock = pa.array(local.view("datetime64[ms]")).cast(pa.string())
    moment = pc.replace_substring(clock, " ", "T", max_replacements=1)
    return _joined(['"time": "', moment, zone.cast(pa.string()), '"'])


def _precision(column: pa.Array) -> pa.Array:
    text = column.cast(pa.string())
    told = pc.if_else(pc.equal(text, _EXACT), pa.scalar(None, pa.string()), text)
    return _joined(['"precision": "', told, '"'])


def _value(column: pa.Array) -> pa.Array:
    return _plain("value", pc.divide(column.cast(pa.float64()), float(MICRO)))


def _score(columns: dict[str, pa.Array]) -> pa.Array:
    value, scale = columns["score_raw"].cast(pa.string()), columns["scale"].cast(pa.string())
    return _joined(['"score": {"value": ', value, ', "scale": "', scale, '"}'])


def _properties(columns: dict[str, pa.Array]) -> pa.Array:
    makers = {"text": _text, "number": _plain, "boolean": _plain}
    parts = []
    for name, column in columns.items():
        if name.startswith("p/"):
            _, sort, key = name.split("/", 2)
            parts.append(makers[sort](key, column))
    return _joined(['"properties": {', _listed(parts), "}"])
