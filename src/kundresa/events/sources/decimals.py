"""Numbers as people write them: groups of three digits, and a comma or a point before decimals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

DECIMALS: Final = (",", ".")
"""Signs before decimals; the other one may stand between groups, and so may a space."""

_SPACES: Final = "[\u00a0\u2007\u2009\u202f]"
_MINUS: Final = "\u2212"


def _form(decimal: str, between: str) -> str:
    groups = "|".join(rf"\d{{1,3}}({sign}\d{{3}})+" for sign in (" ", between))
    return rf"^[+-]?(\d*|{groups})({decimal}\d*)?([eE][+-]?\d{{1,3}})?$"


_FORMS: Final[Mapping[str, str]] = {",": _form(",", r"\."), ".": _form(r"\.", ",")}
_BETWEEN: Final[Mapping[str, str]] = {",": "[ .]", ".": "[ ,]"}


def are_numbers(texts: pa.Array, decimal: str) -> bool:
    """Tell whether all texts are numbers, with this sign before decimals."""
    return bool(pc.all(pc.match_substring_regex(_usual_signs(texts), _FORMS[decimal])).as_py())


def plain_numbers_of(texts: pa.Array, decimal: str) -> pa.Array:
    """Write numbers without groups and with a point; null for texts that aren't such numbers.

    What is left may still be no number, as a point alone.
    """
    written = _usual_signs(texts)
    fits = pc.match_substring_regex(written, _FORMS[decimal])
    plain = pc.if_else(fits, written, pa.scalar(None, pa.string()))
    ungrouped = pc.replace_substring_regex(plain, _BETWEEN[decimal], "")
    return pc.replace_substring(ungrouped, decimal, ".")


def _usual_signs(texts: pa.Array) -> pa.Array:
    """Give texts with one kind of space and of minus, as spreadsheets write several."""
    trimmed = pc.utf8_trim_whitespace(texts)
    spaced = pc.replace_substring_regex(trimmed, _SPACES, " ")
    return pc.replace_substring(spaced, _MINUS, "-")
