"""Conditions on a profile: what is refused, and what count, window and order mean."""

from __future__ import annotations

from typing import Any

import pytest

from kundresa.core.conditions import (
    as_profile_predicate,
    event_names_in,
    profile_faults_in,
    properties_in,
    segments_in,
    traits_in,
)
from kundresa.core.errors import BadInputError
from kundresa.core.records import parse_event
from kundresa.core.times import parse_moment
from tests.support.condition_world import Facts

BOUGHT = {"did": "bought"}


@pytest.mark.parametrize(
    ("tree", "place", "said"),
    [
        ("bought", "condition", '{"did": {…}}'),
        (["bought", "paid"], "condition", '{"did": {…}}'),
        ({"all": [BOUGHT, {"property": "x", "value": 1}]}, "condition.all[1]", '{"did": {…}}'),
        ({"not": {"field": "value", "value": 1}}, "condition.not", '{"did": {…}}'),
        ({"did": {"trait": "x", "value": 1}}, "condition.did", "only a profile has"),
        ({"did": BOUGHT}, "condition.did", "only a profile has"),
        ({"then": ["x", {"any": [BOUGHT]}]}, "condition.then[1].any[0]", "only a profile has"),
        ({"did": "x", "then": ["x", "y"]}, "condition", "mixes did and then"),
        ({"did": "x", "within": "7d"}, "condition.within", "not known here"),
        ({"did": "x", "count": {}}, "condition.count", "says nothing"),
        ({"did": "x", "count": 3}, "condition.count", '{"at_least": 2'),
        ({"did": "x", "count": {"atleast": 1}}, "condition.count.atleast", "Did you mean"),
        ({"did": "x", "count": {"at_least": -1}}, "condition.count.at_least", "whole number"),
        ({"did": "x", "count": {"at_least": True}}, "condition.count.at_least", "whole number"),
        ({"did": "x", "count": {"at_most": 10**20}}, "condition.count.at_most", "whole number"),
        ({"did": "x", "count": {"at_least": 2, "at_most": 1}}, "condition.count", "can't be met"),
        ({"did": "x", "window": {}}, "condition.window", "says nothing"),
        ({"did": "x", "window": "30d"}, "condition.window", '{"last": "30d"}'),
        ({"did": "x", "window": {"last": 30}}, "condition.window.last", "number and a unit"),
        ({"did": "x", "window": {"last": "0d"}}, "condition.window.last", "number and a unit"),
        ({"did": "x", "window": {"last": "9" * 400 + "d"}}, "condition.window.last", "at most"),
        ({"did": "x", "window": {"last": "366001d"}}, "condition.window.last", "at most"),
        ({"did": "x", "window": {"last": "1d", "to": "2026-01-01"}}, "condition.window", "both"),
        ({"did": "x", "window": {"from": "soon"}}, "condition.window.from", "date or a time"),
        ({"did": "x", "window": {"to": 1_700_000_000_000}}, "condition.window.to", "date or a time"),
        ({"did": "x", "window": {"to": "9999-12-31"}}, "condition.window.to", "date or a time"),
        ({"did": "x", "window": {"from": "2026-02-01", "to": "2026-02-01"}}, "condition.window",
         "ends before"),
        ({"then": ["x"]}, "condition.then", "from 2 to 10"),
        ({"then": ["x"] * 11}, "condition.then", "from 2 to 10"),
        ({"then": "x"}, "condition.then", "list of conditions"),
        ({"then": ["x", "y"], "within": "soon"}, "condition.within", "number and a unit"),
        ({"segment": ""}, "condition.segment", "Write its name"),
        ({"segment": ["a"]}, "condition.segment", "Write its name"),
        ({"segment": "a", "is": "exists"}, "condition.is", "not known here"),
        ({"consent": "news"}, "condition.consent", '{"topic": "…", "channel": "…"}'),
        ({"consent": {"channel": "sms"}}, "condition.consent.topic", "is missing"),
        ({"consent": {"topic": "news", "chanel": "sms"}}, "condition.consent.chanel", "Did you mean"),
        ({"stage": {"map": "m"}}, "condition.stage.stage", "is missing"),
        ({"trait": "x", "is": "ge", "value": "1"}, "condition.value", "compares numbers"),
        ({"trait": 3, "value": "1"}, "condition.trait", "Write its name"),
        ({"tarit": "x"}, "condition", "Did you mean 'trait'"),
        (None, "condition", "Write an event name or a condition"),
    ],
)  # fmt: skip
def test_a_fault_has_place_and_remedy(tree: Any, place: str, said: str) -> None:
    found = [str(fault) for fault in profile_faults_in(tree) if fault.place == place]
    assert any(said in fault for fault in found), (found, profile_faults_in(tree))


