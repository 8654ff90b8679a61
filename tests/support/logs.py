"""Small logs as a store that was written in pieces, joined and compacted, however a test likes."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from kundresa.core.records import parse_event
from kundresa.store import Store

EVENTS = st.lists(
    st.fixed_dictionaries(
        {
            "profile": st.sampled_from(["p0", "p1", "p2", "p3", "p4"]),
            "event": st.sampled_from(["a", "b", "c"]),
            "time": st.integers(0, 11).map(lambda n: f"2026-03-01T{n:02d}:00:00"),
            "channel": st.sampled_from([None, "web"]),
        }
    ),
    max_size=40,
)


@dataclass(frozen=True)
class Log:
    """Records, where the pieces end, and what is done to the store."""

    records: list[dict[str, Any]] = field(default_factory=list)
    cuts: Sequence[int] = ()
    join: bool = False
    compact: bool = False

    def store(self, folder: Path) -> Store:
        """Write the store."""
        store = Store(folder)
        edges = sorted({0, *self.cuts, len(self.records)})
        for first, last in itertools.pairwise(edges):
            store.append([parse_event(record) for record in self.records[first:last]])
            if self.compact:
                store.compact(whole=True)
        if self.join:
            store.join({"p0": "p1", "p3": "p4"})
        return store


LOGS = st.builds(
    Log,
    records=EVENTS,
    cuts=st.lists(st.integers(0, 40), max_size=3),
    join=st.booleans(),
    compact=st.booleans(),
)
