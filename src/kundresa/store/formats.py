"""Stores of older formats, read once and written anew.

Format 1 kept rows with their texts in every part and its version in ``CURRENT`` alone.
"""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from kundresa.store.objects import Objects


def rows_of_format_1(text: str, objects: Objects) -> tuple[list[pa.Table], dict[str, int], int]:
    """Give the rows, the marks and the number of a version of format 1."""
    body: dict[str, Any] = json.loads(text)
    tables = [pq.read_table(objects.path(f"{part['name']}.parquet")) for part in body["parts"]]
    return tables, body["marks"], int(body["version"])
