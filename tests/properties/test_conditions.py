"""The three compilations of a condition say the same of every event and of every profile.

Worlds and trees are drawn from a seed, so that one example can hold many trees; a failure names
the seed, the tree and the answers.
"""

from __future__ import annotations

import math
from itertools import pairwise, product
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kundresa.core.conditions import (
    as_mask,
    as_predicate,
    as_profile_mask,
    as_profile_predicate,
    faults_in,
    profile_faults_in,
)
from kundresa.core.records import MICRO, Event, Score
from kundresa.core.times import DAY, HOUR, Moment, parse_moment
from kundresa.store import EventTable
from tests.support.condition_world import PROPERTIES, Columns, Facts, Tables

ZONE = "Europe/Stockholm"
# Half a day after the clock change of that zone, so that the day has 23 hours.
NOW = parse_moment("2026-03-29T12:00:00Z").time
EDGES = [parse_moment(day, zone=ZONE).time for day in ("2026-03-28", "2026-03-29", "2026-03-30")]
EDGES += [NOW, NOW - HOUR, NOW - 2 * HOUR, NOW - 3 * HOUR, NOW - DAY]
TIMES = [edge + near for edge in EDGES for near in (-1, 0, 1)]
WINDOWS = [
    {"last": "2h"}, {"last": "1h"}, {"last": "24h"}, {"last": "366000d"},
    {"from": "2026-03-28", "to": "2026-03-29"}, {"from": "2026-03-29"}, {"to": "2026-03-29"},
    {"from": "2026-03-29", "to": "2026-03-30"}, {"from": "2026-03-29T11:00:00Z", "to": "9000-01-01"},
]  # fmt: skip

NAMES = ["view", "köp", "O'Hara", '"%s"', "x"]
TEXTS = [
    "", "x", "xy", "X", "å", "Å", "a\u030a", "ærø", "O'Hara", '"', "%", "x%", "_", "\\", " x", "1",
    "true", "😀", "y x", "%s", "NaN", "ß", "ss",
]  # fmt: skip
NUMBERS = [
    0, -0.0, 1, -1, 2, 0.1, 0.1 + 0.2, 0.3, 1e300, -1e300, 5e-324, 2**53 + 1, 2**53, -(2**63), 10**30,
    9e12,
]  # fmt: skip
# Divided as whole numbers and as floats, its units differ in the last bit.
FAR_MONEY = 5_258_986_265_376_043_509
NUMBERS += [FAR_MONEY / MICRO, float(FAR_MONEY) / MICRO]
RECORDED = [*TEXTS, *NUMBERS, True, False]
ORDERS = ["eq", "ne", "lt", "le", "gt", "ge"]
ODD = [None, math.nan, math.inf, -math.inf, [1], {"x": 1}]
SEGMENTS, TOPICS, CHANNELS, STAGES = ["s1", "s'2"], ["news", "å"], ["email", "sms"], ["buy", "use"]


# --- worlds -----------------------------------------------------------------------------------


def random_world(rng: Random) -> list[Facts]:
    return [random_facts(rng, str(n)) for n in range(rng.randint(1, 5))]


def random_facts(rng: Random, profile: str) -> Facts:
    return Facts(
        events=[random_event(rng, profile) for _ in range(rng.choice([0, 1, 3, 8]))],
        traits=random_values(rng),
        segments=set(rng.sample(SEGMENTS, rng.randint(0, 2))),
        consents=set(rng.sample(list(product(TOPICS, CHANNELS)), rng.randint(0, 2))),
        stages=set(rng.sample(list(product(["m"], STAGES)), rng.randint(0, 2))),
    )


def random_event(rng: Random, profile: str) -> Event:
    time = rng.choice(TIMES)
    until = time + rng.choice([0, 0, 1, HOUR, DAY - 1])
    return Event(
        profile,
        rng.choice(NAMES),
        Moment(time, until, "microsecond"),
        random_values(rng),
        value=rng.choice([None, 0, 1, -1_000_000, 300_000, 2**53 + 1, FAR_MONEY]),
        currency=rng.choice([None, "SEK", "DKK"]),
        channel=rng.choice([None, "web", "å"]),
        group=rng.choice([None, "x", "1"]),
        score=rng.choice([None, Score(4, "csat5"), Score(0.5, "0..1")]),
    )


def random_values(rng: Random) -> dict[str, Any]:
    names = rng.sample(PROPERTIES, rng.randint(0, len(PROPERTIES)))
    return {name: rng.choice(ODD if rng.random() < 0.2 else RECORDED) for name in names}


