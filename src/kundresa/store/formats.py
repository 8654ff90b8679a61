"""Stores of older formats, read once and written anew.

Format 1 kept rows with their texts in every part and its version in ``CURRENT`` alone.
"""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from kundresa.store.objects import Objects


def rows_of_format_1(text: str, objects: Objects) -> tuple[list[pa.Table], dict[str, int]]:
    """Give the rows and the marks of a version of format 1."""
    body: dict[str, Any] = json.loads(text)
    tables = []
    for part in body["parts"]:
        with objects.open(f"{part['name']}.parquet") as file:
            tables.append(pq.read_table(file))
    return tables, body["marks"]
