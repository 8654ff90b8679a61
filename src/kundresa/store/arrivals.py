"""What came into a store since a place in its sequence: for readers that keep a bookmark."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from kundresa.store.columns import Column
from kundresa.store.objects import Objects
from kundresa.store.part import Ints, PartReader
from kundresa.store.version import Version


@dataclass(frozen=True)
class Arrivals:
    """Rows of one part, in no order that means anything; each column has the shape (rows,).

    ``profile`` is whose the row was when it came, whatever was joined since; ``group`` has codes.
    """

    profile: Ints
    time: Ints
    group: Column
    rest: pa.Array

    def __len__(self) -> int:
        return len(self.time)


def arrivals(objects: Objects, version: Version, since: int) -> Iterator[Arrivals]:
    """Give the rows that came at ``since`` or later, part by part.

    The newest deltas are read first, and nothing more once all are found: after most appends that
    is one small part.
    """
    left = version.sequence - since
    for part in (*reversed(version.deltas), *version.base.values()):
        if left <= 0:
            return
        # Without the cache: a part that is read once, and then compacted, isn't worth a file.
        reader = PartReader(objects, part, None)
        rows = _since(reader, since)
        left -= len(rows)
        if len(rows):
            yield _arrivals(reader, rows)


def _since(reader: PartReader, since: int) -> Ints:
    if since <= 0:
        return np.arange(len(reader))
    return np.flatnonzero(reader.column("sequence") >= since)


def _arrivals(reader: PartReader, rows: Ints) -> Arrivals:
    profile, time, group = (reader.column(name) for name in ("origin", "time", "group"))
    rest = reader.text("rest")
    if len(rows) == len(reader):
        return Arrivals(profile, time, group, rest)
    return Arrivals(profile[rows], time[rows], group[rows], rest.take(pa.array(rows)))
