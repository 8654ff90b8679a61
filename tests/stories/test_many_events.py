"""A store takes any number of events in bounded memory, and its answers are the true ones."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kundresa
from benchmarks.support.spent import memory_of
from kundresa.core.times import DAY
from kundresa.store import Store
from kundresa.store.column_cache import finish_writing
from kundresa.store.compaction import MANY
from tests.support.lives import Lives, ends, funnel_counts, pairs

STEPS = [f"event_{rank}" for rank in (1, 2, 4, 7, 13)]
FUNNEL = {"kundresa_query": 1, "type": "funnel", "steps": STEPS, "window": "7d"}
PAIRS = {"kundresa_query": 1, "type": "transitions"}
MOST_MEMORY = 2**31


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder that doesn't stay: pytest keeps those of the last runs, and this one has 10 GB."""
    yield tmp_path
    finish_writing()
    shutil.rmtree(tmp_path)


@pytest.mark.parametrize(
    ("events", "turns"),
    [(250_000, 1), pytest.param(100_000_000, 100, marks=pytest.mark.long)],
    ids=["few", "many"],
)
def test_many_events_are_stored_and_answered_in_bounded_memory(
    events: int, turns: int, folder: Path
) -> None:
    """Each life comes in two halves, the later with the next profiles' earlier."""
    lives, store = Lives(500), Store(folder)
    count = -(-events // (lives.events * turns)) * turns
    filling = memory_of(lambda: fill(store, lives, count, turns))
    assert store.event_count == lives.events * count >= events
    asking = [memory_of(lambda: check(store, lives, count))]
    while store.version.deltas:
        assert store.compact(whole=True)
    store.sweep(grace=0)
    asking.append(memory_of(lambda: check(store, lives, count)))
    print(f"{store.event_count:,} events; MiB: {filling >> 20} to fill, "
          f"{[most >> 20 for most in asking]} to ask before and after compaction")  # fmt: skip
    assert max(filling, *asking) < MOST_MEMORY


def fill(store: Store, lives: Lives, count: int, turns: int) -> None:
    """Append some turns at once, and compact as often as a worker is asked to."""
    for turn in range(0, count + turns, turns):
        tables = []
        if turn < count:
            tables.append(lives.rows(turn, turns, is_early=True))
        if turn:
            tables.append(lives.rows(turn - turns, turns, is_early=False))
        store.append_rows(tables)
        if len(store.version.deltas) > MANY:
            assert store.compact()
            store.sweep(grace=0)


def check(store: Store, lives: Lives, count: int) -> None:
    """Ask both questions; each life was lived ``count`` times."""
    funnel: dict[str, Any] = kundresa.query(FUNNEL, store)
    counts = funnel_counts(lives, STEPS, 7 * DAY)
    assert [step["count"] for step in funnel["steps"]] == [each * count for each in counts]
    found: dict[str, Any] = kundresa.query(PAIRS, store)
    edges = {(edge["from"], edge["to"]): edge for edge in found["edges"]}
    expected = pairs(lives)
    assert {pair: edge["count"] for pair, edge in edges.items()} == {
        pair: often * count for pair, (often, _) in expected.items()
    }
    # As often as each life is lived, as often each wait stands there: the median stays.
    assert np.allclose(
        [edge["p50_wait"] for edge in edges.values()], [expected[pair][1] for pair in edges],
        rtol=1e-9,
    )  # fmt: skip
    starts, lasts = ends(lives)
    nodes = {node["item"]: (node["starts"], node["ends"]) for node in found["nodes"]}
    assert nodes == {name: (starts[name] * count, lasts[name] * count) for name in nodes}