# --- trees ------------------------------------------------------------------------------------


def random_event_tree(rng: Random, levels: int = 3) -> Any:
    if levels and rng.random() < 0.6:
        return random_joint(rng, levels, random_event_tree)
    if levels and rng.random() < 0.4:
        return {"event": random_names(rng), "where": random_event_tree(rng, levels - 1)}
    if rng.random() < 0.2:
        return random_names(rng)
    if rng.random() < 0.7:
        return {"property": rng.choice([*PROPERTIES, "unknown"]), **random_test(rng)}
    if rng.random() < 0.3:
        return {"field": "value", "is": rng.choice(ORDERS), "value": rng.choice(NUMBERS)}
    fields = ["event", "channel", "currency", "group", "value", "score"]
    return {"field": rng.choice(fields), **random_test(rng)}


def random_profile_tree(rng: Random, levels: int = 3) -> Any:
    if levels and rng.random() < 0.6:
        return random_joint(rng, levels, random_profile_tree)
    window = {"window": rng.choice(WINDOWS)} if rng.random() < 0.6 else {}
    kind = rng.choice(
        ["did", "did", "then", "then", "trait", "trait", "segment", "consent", "stage"]
    )
    if kind == "did":
        count = rng.choice([{}, {"at_least": 2}, {"at_most": 0}, {"at_most": 2}, {"at_least": 0},
                            {"at_least": 1, "at_most": 3}, {"at_least": 0, "at_most": 1}])  # fmt: skip
        counted = {"count": count} if count else {}
        return {"did": random_event_tree(rng, 1), **counted, **window}
    if kind == "then":
        within = {"within": rng.choice(["1h", "2h"])} if rng.random() < 0.5 else {}
        # Mostly what many events satisfy, or no chain would ever be long enough to be cut.
        grow = random_event_tree if rng.random() < 0.3 else lambda rng, _: rng.sample(NAMES, 3)
        steps = [grow(rng, 1) for _ in range(rng.randint(2, 4))]
        return {"then": steps, **within, **window}
    return {
        "trait": {"trait": rng.choice([*PROPERTIES, "unknown"]), **random_test(rng)},
        "segment": {"segment": rng.choice([*SEGMENTS, "none"])},
        "consent": {"consent": {"topic": rng.choice(TOPICS),
                                **({"channel": rng.choice(CHANNELS)} if rng.random() < 0.5 else {})}},
        "stage": {"stage": {"map": rng.choice(["m", "other"]), "stage": rng.choice(STAGES)}},
    }[kind]  # fmt: skip


def random_joint(rng: Random, levels: int, grow: Any) -> Any:
    kind = rng.choice(["all", "any", "not"])
    if kind == "not":
        return {"not": grow(rng, levels - 1)}
    return {kind: [grow(rng, levels - 1) for _ in range(rng.randint(1, 3))]}


def random_names(rng: Random) -> Any:
    return rng.choice([rng.choice(NAMES), rng.sample(NAMES, rng.randint(1, 3))])


def random_test(rng: Random) -> dict[str, Any]:
    comparison = rng.choice(["eq", "ne", "order", "in", "text", "text", "exists"])
    wanted = [rng.choice(RECORDED) for _ in range(rng.randint(1, 4))]
    return {
        "eq": {"value": wanted[0]},
        "ne": {"is": "ne", "value": wanted[0]},
        "order": {"is": rng.choice(ORDERS[2:]), "value": rng.choice(NUMBERS)},
        "in": {"is": "in", "value": wanted},
        "text": {"is": rng.choice(["contains", "starts_with"]), "value": rng.choice(TEXTS)},
        "exists": {"is": "exists"},
    }[comparison]


# --- laws -------------------------------------------------------------------------------------

SEEDS = st.integers(0, 2**40)
TREES_A_WORLD = 30
LAW = settings(max_examples=50, deadline=None)
LONG_LAW = settings(max_examples=1000, deadline=None)


def check_events(seed: int) -> None:
    rng = Random(seed)
    world = random_world(rng)
    events = [event for facts in world for event in facts.events]
    trees = [random_event_tree(rng, rng.randint(0, 3)) for _ in range(TREES_A_WORLD)]
    columns = EventTable.from_events(events)
    for tree, sql in zip(trees, Tables(world).of_events(trees), strict=True):
        assert faults_in(tree) == [], tree
        closure = list(map(as_predicate(tree), events))
        mask = as_mask(tree, columns)
        assert (mask.dtype, mask.shape) == (np.dtype(bool), (len(events),))
        assert closure == mask.tolist() == sql, (tree, closure, mask, sql, events)


