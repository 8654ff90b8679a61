"""A condition that can't be meant is refused, with the place and what is known."""

from typing import Any

import pytest

from kundresa.core.conditions import event_names_in, faults_in


@pytest.mark.parametrize(
    ("tree", "place", "said"),
    [
        (3, "condition", "Write an event name"),
        ({}, "condition", "says nothing"),
        ({"proprety": "x"}, "condition", "Did you mean 'property'"),
        ({"all": []}, "condition.all", "list of conditions"),
        ({"any": [{"field": "valeu", "value": 1}]}, "condition.any[0].field", "Did you mean 'value'"),
        ({"property": "x", "is": "gt", "value": "3"}, "condition.value", "compares numbers"),
        ({"property": "x", "is": "in", "value": []}, "condition.value", "Write a list"),
        ({"property": "x", "is": "exists", "value": 1}, "condition.value", "Leave it out"),
        ({"property": "x"}, "condition.value", "is missing"),
        ({"did": {"event": "x"}}, "condition", "only a profile has"),
        ({"event": "x", "property": "y", "value": 1}, "condition", "mixes"),
        ({"event": "x", "when": "y"}, "condition.when", "not known here"),
        ({"not": {"event": []}}, "condition.not.event", "one event name or several"),
    ],
)  # fmt: skip
def test_a_fault_has_place_and_remedy(tree: Any, place: str, said: str) -> None:
    found = [str(fault) for fault in faults_in(tree) if fault.place == place]
    assert any(said in fault for fault in found), (found, faults_in(tree))


def test_a_bottomless_tree_is_refused_and_not_followed() -> None:
    tree: Any = "x"
    for _ in range(200):
        tree = {"not": tree}
    assert any("too deep" in fault.message for fault in faults_in(tree))


def test_the_names_that_a_condition_speaks_of() -> None:
    tree = {
        "any": ["a", {"event": ["b", "c"], "where": {"not": "d"}}, {"field": "value", "value": 1}]
    }
    assert event_names_in(tree) == {"a", "b", "c", "d"}
