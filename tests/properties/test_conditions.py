"""The three compilations of a condition say the same of every event and of every profile.

Worlds and trees are drawn from a seed, so that one example can hold many trees; a failure names
the seed, the tree and the answers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise, product
from random import Random
from typing import Any, ClassVar

import numpy as np
import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from kundresa.core.conditions import (
    Sql,
    as_mask,
    as_predicate,
    as_profile_mask,
    as_profile_predicate,
    as_profile_sql,
    as_sql,
    faults_in,
    fragment,
    profile_faults_in,
)
from kundresa.core.records import Event, Score
from kundresa.core.times import DAY, HOUR, Moment, parse_moment
from kundresa.store import EventTable

ZONE = "Europe/Stockholm"
# Half a day after the clock change of that zone, so that the day has 23 hours.
NOW = parse_moment("2026-03-29T12:00:00Z").time
EDGES = [parse_moment(day, zone=ZONE).time for day in ("2026-03-28", "2026-03-29", "2026-03-30")]
EDGES += [NOW, NOW - 2 * HOUR, NOW - HOUR, NOW - DAY]
TIMES = [edge + near for edge in EDGES for near in (-1, 0, 1)]
WINDOWS = [
    {"last": "2h"}, {"last": "1h"}, {"last": "24h"}, {"last": "366000d"},
    {"from": "2026-03-28", "to": "2026-03-29"}, {"from": "2026-03-29"}, {"to": "2026-03-29"},
    {"from": "2026-03-29", "to": "2026-03-30"}, {"from": "2026-03-29T11:00:00Z", "to": "9000-01-01"},
]  # fmt: skip

NAMES = ["view", "köp", "O'Hara", '"%s"', "x"]
PROPERTIES = ["a", "å'", 'b"%s', "d"]
TEXTS = [
    "", "x", "xy", "X", "å", "Å", "a\u030a", "ærø", "O'Hara", '"', "%", "x%", "_", "\\", " x", "1",
    "true", "😀", "y x", "%s", "NaN", "ß", "ss",
]  # fmt: skip
NUMBERS = [
    0, -0.0, 1, -1, 2, 0.1, 0.1 + 0.2, 0.3, 1e300, -1e300, 5e-324, 2**53 + 1, 2**53, -(2**63), 10**30,
    9e12,
]  # fmt: skip
RECORDED = [*TEXTS, *NUMBERS, True, False]
ODD = [None, math.nan, math.inf, -math.inf, [1], {"x": 1}]
SEGMENTS, TOPICS, CHANNELS, STAGES = ["s1", "s'2"], ["news", "å"], ["email", "sms"], ["buy", "use"]


# --- worlds -----------------------------------------------------------------------------------


@dataclass
class Facts:
    """What is known of one profile."""

    events: list[Event] = field(default_factory=list)
    traits: dict[str, Any] = field(default_factory=dict)
    segments: set[str] = field(default_factory=set)
    consents: set[tuple[str, str]] = field(default_factory=set)
    stages: set[tuple[str, str]] = field(default_factory=set)

    def trait(self, name: str) -> Any:
        return self.traits.get(name)

    def consent(self, topic: str, channel: str | None) -> bool:
        return any(t == topic and channel in {None, c} for t, c in self.consents)

    def stage(self, map_name: str, stage: str) -> bool:
        return (map_name, stage) in self.stages


class Columns:
    """The same facts as columns."""

    def __init__(self, world: list[Facts]) -> None:
        self.world = world
        table = EventTable.from_events([event for facts in world for event in facts.events])
        self.events = table
        self.event_profile = np.array([int(table.profiles[code]) for code in table.profile], int)
        self.event_time, self.event_until = table.time, table.until
        traits = [Event("0", "x", Moment(0, 0, "second"), facts.traits) for facts in world]
        self.traits = EventTable.from_events(traits)

    def __len__(self) -> int:
        return len(self.world)

    def text_column(self, kind: str, name: str) -> Any:
        return self.traits.text_column({"trait": "property"}[kind], name)

    def number_column(self, kind: str, name: str) -> Any:
        return self.traits.number_column({"trait": "property"}[kind], name)

    def boolean_column(self, kind: str, name: str) -> Any:
        return self.traits.boolean_column({"trait": "property"}[kind], name)

    def segment(self, name: str) -> Any:
        return np.array([name in facts.segments for facts in self.world], bool)

    def consent(self, topic: str, channel: str | None) -> Any:
        return np.array([facts.consent(topic, channel) for facts in self.world], bool)

    def stage(self, map_name: str, stage: str) -> Any:
        return np.array([facts.stage(map_name, stage) for facts in self.world], bool)


class Tables:
    """The same facts in the database of the test."""

    FIELDS: ClassVar = {
        "event": ("event", "text"), "channel": ("channel", "text"), "group": ("account", "text"),
        "currency": ("currency", "text"), "score": ("score", "number"),
    }  # fmt: skip

    def __init__(self, world: list[Facts]) -> None:
        self.cursor = connection.cursor()
        self.postgres = connection.vendor == "postgresql"
        self.create()
        events = [event for facts in world for event in facts.events]
        self.fill("c_event", [
            (n, int(e.profile), e.moment.time, e.moment.until, e.event, e.channel, e.group, e.currency,
             e.score.value if e.score else None, e.value, *self.typed(e.properties))
            for n, e in enumerate(events)
        ])  # fmt: skip
        self.fill("c_profile", [(n, *self.typed(facts.traits)) for n, facts in enumerate(world)])
        each = list(enumerate(world))
        self.fill("c_member", [(n, name) for n, facts in each for name in facts.segments])
        self.fill("c_consent", [(n, *pair) for n, facts in each for pair in facts.consents])
        self.fill("c_stage", [(n, *pair) for n, facts in each for pair in facts.stages])

    def create(self) -> None:
        double = "double precision" if self.postgres else "real"
        values = "".join(
            f", p{n}_text text, p{n}_number {double}, p{n}_boolean boolean"
            for n in range(len(PROPERTIES))
        )
        for name, columns in {
            "c_event": "id bigint, profile bigint, since bigint, upto bigint, event text, channel text, "
                       f"account text, currency text, score {double}, micro bigint{values}",
            "c_profile": f"id bigint{values}",
            "c_member": "profile bigint, name text",
            "c_consent": "profile bigint, topic text, channel text",
            "c_stage": "profile bigint, map text, stage text",
        }.items():  # fmt: skip
            self.run(Sql(f"CREATE TEMPORARY TABLE IF NOT EXISTS {name} ({columns})"))
            self.run(fragment("DELETE FROM {}", Sql(name)))

    def run(self, sql: Sql) -> None:
        self.cursor.execute(sql.text, sql.parameters)

    def fill(self, name: str, rows: list[tuple[Any, ...]]) -> None:
        if rows:
            one = f"({', '.join(['{}'] * len(rows[0]))})"
            values = fragment(", ".join([one] * len(rows)), *(v for row in rows for v in row))
            self.run(fragment("INSERT INTO {} VALUES {}", Sql(name), values))

    def typed(self, values: dict[str, Any]) -> list[Any]:
        found = [values.get(name) for name in PROPERTIES]
        return [column for value in found for column in self.columns_of(value)]

    def columns_of(self, value: Any) -> tuple[Any, Any, Any]:
        return (
            value if isinstance(value, str) else None,
            float(value) if type(value) in {int, float} else None,
            value if isinstance(value, bool) else None,
        )

    @property
    def profile(self) -> Sql:
        return Sql("p.id")

    def events(self, alias: str) -> Sql:
        return Sql(f"c_event {alias}")

    def event_profile(self, alias: str) -> Sql:
        return Sql(f"{alias}.profile")

    def event_time(self, alias: str) -> Sql:
        return Sql(f"{alias}.since")

    def event_until(self, alias: str) -> Sql:
        return Sql(f"{alias}.upto")

    def event_column(self, alias: str, kind: str, name: str, value_type: str) -> Sql | None:
        if kind == "property":
            return self.column(alias, name, value_type)
        if name == "value":
            double = "double precision" if self.postgres else "real"
            return Sql(f"CAST({alias}.micro AS {double}) / 1000000.0")
        column, known = self.FIELDS[name]
        assert known == value_type
        return Sql(f"{alias}.{column}")

    def trait_column(self, name: str, value_type: str) -> Sql | None:
        return self.column("p", name, value_type)

    def column(self, alias: str, name: str, value_type: str) -> Sql | None:
        if name not in PROPERTIES:
            return None
        return Sql(f"{alias}.p{PROPERTIES.index(name)}_{value_type}")

    def segment(self, name: str) -> Sql:
        return fragment(
            "EXISTS (SELECT 1 FROM c_member m WHERE m.profile = p.id AND m.name = {})", name
        )

    def consent(self, topic: str, channel: str | None) -> Sql:
        where = fragment("c.profile = p.id AND c.topic = {}", topic)
        where = fragment("{} AND c.channel = {}", where, channel) if channel else where
        return fragment("EXISTS (SELECT 1 FROM c_consent c WHERE {})", where)

    def stage(self, map_name: str, stage: str) -> Sql:
        return fragment(
            "p.id IN (SELECT profile FROM c_stage WHERE map = {} AND stage = {})", map_name, stage
        )

    def of_events(self, trees: list[Any]) -> list[list[bool]]:
        return self.answers("c_event e", [as_sql(tree, self, connection.vendor) for tree in trees])

    def of_profiles(self, trees: list[Any]) -> list[list[bool]]:
        vendor = connection.vendor
        compiled = [as_profile_sql(tree, self, vendor, now=NOW, zone=ZONE) for tree in trees]
        return self.answers("c_profile p", compiled)

    def answers(self, table: str, conditions: list[Sql]) -> list[list[bool]]:
        """Ask all at once: a question of its own for each would take most of the time."""
        columns = fragment(", ".join(["{}"] * len(conditions)), *conditions)
        self.run(fragment("SELECT {} FROM {} ORDER BY id", columns, Sql(table)))
        rows = self.cursor.fetchall()
        assert {type(answer) for row in rows for answer in row} <= {bool, int}, "NULL is no answer"
        return [[bool(row[n]) for row in rows] for n in range(len(conditions))]


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
        value=rng.choice([None, 0, 1, -1_000_000, 300_000, 2**53 + 1, 9_007_199_254_740_993_001]),
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
    if rng.random() < 0.4:
        return random_names(rng)
    if rng.random() < 0.7:
        return {"property": rng.choice([*PROPERTIES, "unknown"]), **random_test(rng)}
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
        within = {"within": rng.choice(["1h", "2h", "24h"])} if rng.random() < 0.5 else {}
        steps = [random_event_tree(rng, rng.choice([0, 0, 1])) for _ in range(rng.randint(2, 4))]
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
    comparison = rng.choice(["eq", "ne", "order", "in", "text", "exists"])
    wanted = [rng.choice(RECORDED) for _ in range(rng.randint(1, 4))]
    return {
        "eq": {"value": wanted[0]},
        "ne": {"is": "ne", "value": wanted[0]},
        "order": {"is": rng.choice(["lt", "le", "gt", "ge"]), "value": rng.choice(NUMBERS)},
        "in": {"is": "in", "value": wanted},
        "text": {"is": rng.choice(["contains", "starts_with"]), "value": rng.choice(TEXTS)},
        "exists": {"is": "exists"},
    }[comparison]


# --- laws -------------------------------------------------------------------------------------

SEEDS = st.integers(0, 2**40)
TREES_A_WORLD = 40
LAW = settings(max_examples=50, deadline=None)
LONG_LAW = settings(max_examples=1000, deadline=None)


def check_events(seed: int) -> None:
    rng = Random(seed)
    world = random_world(rng)
    events = [event for facts in world for event in facts.events]
    trees = [random_event_tree(rng) for _ in range(TREES_A_WORLD)]
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
    trees = [random_profile_tree(rng) for _ in range(TREES_A_WORLD)]
    columns = Columns(world)
    for tree, sql in zip(trees, Tables(world).of_profiles(trees), strict=True):
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