def test_a_window_is_refused_only_where_it_is_empty_in_every_zone() -> None:
    def said(start: str, end: str) -> list[Any]:
        return profile_faults_in({"did": "x", "window": {"from": start, "to": end}})

    assert said("2026-01-02", "2026-01-01T20:00:00Z") == []
    assert said("2026-01-02", "2026-01-01T09:00:00Z") != []


def test_a_tree_with_did_has_the_limits_of_every_tree() -> None:
    def nested(levels: int) -> Any:
        tree: Any = BOUGHT
        for _ in range(levels - 2):
            tree = {"not": tree}
        return tree

    assert profile_faults_in(nested(32)) == []
    assert [fault.message for fault in profile_faults_in(nested(33))] == ["is nested too deep."]
    assert profile_faults_in({"all": [BOUGHT] * 249}) == []
    assert len(profile_faults_in({"all": [BOUGHT] * 250})) == 1


def test_what_a_condition_speaks_of() -> None:
    inner = {"did": {"event": "a", "where": {"property": "p", "value": 1}}}
    tree = {"any": [{"not": inner}, {"then": ["b", {"property": "q", "is": "exists"}]},
                    {"trait": "t", "value": 1}, {"all": [{"segment": "s"}]}]}  # fmt: skip
    assert event_names_in(tree) == {"a", "b"}
    assert properties_in(tree) == {"p", "q"}
    assert traits_in(tree) == {"t"}
    assert segments_in(tree) == {"s"}


# --- meaning ----------------------------------------------------------------------------------


NOW = "2026-03-31T12:00:00Z"


def holds(tree: Any, facts: Facts, zone: str = "UTC") -> bool:
    assert profile_faults_in(tree) == []
    return as_profile_predicate(tree, now=parse_moment(NOW).time, zone=zone)(facts)


def those_who(*events: tuple[str, str]) -> Facts:
    return Facts([parse_event({"profile": "p", "event": e, "time": t}) for e, t in events])


@pytest.mark.parametrize(
    ("count", "times", "answer"),
    [
        (None, 0, False), (None, 1, True), (None, 9, True),
        ({"at_least": 2}, 1, False), ({"at_least": 2}, 2, True),
        ({"at_most": 0}, 0, True), ({"at_most": 0}, 1, False),
        ({"at_most": 2}, 0, True), ({"at_most": 2}, 2, True), ({"at_most": 2}, 3, False),
        ({"at_least": 1, "at_most": 2}, 0, False), ({"at_least": 1, "at_most": 2}, 2, True),
        ({"at_least": 0}, 0, True),
    ],
)  # fmt: skip
def test_a_count_holds_from_at_least_to_at_most(count: Any, times: int, answer: bool) -> None:
    facts = those_who(*[("bought", "2026-03-01")] * times, ("looked", "2026-03-01"))
    tree = BOUGHT if count is None else {**BOUGHT, "count": count}
    assert holds(tree, facts) is answer


@pytest.mark.parametrize(
    ("window", "zone", "time", "answer"),
    [
        ({"last": "2d"}, "UTC", "2026-03-29T12:00:00Z", True),
        ({"last": "2d"}, "UTC", "2026-03-29T11:59:59.999999Z", False),
        ({"last": "2d"}, "UTC", "2026-03-31T11:59:59.999999Z", True),
        ({"last": "2d"}, "UTC", NOW, False),
        (None, "UTC", "1900-01-01", True),
        (None, "UTC", NOW, False),
        ({"to": "2027-01-01"}, "UTC", NOW, False),
        # The day on which Stockholm's clocks go forward has 23 hours.
        ({"from": "2026-03-29", "to": "2026-03-30"}, "Europe/Stockholm", "2026-03-28T23:00:00Z", True),
        ({"from": "2026-03-29", "to": "2026-03-30"}, "Europe/Stockholm", "2026-03-28T22:59:59Z", False),
        ({"from": "2026-03-29", "to": "2026-03-30"}, "Europe/Stockholm", "2026-03-29T21:59:59Z", True),
        ({"from": "2026-03-29", "to": "2026-03-30"}, "Europe/Stockholm", "2026-03-29T22:00:00Z", False),
        ({"from": "2026-03-29T12:00:00+02:00"}, "Asia/Tokyo", "2026-03-29T10:00:00Z", True),
        ({"from": "2026-03-29T12:00:00+02:00"}, "Asia/Tokyo", "2026-03-29T09:59:59Z", False),
    ],
)  # fmt: skip
def test_a_window_is_half_open_and_ends_now(
    window: Any, zone: str, time: str, answer: bool
) -> None:
    tree = BOUGHT if window is None else {**BOUGHT, "window": window}
    assert holds(tree, those_who(("bought", time)), zone) is answer


