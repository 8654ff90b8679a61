"""A raw scan: in which files of a folder does any byte form of a name stand?"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


def traces_of(names: Iterable[str], folder: Path) -> list[str]:
    """Look through every byte of every file; parts also as what their compressed columns say."""
    forms = {form for name in names
             for form in (name.encode(), json.dumps(name)[1:-1].encode(), name.encode("utf-16-le"))}  # fmt: skip
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and any(form in _bytes_of(path) for form in forms)
    )


def _bytes_of(path: Path) -> bytes:
    raw = path.read_bytes()
    if path.suffix == ".parquet":
        table = pq.read_table(pa.BufferReader(raw))
        raw += repr(table.to_pydict()).encode()
    return raw
