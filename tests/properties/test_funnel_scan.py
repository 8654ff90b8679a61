"""The kernel over a store says what the plain funnel says, however the store lies."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kundresa
from kundresa.core.conditions import as_mask
from kundresa.core.records import Event, parse_event
from kundresa.core.times import HOUR
from kundresa.measures import funnel_scan, queries
from kundresa.measures.executors import CancelledError, threads
from kundresa.measures.funnel import FunnelStep, funnel
from kundresa.measures.funnel_scan import scan_funnel
from kundresa.store import Store, merging, snapshot
from tests.support.logs import LOGS, Log

STEPS: Any = st.lists(
    st.sampled_from(["a", "b", "c", ["a", "b"], {"event": "a", "where": {"field": "channel", "value": "web"}}]),
    min_size=1, max_size=5,
)  # fmt: skip
LAW = settings(max_examples=50, deadline=None)


@LAW
@given(
    log=LOGS, steps=STEPS, window=st.sampled_from([None, 0, 1, 3, 6]), filtered=st.booleans(),
    small=st.sampled_from([0, 65_536]),
)  # fmt: skip
def test_the_kernel_says_what_the_plain_funnel_says(
    tmp_path_factory: pytest.TempPathFactory, log: Log, steps: list[Any], window: int | None,
    filtered: bool, small: int,
) -> None:  # fmt: skip
    store = log.store(tmp_path_factory.mktemp("store"))
    asked = [FunnelStep(str(place), step) for place, step in enumerate(steps)]
    wanted: Any = {"field": "channel", "is": "exists"} if filtered else None
    length = None if window is None else window * HOUR
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(snapshot, "SMALL", small)
        patch.setattr(merging, "LARGE", small)
        patch.setattr(threads, "LEAST_ROWS", 3)
        found = scan_funnel(store.snapshot(), asked, window=length, filter=wanted)
    table = store.table()
    mask = None if wanted is None else as_mask(wanted, table)
    assert found.to_json() == funnel(table, asked, window=length, mask=mask).to_json()


def store_of(folder: Path, events: list[Event]) -> Store:
    store = Store(folder)
    store.append(events)
    return store


def some_events(count: int) -> list[Event]:
    return [
        parse_event({"profile": f"p{n % 97}", "event": "abc"[n * n % 3], "time": 1_700_000_000_000 + n * 61_000})
        for n in range(count)
    ]  # fmt: skip


def test_partials_add_across_a_process_border(tmp_path: Path) -> None:
    """Halves walked apart, packed and added are the whole."""
    store = store_of(tmp_path, some_events(2_000))
    view = store.snapshot()
    asked = funnel_scan._Question(("a", "b"), 10 * HOUR, 2**60, None, None)
    scan = funnel_scan._Scan(view, asked)
    slab = view.slabs[0]
    middle = len(slab.profiles) // 2
    whole = funnel_scan.empty_partial(2)
    for first, last in ((0, middle), (middle, len(slab.profiles))):
        part = funnel_scan.empty_partial(2)
        scan.add(part, threads.Range(slab, first, last))
        whole.add(pickle.loads(pickle.dumps(part)))  # noqa: S301
    once = funnel_scan.empty_partial(2)
    scan.add(once, threads.Range(slab, 0, len(slab.profiles)))
    assert all(
        (a == b).all() for a, b in zip(vars(whole).values(), vars(once).values(), strict=True)
    )
    assert whole.depths.sum() == 97


def test_a_withdrawn_question_ends_between_ranges(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "LEAST_ROWS", 50)
    store = store_of(tmp_path, some_events(2_000))
    asked = [FunnelStep("a", "a"), FunnelStep("b", "b")]
    heard: list[int] = []
    with pytest.raises(CancelledError):
        scan_funnel(
            store.snapshot(), asked, progress=lambda done, _all: heard.append(done),
            cancelled=lambda: len(heard) >= 3,
        )  # fmt: skip
    assert 3 <= len(heard) < 20


def test_many_events_of_one_instant_fill_each_step_once(tmp_path: Path) -> None:
    """More tied events than the kernel first makes room for."""
    events = [parse_event({"profile": "p", "event": "a", "time": "2026-03-01"}) for _ in range(200)]
    store = store_of(tmp_path, events)
    asked = [FunnelStep(str(n), "a") for n in range(50)]
    found = scan_funnel(store.snapshot(), asked)
    assert [step.count for step in found.steps] == [1] * 50


def test_a_query_over_a_large_store_is_scanned_and_says_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = store_of(tmp_path, some_events(500))
    asked = {"kundresa_query": 1, "type": "funnel", "steps": ["a", "b"], "window": "10h",
             "period": {"from": "2023-11-14", "to": "2023-11-15"}}  # fmt: skip
    plain = kundresa.query(asked, store)
    assert plain["steps"][1]["count"] > 0
    monkeypatch.setattr(queries, "LARGE", 100)
    monkeypatch.setattr(queries, "funnel", lambda *_a, **_k: pytest.fail("not scanned"))
    assert kundresa.query(asked, store) == plain