def check_profiles(seed: int) -> None:
    rng = Random(seed)
    world = random_world(rng)
    trees = [random_profile_tree(rng, rng.randint(0, 3)) for _ in range(TREES_A_WORLD)]
    columns = Columns(world)
    for tree, sql in zip(trees, Tables(world).of_profiles(trees, NOW, ZONE), strict=True):
        assert profile_faults_in(tree) == [], tree
        closure = list(map(as_profile_predicate(tree, now=NOW, zone=ZONE), world))
        mask = as_profile_mask(tree, columns, now=NOW, zone=ZONE)
        assert (mask.dtype, mask.shape) == (np.dtype(bool), (len(world),))
        assert closure == mask.tolist() == sql, (tree, closure, mask, sql, world)


@pytest.mark.db
@pytest.mark.django_db
@LAW
@given(SEEDS)
def test_closure_mask_and_sql_agree_on_events(seed: int) -> None:
    check_events(seed)


@pytest.mark.db
@pytest.mark.django_db
@LAW
@given(SEEDS)
def test_closure_mask_and_sql_agree_on_profiles(seed: int) -> None:
    check_profiles(seed)


@pytest.mark.long
@pytest.mark.db
@pytest.mark.django_db
@LONG_LAW
@given(SEEDS)
def test_closure_mask_and_sql_agree_on_very_many_events(seed: int) -> None:
    check_events(seed)


@pytest.mark.long
@pytest.mark.db
@pytest.mark.django_db
@LONG_LAW
@given(SEEDS)
def test_closure_mask_and_sql_agree_on_very_many_profiles(seed: int) -> None:
    check_profiles(seed)


@LAW
@given(SEEDS)
def test_not_is_the_plain_complement(seed: int) -> None:
    rng = Random(seed)
    columns = Columns(random_world(rng))
    for _ in range(TREES_A_WORLD):
        tree, of_event = random_profile_tree(rng), random_event_tree(rng)
        whole = as_profile_mask(tree, columns, now=NOW, zone=ZONE)
        assert (as_profile_mask({"not": tree}, columns, now=NOW, zone=ZONE) ^ whole).all()
        assert (
            as_mask({"not": of_event}, columns.events) ^ as_mask(of_event, columns.events)
        ).all()


@LAW
@given(SEEDS)
def test_did_and_then_are_what_their_definitions_say(seed: int) -> None:
    """Counting one by one, and trying every choice of events."""
    rng = Random(seed)
    world = random_world(rng)
    for _ in range(TREES_A_WORLD):
        steps = [random_event_tree(rng, 0) for _ in range(rng.randint(2, 3))]
        low, high, hours = rng.randint(0, 2), rng.randint(2, 4), rng.randint(1, 24)
        count = {"at_least": low, "at_most": high}
        window = {"last": f"{hours}h"}
        did = as_profile_predicate({"did": steps[0], "count": count, "window": window}, now=NOW)
        then = as_profile_predicate({"then": steps, "within": "2h", "window": window}, now=NOW)
        for facts in world:
            inside = [e for e in facts.events if NOW - hours * HOUR <= e.moment.time < NOW]
            matching = [[e for e in inside if as_predicate(step)(e)] for step in steps]
            assert did(facts) == (low <= len(matching[0]) <= high)
            assert then(facts) == any(map(is_chain, product(*matching)))


def is_chain(events: tuple[Event, ...]) -> bool:
    moments = [event.moment for event in events]
    pairs = pairwise(moments)
    return (
        all(a.until < b.time for a, b in pairs) and moments[-1].time - moments[0].time <= 2 * HOUR
    )


@LAW
@given(SEEDS)
def test_what_comes_at_or_after_now_changes_nothing(seed: int) -> None:
    rng = Random(seed)
    world = random_world(rng)
    past = [
        Facts([e for e in f.events if e.moment.time < NOW], f.traits, f.segments, f.consents, f.stages)
        for f in world
    ]  # fmt: skip
    for _ in range(TREES_A_WORLD):
        answer = as_profile_predicate(random_profile_tree(rng), now=NOW, zone=ZONE)
        assert list(map(answer, world)) == list(map(answer, past))
