"""A checked condition as SQL, for SQLite and PostgreSQL; values only ever as parameters.

What it gives is true or false, never NULL, so ``NOT`` is the plain complement here too. The
placeholders are those of Django and psycopg, ``%s``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

from kundresa.core.conditions.leaf import Leaf, ValueType, leaf_of
from kundresa.core.conditions.windows import count_of, window_of
from kundresa.core.conditions.words import normalised
from kundresa.core.times import parse_duration

Dialect = Literal["sqlite", "postgresql"]
"""As Django's ``connection.vendor`` calls them."""


@dataclass(frozen=True)
class Sql:
    """A piece of SQL and the values of its placeholders, in their order."""

    text: str
    parameters: tuple[Any, ...] = ()


class SqlNames(Protocol):
    """Where events and profiles stand in a database; they must be of one workspace.

    A column holds one type: text that is compared byte by byte, 64-bit floats, or truth values
    (0 and 1 in SQLite). NULL is missing, and so is NaN. A percent sign in a text is doubled.
    """

    @property
    def profile(self) -> Sql:
        """The key of the profile asked about."""

    def events(self, alias: str) -> Sql:
        """Give the item of FROM that has the events, under the alias."""

    def event_profile(self, alias: str) -> Sql:
        """Give the column with the key of an event's profile; it is never NULL."""

    def event_time(self, alias: str) -> Sql:
        """Give the column with the first instant at which an event may have been, microseconds."""

    def event_until(self, alias: str) -> Sql:
        """Give the column with the last such instant."""

    def event_column(self, alias: str, kind: str, name: str, value_type: ValueType) -> Sql | None:
        """Give the column of a property or field, None where no event has that type of it."""

    def trait_column(self, name: str, value_type: ValueType) -> Sql | None:
        """Give the column of a trait, None where no profile has that type of it."""

    def segment(self, name: str) -> Sql:
        """Give whether the profile is in the segment; like the two below never NULL."""

    def consent(self, topic: str, channel: str | None) -> Sql:
        """Give whether it agreed to the topic: in the channel, or without one in any."""

    def stage(self, map_name: str, stage: str) -> Sql:
        """Give whether it reached a stage of a map."""


ColumnOf = Callable[[ValueType], Sql | None]

