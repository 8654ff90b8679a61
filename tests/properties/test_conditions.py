"""The two compilations of a condition say the same of every event."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kundresa.core.conditions import as_mask, as_predicate, faults_in
from kundresa.core.records import Event, parse_event
from kundresa.store import EventTable

NAMES = st.sampled_from(["view", "cart", "buy", "ä"])
PROPERTIES = st.sampled_from(["a", "b"])
PLAIN = st.one_of(
    st.booleans(),
    st.integers(-2, 2),
    st.sampled_from([0.5, -1.5]),
    st.sampled_from(["", "x", "xy", "å"]),
)


def leaves() -> st.SearchStrategy[Any]:
    number = st.integers(-2, 2)
    target = st.one_of(
        st.builds(lambda n: {"property": n}, PROPERTIES),
        st.sampled_from(
            [{"field": f} for f in ("value", "channel", "score", "currency", "event", "group")]
        ),
    )
    tails = st.one_of(
        st.builds(lambda c, v: {"is": c, "value": v}, st.sampled_from(["eq", "ne"]), PLAIN),
        st.builds(lambda c, v: {"is": c, "value": v}, st.sampled_from(["lt", "le", "gt", "ge"]), number),
        st.builds(lambda c, v: {"is": c, "value": v}, st.sampled_from(["contains", "starts_with"]),
                  st.sampled_from(["x", "", "y"])),
        st.builds(lambda v: {"is": "in", "value": v}, st.lists(PLAIN, min_size=1, max_size=3)),
        st.just({"is": "exists"}),
    )  # fmt: skip
    return st.one_of(
        NAMES, st.lists(NAMES, min_size=1), st.builds(lambda t, tail: {**t, **tail}, target, tails)
    )


def grow(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        st.builds(lambda b: {"all": b}, several),
        st.builds(lambda b: {"any": b}, several),
        st.builds(lambda b: {"not": b}, inner),
        st.builds(lambda n, w: {"event": n, "where": w}, NAMES, inner),
    )


TREES = st.recursive(leaves(), grow, max_leaves=8)


def records() -> st.SearchStrategy[Event]:
    optional = {
        "value": st.integers(-2, 2),
        "currency": st.sampled_from(["SEK", "DKK"]),
        "channel": st.sampled_from(["web", "x"]),
        "group": st.just("x"),
        "score": st.builds(lambda v: {"value": v, "scale": "csat5"}, st.integers(1, 5)),
        "properties": st.dictionaries(PROPERTIES, st.one_of(PLAIN, st.none(), st.just([1]))),
    }
    required = {"profile": st.sampled_from("pq"), "event": NAMES, "time": st.integers(0, 10)}
    return st.fixed_dictionaries(required, optional=optional).map(parse_event)


@given(TREES, st.lists(records(), max_size=8))
def test_closure_and_mask_agree(tree: Any, events: list[Event]) -> None:
    assert faults_in(tree) == []
    matches = as_predicate(tree)
    mask = as_mask(tree, EventTable.from_events(events))
    assert mask.tolist() == [matches(event) for event in events]


@given(TREES, st.lists(records(), min_size=1, max_size=8))
def test_not_is_the_plain_complement(tree: Any, events: list[Event]) -> None:
    table = EventTable.from_events(events)
    assert (as_mask({"not": tree}, table) ^ as_mask(tree, table)).all()
