"""Numbers on a page are of the store as it is now, or a few seconds ago while events stream in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kundresa.core.records import parse_event
from kundresa.documents import MapDocument, read_map
from kundresa.maps import queries
from kundresa.store import Store

MAP = Path(__file__).resolve().parents[3] / "examples/worked/shop.journey.yaml"
QUERY = json.dumps({"kundresa_query": 1, "type": "living_map", "map": "shop"})
EVENT = {"profile": "ann", "event": "visit", "time": "2026-03-01"}


@pytest.fixture
def document() -> MapDocument:
    return read_map(MAP)


def test_numbers_follow_the_store_but_not_every_second_of_it(
    tmp_path: Path, document: MapDocument, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, clock = Store(tmp_path), [1_000.0]
    monkeypatch.setattr(queries, "monotonic", lambda: clock[0])
    kept = queries._Measured()

    def journeys() -> int:
        found: Any = kept.answer(store.snapshot(), str(store.folder), document, QUERY)
        return int(found["totals"]["journeys"])

    store.append([parse_event(EVENT)])
    assert journeys() == 1
    store.append([parse_event({**EVENT, "profile": "bob"})])
    clock[0] += queries.LEAST_WAIT / 2
    assert journeys() == 1
    clock[0] += queries.LEAST_WAIT
    assert journeys() == 2


def test_slow_numbers_wait_longer_and_never_beyond_the_promise() -> None:
    young = queries._Numbers({}, "1", done_at=0.0, seconds=0.5)
    assert young.is_good_for("2", 1.9)
    assert not young.is_good_for("2", 2.1)
    slow = queries._Numbers({}, "1", done_at=0.0, seconds=60.0)
    assert not slow.is_good_for("2", queries.MOST_WAIT)
    assert slow.is_good_for("1", 1e9)


def test_another_map_or_question_has_numbers_of_its_own(
    tmp_path: Path, document: MapDocument
) -> None:
    store = Store(tmp_path)
    store.append([parse_event(EVENT)])
    kept = queries._Measured(most=1)
    first = kept.answer(store.snapshot(), str(store.folder), document, QUERY)
    assert kept.answer(store.snapshot(), str(store.folder), document, QUERY) is first
    other = json.dumps({**json.loads(QUERY), "mode": "activity"})
    assert kept.answer(store.snapshot(), str(store.folder), document, other)["mode"] == "activity"
    assert kept.answer(store.snapshot(), str(store.folder), document, QUERY) is not first
