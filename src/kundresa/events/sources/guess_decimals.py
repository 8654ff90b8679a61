"""Which sign stands before decimals, guessed from the numbers of a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from kundresa.events.sources.decimals import DECIMALS, are_numbers
from kundresa.events.sources.guess_columns import Column

_POINT: Final = r"^[+-]?\d*\.(\d{1,2}|\d{4,})$"
"""A point that stands before decimals and nowhere else."""


def guess_decimal(columns: Sequence[Column], delimiter: str) -> str:
    """Give the sign; nothing where numbers are written plainly.

    Where a comma parts the fields, only a column whose name tells of numbers is trusted: others
    may be lists.
    """
    told: Counter[str] = Counter()
    plain = 0
    for column in columns:
        if column.declared != "text" or not column.filled or not _is_text(column):
            continue
        if column.numbers is not None:
            plain += bool(pc.any(pc.match_substring_regex(column.present, _POINT)).as_py())
        elif (delimiter != "," or column.tells_number) and (sign := _sign_of(column, delimiter)):
            told[sign] += 1
    sign, most = next(iter(told.most_common(1)), ("", 0))
    # Beside as many plain decimals, numbers with a comma are rather lists.
    return "" if sign == "," and plain >= most else sign


def _is_text(column: Column) -> bool:
    return bool(pa.types.is_string(column.values.type))


def _sign_of(column: Column, delimiter: str) -> str:
    texts = column.present
    if bool(pc.any(pc.match_substring_regex(texts, "^0[0-9]")).as_py()):
        return ""  # a code
    fitting = [sign for sign in DECIMALS if are_numbers(texts, sign)]
    if len(fitting) == 1 and bool(pc.any(pc.match_substring(texts, fitting[0])).as_py()):
        return fitting[0]
    if not fitting or not column.tells_number:
        return ""
    if len(fitting) == 1:
        return fitting[0]
    # Only groups: 1,234 is English unless a semicolon parts the fields; 1 234 is Nordic.
    has_comma = bool(pc.any(pc.match_substring(texts, ",")).as_py())
    return "." if has_comma and delimiter != ";" else ","
