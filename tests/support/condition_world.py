"""A few profiles with their events, in the three shapes that conditions are asked of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from django.db import connection

from kundresa.core.conditions import Sql, as_profile_sql, as_sql, fragment
from kundresa.core.records import Event
from kundresa.core.times import Moment
from kundresa.store import EventTable

PROPERTIES = ["a", "å'", 'b"%s', "d"]
"""The properties and traits for which the tables have columns."""


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
        if self.postgres:
            # Compiling 40 conditions to machine code takes seconds; five rows take nothing.
            self.run(Sql("SET LOCAL jit = off"))
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

    def of_profiles(self, trees: list[Any], now: int, zone: str) -> list[list[bool]]:
        vendor = connection.vendor
        compiled = [as_profile_sql(tree, self, vendor, now=now, zone=zone) for tree in trees]
        return self.answers("c_profile p", compiled)

    def answers(self, table: str, conditions: list[Sql]) -> list[list[bool]]:
        """Ask all at once: a question of its own for each would take most of the time."""
        columns = fragment(", ".join(["{}"] * len(conditions)), *conditions)
        self.run(fragment("SELECT {} FROM {} ORDER BY id", columns, Sql(table)))
        rows = self.cursor.fetchall()
        assert {type(answer) for row in rows for answer in row} <= {bool, int}, "NULL is no answer"
        return [[bool(row[n]) for row in rows] for n in range(len(conditions))]
