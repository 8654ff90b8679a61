"""The kernel over a store says what the plain transitions say, however the store lies."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kundresa.core.conditions import as_mask
from kundresa.core.records import Event, parse_event
from kundresa.core.times import HOUR, Moment
from kundresa.measures import transitions_scan
from kundresa.measures.executors import threads
from kundresa.measures.specs import TouchpointSpec
from kundresa.measures.transitions import transitions
from kundresa.measures.transitions_scan import count_transitions, scan_transitions
from kundresa.store import Store, merging, snapshot
from tests.support.logs import LOGS, Log

WEB: Any = {"field": "channel", "value": "web"}
POINTS = st.sampled_from(
    [
        None,
        (TouchpointSpec("z", "b"), TouchpointSpec("y", ["a", "b"]), TouchpointSpec("none")),
        (TouchpointSpec("web", WEB), TouchpointSpec("a", "a"), TouchpointSpec("c", "c")),
    ]
)


@settings(max_examples=50, deadline=None)
@given(
    log=LOGS, points=POINTS, gap=st.sampled_from([None, 0, 1, 3]), filtered=st.booleans(),
    small=st.sampled_from([0, 65_536]), fits=st.booleans(),
)  # fmt: skip
def test_the_kernel_says_what_the_plain_transitions_say(
    tmp_path_factory: pytest.TempPathFactory, log: Log, points: tuple[TouchpointSpec, ...] | None,
    gap: int | None, filtered: bool, small: int, fits: bool,
) -> None:  # fmt: skip
    """With waits that are sorted as one number with their edges, and those that don't fit."""
    store = log.store(tmp_path_factory.mktemp("store"))
    length = None if gap is None else gap * HOUR
    wanted = WEB if filtered else None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(snapshot, "SMALL", small)
        patch.setattr(merging, "LARGE", small)
        patch.setattr(threads, "LEAST_ROWS", 3)
        if not fits:
            patch.setattr(transitions_scan, "_longest", lambda _snapshot: 2**62)
        found = scan_transitions(store.snapshot(), touchpoints=points, gap=length, filter=wanted)
    table = store.table()
    mask = None if wanted is None else as_mask(wanted, table)
    plain = transitions(table, touchpoints=points, gap=length, mask=mask)
    assert found.to_json() == plain.to_json()
    for node in found.nodes:
        into = sum(edge.count for edge in found.edges if edge.target == node.item)
        out = sum(edge.count for edge in found.edges if edge.source == node.item)
        assert node.count == node.starts + into == node.ends + out


@settings(max_examples=50, deadline=None)
@given(
    log=st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 2**62)), max_size=12),
    scale=st.integers(0, 62),
)
def test_waits_fall_into_buckets_four_times_as_wide_as_the_one_before(
    tmp_path_factory: pytest.TempPathFactory, log: list[tuple[str, int]], scale: int
) -> None:
    times = sorted(number >> max(scale, 9) for _, number in log)
    events = [
        Event(profile="p", event=name, moment=Moment(time, time, "microsecond"))
        for (name, _), time in zip(log, times, strict=True)
    ]
    store = Store(tmp_path_factory.mktemp("store"))
    store.append(events)
    found = count_transitions(store.snapshot())
    waits = [later - earlier for earlier, later in itertools.pairwise(times)]
    expected = [0] * 16
    for wait in waits:
        # The highest power of four that is not above the wait.
        power = (max(wait, 1).bit_length() - 1) // 2
        expected[min(max(power - 8, 0), 15)] += 1
    assert found.waits.sum(axis=(0, 1)).tolist() == expected
    assert found.items.sum() == len(log)
    assert found.edges.sum() == len(waits)


def test_many_events_of_one_instant_stand_in_the_order_of_their_names(tmp_path: Path) -> None:
    """A day's events of a customer, more than a block of rows: names ascend, each once a change."""
    events = [
        parse_event({"profile": "p", "event": "abcdefg"[n * n % 7], "time": "2026-03-01"})
        for n in range(9_000)
    ]
    store = Store(tmp_path)
    store.append(events)
    found = count_transitions(store.snapshot())
    changes = {
        (found.names[source], found.names[target]): int(found.edges[source, target])
        for source, target in zip(*np.nonzero(found.edges), strict=True)
        if source != target
    }
    # Squares modulo 7 are 0, 1, 2 and 4.
    assert changes == {("a", "b"): 1, ("b", "c"): 1, ("c", "e"): 1}
    assert found.cases == 1


def test_an_edge_may_be_followed_more_often_than_sixteen_bits_count(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for piece in range(2):
        times = range(piece * 70_000, (piece + 1) * 70_000)
        store.append([Event("p", "a", Moment(n * HOUR, n * HOUR, "hour")) for n in times])
    found = count_transitions(store.snapshot(), threads=1)
    assert found.edges.tolist() == [[139_999]]
    assert found.waits[0, 0, 7] == 139_999  # an hour lies between 4^15 and 4^16 microseconds