_ALIAS: Final = "e"
_TRUE: Final = Sql("TRUE")
_FALSE: Final = Sql("FALSE")
_ORDER: Final = {"ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
# PostgreSQL holds NaN to be above all numbers and equal to itself.
_TRUE_OF_NAN: Final = ("ne", "gt", "ge", "exists")
_TEXTUAL: Final = {
    ("sqlite", "contains"): "instr({}, {}) > 0",
    ("sqlite", "starts_with"): "instr({}, {}) = 1",
    ("postgresql", "contains"): "strpos({}, {}) > 0",
    ("postgresql", "starts_with"): "starts_with({}, {})",
}


def fragment(template: str, *parts: object) -> Sql:
    """Fill each ``{}`` with a piece of SQL, or with a placeholder for a value.

    >>> fragment("{} = {}", Sql("name"), "O'Hara")
    Sql(text='name = %s', parameters=("O'Hara",))
    """
    pieces = [part if isinstance(part, Sql) else Sql("%s", (part,)) for part in parts]
    text = template.format(*(piece.text for piece in pieces))
    return Sql(text, tuple(value for piece in pieces for value in piece.parameters))


def as_sql(tree: Any, names: SqlNames, dialect: Dialect, *, alias: str = _ALIAS) -> Sql:
    """Compile a checked condition on an event to SQL over the events under an alias."""
    return _EventSql(names, dialect, alias).of(tree)


def as_profile_sql(
    tree: Any, names: SqlNames, dialect: Dialect, *, now: int, zone: str = "UTC"
) -> Sql:
    """Compile a checked condition on a profile to SQL over the profile asked about.

    Parameters
    ----------
    now
        The moment asked about, UTC microseconds; it ends every window.
    zone
        Where the days of a window begin that gives dates.
    """
    return _ProfileSql(names, dialect, now, zone).of(tree)


# --- joining ----------------------------------------------------------------------------------


def _joined(tree: Mapping[str, Any], compiled: Callable[[Any], Sql]) -> Sql | None:
    if "all" in tree:
        return _together(" AND ", map(compiled, tree["all"]))
    if "any" in tree:
        return _together(" OR ", map(compiled, tree["any"]))
    return fragment("NOT {}", compiled(tree["not"])) if "not" in tree else None


def _together(word: str, pieces: Iterable[Sql]) -> Sql:
    # The deepest first: an open bracket then leaves nothing but itself on the stack of SQLite's
    # parser, which is 100 places high.
    ordered = sorted(pieces, key=lambda piece: -_depth(piece.text))
    if len(ordered) == 1:
        return ordered[0]
    text = word.join(piece.text for piece in ordered)
    return Sql(f"({text})", tuple(value for piece in ordered for value in piece.parameters))


def _depth(text: str) -> int:
    deepest = depth = 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        deepest = max(deepest, depth)
    return deepest


# --- leaves -----------------------------------------------------------------------------------


def _leaf_sql(leaf: Leaf, column_of: ColumnOf, dialect: Dialect) -> Sql:
    found = [(known, column_of(known)) for known in leaf.types]
    pieces = [
        _type_sql(leaf, known, column, dialect) for known, column in found if column is not None
    ]
    return _together(" OR ", pieces) if pieces else _FALSE


def _type_sql(leaf: Leaf, value_type: ValueType, column: Sql, dialect: Dialect) -> Sql:
    there = fragment("{} IS NOT NULL", column)
    if (dialect, value_type) == ("postgresql", "number") and leaf.comparison in _TRUE_OF_NAN:
        there = fragment("{} AND {} <> 'NaN'", there, column)
    if leaf.comparison == "exists":
        return fragment("({})", there)
    wanted = leaf.wanted_of(value_type)
    if leaf.comparison == "in":
        listed = ", ".join(["{}"] * len(wanted))
        return fragment(f"({{}} AND {{}} IN ({listed}))", there, column, *wanted)
    textual = _TEXTUAL.get((dialect, leaf.comparison))
    test = textual or f"{{}} {_ORDER[leaf.comparison]} {{}}"
    return fragment(f"({{}} AND {test})", there, column, *wanted)


# --- events -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _EventSql:
    names: SqlNames
    dialect: Dialect
    alias: str

    def of(self, tree: Any) -> Sql:
        tree = normalised(tree)
        if "event" in tree:
            named = self.leaf({"field": "event", "is": "in", "value": tree["event"]})
            return _together(" AND ", [named, self.of(tree["where"])]) if "where" in tree else named
        return _joined(tree, self.of) or self.leaf(tree)

    def leaf(self, tree: Mapping[str, Any]) -> Sql:
        leaf = leaf_of(tree)

        def column_of(value_type: ValueType) -> Sql | None:
            return self.names.event_column(self.alias, leaf.kind, leaf.name, value_type)

        return _leaf_sql(leaf, column_of, self.dialect)


# --- profiles ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _ProfileSql:
    names: SqlNames
    dialect: Dialect
    now: int
    zone: str

    def of(self, tree: Any) -> Sql:
        return _joined(tree, self.of) or self.leaf(tree)

    def leaf(self, tree: Mapping[str, Any]) -> Sql:
        if "did" in tree:
            return self.did(tree)
        if "then" in tree:
            return self.then(tree)
        if "segment" in tree:
            return self.names.segment(tree["segment"])
        if "consent" in tree:
            return self.names.consent(tree["consent"]["topic"], tree["consent"].get("channel"))
        if "stage" in tree:
            return self.names.stage(tree["stage"]["map"], tree["stage"]["stage"])
        leaf = leaf_of(tree)
        return _leaf_sql(
            leaf, lambda known: self.names.trait_column(leaf.name, known), self.dialect
        )

    def did(self, tree: Mapping[str, Any]) -> Sql:
        count = count_of(tree.get("count"))
        low, high = count.at_least, count.at_most
        if low == 0:
            # Who has no event is in no group, so it is asked who has too many.
            return _TRUE if high is None else fragment("NOT {}", self.counted(tree, high + 1, None))
        return self.counted(tree, low, high)

    def counted(self, tree: Mapping[str, Any], low: int, high: int | None) -> Sql:
        key = self.names.event_profile(_ALIAS)
        matching = self.matching(tree["did"], tree, key)
        if high is None and low == 1:
            return fragment("{} IN ({})", self.names.profile, matching)
        often = (
            fragment("COUNT(*) >= {}", low)
            if high is None
            else fragment("COUNT(*) BETWEEN {} AND {}", low, high)
        )
        profile = self.names.profile
        return fragment("{} IN ({} GROUP BY {} HAVING {})", profile, matching, key, often)

    def then(self, tree: Mapping[str, Any]) -> Sql:
        first, *others = tree["then"]
        chosen = "{} AS profile, {} AS since, {} AS upto, {} AS began"
        key, time, until = self.event_columns()
        begun = self.matching(first, tree, fragment(chosen, key, time, until, time))
        steps = [fragment("{} AS ({})", _chain(0), begun)]
        steps += [self.prolonged(n, step, tree) for n, step in enumerate(others, 1)]
        within = parse_duration(tree["within"]) if "within" in tree else None
        return fragment(
            "{} IN (WITH {} SELECT profile FROM {} WHERE {})",
            self.names.profile,
            fragment(", ".join(["{}"] * len(steps)), *steps),
            _chain(len(others)),
            _TRUE if within is None else fragment("since - began <= {}", within),
        )

    def prolonged(self, n: int, step: Any, tree: Mapping[str, Any]) -> Sql:
        """Put each event behind the chain that began last, of those that are over before it.

        Chains stand at their end and events at their beginning; of one instant the events come
        first, as a chain that ends then isn't over yet.
        """
        key, time, until = self.event_columns()
        chosen = "{}, {}, {}, NULL, {}, 0"
        return fragment(
            "{} AS (SELECT profile, since, upto, began FROM ("
            "SELECT profile, since, upto, is_chain, MAX(began) OVER (PARTITION BY profile"
            " ORDER BY moment, is_chain ROWS UNBOUNDED PRECEDING) AS began FROM ("
            "SELECT profile, since, upto, began, upto AS moment, 1 AS is_chain FROM {}"
            " UNION ALL {}) AS chains_and_events) AS events_behind_chains"
            " WHERE is_chain = 0 AND began IS NOT NULL)",
            _chain(n),
            _chain(n - 1),
            self.matching(step, tree, fragment(chosen, key, time, until, time)),
        )

    def event_columns(self) -> tuple[Sql, Sql, Sql]:
        names = self.names
        return names.event_profile(_ALIAS), names.event_time(_ALIAS), names.event_until(_ALIAS)

    def matching(self, wanted: Any, tree: Mapping[str, Any], chosen: Sql) -> Sql:
        """Give the query that chooses columns of the matching events in the tree's window."""
        matches = as_sql(wanted, self.names, self.dialect)
        where = _together(" AND ", [matches, *self.inside(tree)])
        return fragment("SELECT {} FROM {} WHERE {}", chosen, self.names.events(_ALIAS), where)

    def inside(self, tree: Mapping[str, Any]) -> list[Sql]:
        window = window_of(tree.get("window"), self.now, self.zone)
        time = self.names.event_time(_ALIAS)
        before = fragment("{} < {}", time, window.end)
        after = [] if window.start is None else [fragment("{} >= {}", time, window.start)]
        return [*after, before]


def _chain(n: int) -> Sql:
    return Sql(f"chain{n}")