@pytest.mark.parametrize(
    ("events", "answer"),
    [
        ([("cart", "2026-03-01"), ("bought", "2026-03-03")], True),
        ([("bought", "2026-03-01"), ("cart", "2026-03-03")], False),
        # At one instant nothing comes after the other, and a day is one instant here.
        ([("cart", "2026-03-01T10:00:00Z"), ("bought", "2026-03-01T10:00:00Z")], False),
        ([("cart", "2026-03-01"), ("bought", "2026-03-01T23:59:59Z")], False),
        ([("cart", "2026-03-01"), ("bought", "2026-03-02T00:00:00Z")], True),
        ([("cart", "2026-03-01T10:00:00Z"), ("bought", "2026-03-08T10:00:00Z")], True),
        ([("cart", "2026-03-01T10:00:00Z"), ("bought", "2026-03-08T10:00:00.000001Z")], False),
        # The latest cart counts, not the first.
        ([("cart", "2026-03-01"), ("cart", "2026-03-09"), ("bought", "2026-03-10")], True),
        ([("cart", "2026-03-01"), ("looked", "2026-03-02"), ("bought", "2026-03-03")], True),
        ([], False),
    ],
)  # fmt: skip
def test_then_asks_for_strictly_later_within_the_length(
    events: list[tuple[str, str]], answer: bool
) -> None:
    assert holds({"then": ["cart", "bought"], "within": "7d"}, those_who(*events)) is answer


def test_one_event_is_never_two_steps() -> None:
    tree = {"then": ["bought", "bought", "bought"]}
    twice = [("bought", "2026-03-01"), ("bought", "2026-03-02")]
    assert not holds(tree, those_who(*twice))
    assert holds(tree, those_who(*twice, ("bought", "2026-03-03")))


def test_every_step_of_then_lies_in_the_window() -> None:
    tree = {"then": ["cart", "bought"], "window": {"from": "2026-03-02"}}
    assert not holds(tree, those_who(("cart", "2026-03-01"), ("bought", "2026-03-03")))
    assert holds(tree, those_who(("cart", "2026-03-02"), ("bought", "2026-03-03")))


def test_what_else_is_asked_of_a_profile() -> None:
    facts = Facts(
        segments={"regulars"},
        traits={"city": "Malmö", "orders": 3, "member": True, "odd": [1]},
        consents={("news", "email")},
        stages={("shop", "use")},
    )
    true = [
        {"segment": "regulars"},
        {"trait": "city", "is": "starts_with", "value": "Malm"},
        {"trait": "orders", "is": "ge", "value": 3},
        {"trait": "member", "value": True},
        {"consent": {"topic": "news"}},
        {"consent": {"topic": "news", "channel": "email"}},
        {"stage": {"map": "shop", "stage": "use"}},
        {"not": {"trait": "orders", "is": "ne", "value": "3"}},
    ]
    false = [
        {"segment": "others"},
        {"trait": "city", "is": "contains", "value": "malm"},
        {"trait": "orders", "value": "3"},
        {"trait": "member", "value": 1},
        {"trait": "odd", "is": "exists"},
        {"consent": {"topic": "news", "channel": "sms"}},
        {"stage": {"map": "shop", "stage": "buy"}},
        {"trait": "unknown", "is": "ne", "value": 3},
    ]
    assert [holds(tree, facts) for tree in true] == [True] * len(true)
    assert [holds(tree, facts) for tree in false] == [False] * len(false)


def test_an_unknown_zone_is_told() -> None:
    with pytest.raises(BadInputError, match="not a time zone"):
        as_profile_predicate({**BOUGHT, "window": {"from": "2026-01-01"}}, now=0, zone="Nowhere")
