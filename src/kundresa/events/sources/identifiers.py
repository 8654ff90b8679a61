"""Identifiers of mapped rows: which types there are, and how a row of the store carries them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from kundresa.events.sources.batch import coded

IDENTIFIERS: Final = ("user_id", "anonymous_id", "email", "phone", "device")
"""Types that a column can be. Records may carry others, but a name here is more often mistyped."""

_BETWEEN: Final = ", "
_ESCAPED: Final = r'["\\\x00-\x1f]'
_written: Final = json.JSONEncoder(ensure_ascii=False).encode


def rest_with(carried: Mapping[str, pa.Array]) -> pa.Array:
    """Write texts by type as the rest of rows; null for a row that carries none of them.

    The rest is never coded into a dictionary, so an erased address is in no list of words.
    """
    pairs = [_pairs(sort, texts) for sort, texts in carried.items()]
    # Arrow drops a row when it is to skip all of its texts, so nulls are made empty instead.
    inside = pc.binary_join_element_wise(
        *pairs, "", null_handling="replace", null_replacement=""
    )  # fmt: skip
    first = pc.utf8_slice_codeunits(inside, len(_BETWEEN))
    whole = pc.binary_join_element_wise('{"identifiers": {', first, "}}", "")
    return pc.if_else(pc.equal(inside, ""), pa.scalar(None, pa.string()), whole)


def _pairs(sort: str, texts: pa.Array) -> pa.Array:
    """Write each text with its type, as between the braces of JSON and after another."""
    encoded = coded(texts)
    words = _quoted(encoded.dictionary)
    before = f"{_BETWEEN}{_written(sort)}: "
    return pc.binary_join_element_wise(before, words, "").take(encoded.indices)


def _quoted(words: pa.Array) -> pa.Array:
    """Write texts as JSON does; one by one only where a letter can't stand as it is."""
    if not pc.any(pc.match_substring_regex(words, _ESCAPED)).as_py():
        return pc.binary_join_element_wise('"', words, '"', "")
    written = [None if word is None else _written(word) for word in words.to_pylist()]
    return pa.array(written, pa.string())
