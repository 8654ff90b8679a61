"""What is exported of a customer says what was recorded."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kundresa.core.records import Event, parse_event
from kundresa.events.api import records_of, store_of
from kundresa.store import overflow, rows

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)
NAMES = st.text("abc åÅ.$-", min_size=1).filter(str.strip)
VALUES = st.one_of(
    TEXTS, st.booleans(), st.integers(-(2**40), 2**40), st.lists(st.integers(0, 9), max_size=2)
)
RECORDS = st.fixed_dictionaries(
    {
        "event": TEXTS,
        "time": st.sampled_from(["2026-03-01", "2026-03-01T10:00:00.000001+01:00", 1_700_000_000_123,
                                 "2026-03-01T23:59:59-03:30"]),
        "properties": st.dictionaries(NAMES, VALUES, max_size=3),
    },
    optional={
        "precision": st.sampled_from(["second", "minute", "hour", "day"]),
        "value": st.integers(-(10**9), 10**9).map(lambda cents: cents / 100),
        "currency": st.just("SEK"),
        "channel": TEXTS,
        "id": TEXTS,
        "group": TEXTS,
        "score": st.just({"value": 4.5, "scale": "0..5"}),
        "items": st.just([{"sku": "å"}]),
        "identifiers": st.dictionaries(TEXTS, TEXTS, max_size=2),
    },
)  # fmt: skip


WORKSPACES = itertools.count(1)


@pytest.mark.db
@pytest.mark.django_db(transaction=True)
@settings(max_examples=15, deadline=None)
@pytest.mark.parametrize("most", [overflow.MOST_PROPERTIES, 0], ids=["columns", "overflow"])
@given(records=st.lists(RECORDS, min_size=1, max_size=4))
def test_an_exported_record_says_what_was_recorded(
    records: list[dict[str, object]], tmp_path_factory: pytest.TempPathFactory, most: int
) -> None:
    folder, workspace = tmp_path_factory.mktemp("data"), next(WORKSPACES)
    events = [parse_event({**one, "profile": "ann"}) for one in records]
    with pytest.MonkeyPatch.context() as patch:
        for module in (rows, overflow):
            patch.setattr(module, "MOST_PROPERTIES", most)
        store_of(workspace, folder).append(events)
    told = [parse_event(one) for one in records_of(workspace, folder, ["ann"])]
    assert sorted(map(repr, map(unordered, told))) == sorted(map(repr, map(unordered, events)))


def unordered(event: Event) -> tuple[object, ...]:
    """An event whose properties have no order."""
    said = {name: float(value) if type(value) is int else value
            for name, value in event.properties.items()}  # fmt: skip
    return (event.event, event.moment, sorted(said.items()), event.value, event.currency,
            event.channel, event.id, event.score, event.items, event.group,
            sorted(event.identifiers.items()))  # fmt: skip
