"""The kernel over a store says what the plain transitions say, however the store lies."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kundresa.core.conditions import as_mask
from kundresa.core.times import HOUR
from kundresa.measures.executors import threads
from kundresa.measures.specs import TouchpointSpec
from kundresa.measures.transitions import transitions
from kundresa.measures.transitions_scan import scan_transitions
from kundresa.store import snapshot
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
    small=st.sampled_from([0, 65_536]),
)  # fmt: skip
def test_the_kernel_says_what_the_plain_transitions_say(
    tmp_path_factory: pytest.TempPathFactory, log: Log, points: tuple[TouchpointSpec, ...] | None,
    gap: int | None, filtered: bool, small: int,
) -> None:  # fmt: skip
    store = log.store(tmp_path_factory.mktemp("store"))
    length = None if gap is None else gap * HOUR
    wanted = WEB if filtered else None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(snapshot, "SMALL", small)
        patch.setattr(threads, "LEAST_ROWS", 3)
        found = scan_transitions(store.snapshot(), touchpoints=points, gap=length, filter=wanted)
    table = store.table()
    mask = None if wanted is None else as_mask(wanted, table)
    plain = transitions(table, touchpoints=points, gap=length, mask=mask)
    assert found.to_json() == plain.to_json()
    for node in found.nodes:
        into = sum(edge.count for edge in found.edges if edge.target == node.item)
        out = sum(edge.count for edge in found.edges if edge.source == node.item)
        assert node.count == node.starts + into == node.ends + out
