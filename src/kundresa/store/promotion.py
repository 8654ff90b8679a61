"""Promotion: at compaction, properties leave the overflow for columns of their own."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Any, Final

import numpy as np
import pyarrow as pa

from kundresa.store.columns import Block, column_or_empty, dictionary_of
from kundresa.store.dictionary import NONE, Dictionaries
from kundresa.store.overflow import OVERFLOW, Spilled, names_in, spilled, without_names

COMMON: Final = 0.05
"""A property in so many of the rows, one in twenty, gets columns without being asked for."""

FEWEST: Final = 100
"""Rows from which on a share means something."""


def promoted(block: Block, wanted: AbstractSet[str], words: Dictionaries) -> Block:
    """Give rows whose wanted or common properties stand in columns; texts are added to ``words``."""
    overflow = block.texts.get(OVERFLOW)
    if overflow is None or overflow.null_count == len(overflow):
        return block
    enough = max(FEWEST, int(COMMON * len(block)))
    found = {
        name: values
        for name, count in names_in(overflow).items()
        if name in wanted or count >= enough
        if _is_worth(values := spilled(overflow, name)) or name in wanted
    }
    if not found:
        return block
    columns = dict(block.columns)
    for name, values in found.items():
        for sort in values.sorts():
            columns[f"p/{sort}/{name}"] = _filled(block, f"p/{sort}/{name}", sort, values, words)
    return Block(columns, {**block.texts, OVERFLOW: without_names(overflow, found.keys())})


def _is_worth(values: Spilled) -> bool:
    """Tell whether texts come again; a dictionary of what stands once is of no use."""
    texts = [value for value in values.values if isinstance(value, str)]
    return 2 * len(set(texts)) <= len(texts) or len(texts) < FEWEST


def _filled(block: Block, column: str, sort: str, values: Spilled, words: Dictionaries) -> Any:
    before = column_or_empty(block, column)
    if sort == "number":
        return values.into_number(before)
    if sort == "boolean":
        return values.into_boolean(before)
    codes = words.encode(dictionary_of(column), values.array(sort, len(block)))
    return np.where(codes == NONE, before, codes)


def has_any(overflow: pa.Array, names: AbstractSet[str]) -> bool:
    """Tell whether any of some properties stands in a column of overflow."""
    return any(len(spilled(overflow, name)) for name in names)
