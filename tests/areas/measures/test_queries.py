"""Query documents: the short form, and every fault at once."""

import pytest

from kundresa.core.errors import BadInputError
from kundresa.core.records import parse_event
from kundresa.measures.queries import answer
from kundresa.measures.specs import MapSpec
from kundresa.store.table import EventTable

TABLE = EventTable.from_events(
    [
        parse_event({"profile": profile, "event": event, "time": f"2026-01-01T10:{minute:02d}:00Z"})
        for profile, steps in {"a": "vcb", "b": "vc", "c": "v", "d": "vbc"}.items()
        for minute, event in enumerate({"v": "view", "c": "cart", "b": "buy"}[s] for s in steps)
    ]
)
FUNNEL = {"kundresa_query": 1, "type": "funnel", "steps": ["view", "cart", "buy"], "window": "1h"}


def faults(query):
    with pytest.raises(BadInputError) as caught:
        answer(query, TABLE)
    return {fault.place: fault.hint for fault in caught.value.faults}


def test_the_short_form_of_a_funnel():
    found = answer(FUNNEL, TABLE)
    assert [(step["label"], step["count"]) for step in found["steps"]] == [
        ("view", 4), ("cart", 3), ("buy", 1),
    ]  # fmt: skip
    assert found["steps"][1]["from_first"]["rate"] == 0.75
    assert (found["converted"], found["lost"], found["open"]) == (1, 0, 3)
    assert found["time_to_convert"]["p50"] == 120


def test_a_step_may_be_a_matcher_with_a_label():
    query = {**FUNNEL, "steps": ["view", {"label": "any", "match": ["cart", "buy"]}]}
    assert [step["count"] for step in answer(query, TABLE)["steps"]] == [4, 3]


def test_an_unknown_type_lists_the_known_ones():
    found = faults({"kundresa_query": 1, "type": "funel"})
    assert "Did you mean 'funnel'?" in found["type"]
    assert "living_map" in found["type"]


def test_every_fault_is_reported_at_once():
    query = {
        "kundresa_query": 2, "type": "funnel", "steps": ["view", {}], "window": "soon",
        "filter": {"nothing": 1}, "period": {"from": "2026-02-01", "to": "2026-01-01"}, "depth": 3,
    }  # fmt: skip
    assert set(faults(query)) == {
        "kundresa_query",
        "steps[1]",
        "window",
        "filter",
        "period",
        "depth",
    }


def test_a_living_map_needs_its_map_and_known_words():
    query = {"kundresa_query": 1, "type": "living_map", "mode": "all", "compare": "before"}
    assert set(faults(query)) == {"map", "mode", "compare"}


@pytest.mark.parametrize("unit", ["profile", "account", {"property": "order"}])
def test_a_living_map_gives_its_unit_as_queries_write_it(unit):
    held = ("property", unit["property"]) if isinstance(unit, dict) else unit
    query = {"kundresa_query": 1, "type": "living_map", "map": "m"}
    found = answer(query, TABLE, lambda _name: MapSpec((), (), unit=held))
    assert found["unit"] == unit
    # So it can be asked again as it stands.
    assert answer({**FUNNEL, "unit": found["unit"]}, TABLE)["type"] == "funnel"


@pytest.mark.parametrize("length", [1e308, 10**400, "9" * 400 + "d"])
def test_a_window_beyond_a_thousand_years_is_a_fault(length):
    assert "shorter" in faults({**FUNNEL, "window": length})["window"]


def test_a_period_is_half_open_in_its_zone():
    period = {"from": "2025-12-31", "to": "2026-01-01"}
    assert answer({**FUNNEL, "period": period}, TABLE)["entrants"] == 0
    there = {**FUNNEL, "period": period, "zone": "Pacific/Honolulu"}
    assert answer(there, TABLE)["entrants"] == 0
    assert (
        answer({**there, "period": {"from": "2026-01-01", "to": "2026-01-02"}}, TABLE)["entrants"]
        == 4
    )


def test_transitions_of_named_touchpoints():
    query = {
        "kundresa_query": 1,
        "type": "transitions",
        "touchpoints": {"see": "view", "act": ["cart", "buy"]},
    }
    found = answer(query, TABLE)
    counts = {(edge["from"], edge["to"]): edge["count"] for edge in found["edges"]}
    assert counts == {("see", "act"): 3, ("act", "act"): 2}
