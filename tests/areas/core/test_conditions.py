"""A condition on an event that can't be meant is refused, with the place and what is known."""

from typing import Any

import pytest

from kundresa.core.conditions import event_names_in, faults_in, properties_in
from kundresa.core.errors import Fault

DEEP: Any = []
for _ in range(5000):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    ("tree", "place", "said"),
    [
        (3, "condition", "Write an event name"),
        ({}, "condition", "says nothing"),
        ({"proprety": "x"}, "condition", "Did you mean 'property'"),
        ({"all": []}, "condition.all", "list of conditions"),
        ({"any": [{"field": "valeu", "value": 1}]}, "condition.any[0].field", "Did you mean 'value'"),
        ({"property": "x", "is": "gt", "value": "3"}, "condition.value", "compares numbers"),
        ({"property": "x", "is": "gt", "value": float("nan")}, "condition.value", "compares numbers"),
        ({"property": "x", "value": 10**400}, "condition.value", "a number"),
        ({"property": "x", "is": "lt", "value": True}, "condition.value", "compares numbers"),
        ({"property": "x", "is": "contains", "value": 3}, "condition.value", "compares texts"),
        ({"property": "x", "is": "in", "value": []}, "condition.value", "Write a list"),
        ({"property": "x", "is": "in", "value": "x"}, "condition.value", "Write a list"),
        ({"property": "x", "is": "exists", "value": 1}, "condition.value", "Leave it out"),
        ({"property": "x", "is": DEEP, "value": 1}, "condition.is", "Known: contains"),
        ({"property": "x"}, "condition.value", "is missing"),
        ({"property": " ", "is": "exists"}, "condition.property", "Write its name"),
        ({"property": "x", "value": "a\0"}, "condition.value", "Take out zero characters"),
        ({"property": "x", "is": "in", "value": ["a", "\ud800"]}, "condition.value", "surrogate"),
        ({"property": "\ud800", "is": "exists"}, "condition.property", "surrogate"),
        ({"did": {"event": "x"}}, "condition", "only a profile has"),
        ({"not": {"then": ["x", "y"]}}, "condition.not", "only a profile has"),
        ({"all": ["x", {"trait": "x", "value": 1}]}, "condition.all[1]", "only a profile has"),
        ({"event": "x", "property": "y", "value": 1}, "condition", "mixes"),
        ({"event": "x", "when": "y"}, "condition.when", "not known here"),
        ({"not": {"event": []}}, "condition.not.event", "one event name or several"),
        ({"event": ["x", "\0"]}, "condition.event", "Take out zero characters"),
        (DEEP, "condition", "Write an event name"),
    ],
)  # fmt: skip
def test_a_fault_has_place_and_remedy(tree: Any, place: str, said: str) -> None:
    found = [str(fault) for fault in faults_in(tree) if fault.place == place]
    assert any(said in fault for fault in found), (found, faults_in(tree))


def test_all_faults_are_told_at_once() -> None:
    tree = {"any": [{"field": "x", "is": "above"}, {"event": 3, "where": {"not": 4}}]}
    assert [fault.place for fault in faults_in(tree, "filter")] == [
        "filter.any[0].field",
        "filter.any[0].is",
        "filter.any[1].event",
        "filter.any[1].where.not",
    ]


def nested(levels: int) -> Any:
    tree: Any = "x"
    for _ in range(levels - 1):
        tree = {"not": tree}
    return tree


def test_a_tree_has_at_most_32_levels() -> None:
    assert faults_in(nested(32)) == []
    assert [fault.message for fault in faults_in(nested(33))] == ["is nested too deep."]
    assert len(faults_in(nested(200))) == 1


def test_a_tree_has_at_most_500_conditions() -> None:
    assert faults_in({"all": ["x"] * 499}) == []
    said = faults_in({"all": ["x"] * 500})
    hint = "At most 500 in one; long lists of values go under 'in'."
    assert said == [Fault("condition.all[499]", "is one condition too many.", hint)]
    assert len(faults_in({"all": [{"any": [3] * 10_000}] * 1000})) < 510


def test_a_tree_has_at_most_10000_values() -> None:
    half = {"property": "x", "is": "in", "value": [1] * 5000}
    assert faults_in({"any": [half, half]}) == []
    assert "At most 10000" in str(faults_in({"any": [half, half, "x"]})[0])


def test_the_names_that_a_condition_speaks_of() -> None:
    tree = {
        "any": ["a", {"event": ["b", "c"], "where": {"not": "d"}}, {"field": "value", "value": 1}]
    }
    assert event_names_in(tree) == {"a", "b", "c", "d"}
    tree = {"event": "a", "where": {"not": {"any": [{"property": "p", "is": "exists"}, "b"]}}}
    assert properties_in(tree) == {"p"}
