"""The SQL of a condition carries no value in its text, and both databases take the largest."""

from __future__ import annotations

from typing import Any

import pytest

from kundresa.core.conditions import (
    Dialect,
    Sql,
    as_predicate,
    as_profile_predicate,
    as_profile_sql,
    as_sql,
    faults_in,
    fragment,
    profile_faults_in,
)
from kundresa.core.records import Event
from kundresa.core.times import Moment
from tests.support.condition_world import Facts, Tables


class Names(Tables):
    """The names of the tables, without a database."""

    def __init__(self) -> None:
        self.postgres = False


DIALECTS: list[Dialect] = ["sqlite", "postgresql"]
HOSTILE = "'); DROP TABLE profile; -- %s {} \""


def test_a_fragment_keeps_values_in_their_order() -> None:
    inner = fragment("x = {} OR y = {}", 1, "two")
    outer = fragment("{} AND ({}) AND z = {}", Sql("w"), inner, 3)
    assert outer == Sql("w AND (x = %s OR y = %s) AND z = %s", (1, "two", 3))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_value_stands_in_the_text(dialect: Dialect) -> None:
    leaves = [
        {"property": "a", "is": comparison, "value": HOSTILE}
        for comparison in ("eq", "ne", "contains", "starts_with")
    ]
    event = {"event": HOSTILE, "where": {"any": [*leaves, {"property": "a", "is": "in",
                                                          "value": [HOSTILE, 7.25]}]}}  # fmt: skip
    tree = {"all": [
        {"did": event, "count": {"at_least": 7777, "at_most": 8888}, "window": {"last": "77d"}},
        {"then": [event, HOSTILE], "within": "77d"},
        {"trait": "a", "value": HOSTILE}, {"segment": HOSTILE}, {"stage": {"map": HOSTILE, "stage": "x"}},
        {"consent": {"topic": HOSTILE, "channel": HOSTILE}},
    ]}  # fmt: skip
    assert profile_faults_in(tree) == []
    sql = as_profile_sql(tree, Names(), dialect, now=0)
    assert "DROP" not in sql.text
    assert not any(digits in sql.text for digits in ("7.25", "77", "88"))
    assert sql.text.count("%s") == len(sql.parameters)
    assert sql.text.replace("%s", "").count("%") == 0
    assert sql.parameters.count(HOSTILE) == 18


def test_what_has_no_column_never_matches() -> None:
    tree = {"property": "unknown", "is": "ne", "value": 1}
    assert as_sql(tree, Names(), "sqlite") == Sql("FALSE")
    assert as_sql({"not": tree}, Names(), "sqlite") == Sql("NOT FALSE")
    assert as_sql({"field": "value", "value": "1"}, Names(), "sqlite") == Sql("FALSE")


def test_the_alias_of_the_events_is_the_callers() -> None:
    assert "other.event" in as_sql("x", Names(), "sqlite", alias="other").text


# --- the largest that the check lets through --------------------------------------------------

LEAF = {"property": "a", "is": "ne", "value": "y"}


def grown(levels: int, grow: Any) -> Any:
    tree: Any = "x"
    for level in range(levels - 1):
        tree = grow(tree, level)
    return tree


def largest(levels: int) -> dict[str, Any]:
    """Give trees of so many levels, each of which strains a database in its own way."""
    joint = ("all", "any")
    return {
        "deepest last": grown(levels, lambda tree, n: {joint[n % 2]: [*[LEAF] * 15, tree]}),
        "deepest first": grown(levels, lambda tree, n: {joint[n % 2]: [tree, *[LEAF] * 15]}),
        "not": grown(levels, lambda tree, _: {"not": tree}),
        "where": grown(levels, lambda tree, _: {"event": "x", "where": tree}),
        "not and all": grown(levels, lambda tree, n: {"not": tree} if n % 2 else {"all": [LEAF, tree]}),
        "wide": {"any": [LEAF] * 400},
        "values": {"property": "a", "is": "in", "value": [f"x{n}" for n in range(9_000)]},
    }  # fmt: skip


WORLD = [
    Facts([Event("0", "x", Moment(time, time, "second"), {"a": "y"}) for time in range(12)]),
    Facts(),
]


@pytest.mark.db
@pytest.mark.django_db
@pytest.mark.parametrize("name", largest(32))
def test_a_database_takes_the_largest_condition_on_an_event(name: str) -> None:
    tree = largest(32)[name]
    assert faults_in(tree) == []
    answers = Tables(WORLD).of_events([tree])[0]
    assert answers == list(map(as_predicate(tree), WORLD[0].events))


@pytest.mark.db
@pytest.mark.django_db
@pytest.mark.parametrize("name", largest(30))
def test_a_database_takes_the_largest_condition_on_a_profile(name: str) -> None:
    steps = largest(30)[name]
    for tree in ({"not": {"did": steps}}, {"not": {"then": [steps, "x"], "within": "1h"}}):
        assert profile_faults_in(tree) == []
        answer = list(map(as_profile_predicate(tree, now=100), WORLD))
        assert Tables(WORLD).of_profiles([tree], 100, "UTC") == [answer]


@pytest.mark.db
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("tree", "answer"),
    [
        ({"any": [{"did": "y", "count": {"at_least": 2}}] * 249}, [False, False]),
        ({"all": [{"then": ["x"] * 10, "within": "1h"}] * 45}, [True, False]),
        ({"any": [{"trait": "a", "is": "exists"}] * 499}, [False, False]),
    ],
    ids=["did", "then", "trait"],
)
def test_a_database_takes_very_many_questions(tree: Any, answer: list[bool]) -> None:
    assert profile_faults_in(tree) == []
    assert Tables(WORLD).of_profiles([tree], 100, "UTC") == [answer]
