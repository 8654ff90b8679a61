"""A checked condition as a closure over one event, or over what is known of one profile.

``ne`` asks for a value that is there and differs: a missing property isn't unlike anything.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Container, Iterable, Mapping
from itertools import accumulate
from typing import Any, Protocol, TypeVar

from kundresa.core.conditions.leaf import Leaf, Value, comparable, leaf_of, type_of
from kundresa.core.conditions.windows import Window, count_of, window_of
from kundresa.core.conditions.words import normalised
from kundresa.core.records import MICRO, Event
from kundresa.core.times import parse_duration

T = TypeVar("T")
Chain = tuple[int, int, int]
"""Of events that came one after another: ``until`` of the last, ``time`` of the first, of the last.
"""


class ProfileFacts(Protocol):
    """What is known of one profile."""

    @property
    def events(self) -> Iterable[Event]:
        """All its events, in any order."""

    @property
    def segments(self) -> Container[str]:
        """The segments that it is in."""

    def trait(self, name: str) -> object:
        """Give a trait: text, number or truth value; None without one."""

    def consent(self, topic: str, channel: str | None) -> bool:
        """Tell whether it agreed to the topic: in the channel, or without one in any."""

    def stage(self, map_name: str, stage: str) -> bool:
        """Tell whether it reached a stage of a map."""


Predicate = Callable[[Event], bool]
ProfilePredicate = Callable[[ProfileFacts], bool]


def as_predicate(tree: Any) -> Predicate:
    """Compile a checked condition on an event to a function of one."""
    tree = normalised(tree)
    if "event" in tree:
        names = frozenset(tree["event"])
        where = as_predicate(tree["where"]) if "where" in tree else None
        return lambda event: event.event in names and (where is None or where(event))
    return _joined(tree, as_predicate) or _event_leaf(leaf_of(tree))


def as_profile_predicate(tree: Any, *, now: int, zone: str = "UTC") -> ProfilePredicate:
    """Compile a checked condition on a profile to a function of what is known of one.

    Parameters
    ----------
    now
        The moment asked about, UTC microseconds; it ends every window.
    zone
        Where the days of a window begin that gives dates.
    """

    def compiled(tree: Any) -> ProfilePredicate:
        return _joined(tree, compiled) or _profile_leaf(tree, now, zone)

    return compiled(tree)


def _joined(
    tree: Mapping[str, Any], compiled: Callable[[Any], Callable[[T], bool]]
) -> Callable[[T], bool] | None:
    if "all" in tree:
        branches = [compiled(branch) for branch in tree["all"]]
        return lambda one: all(branch(one) for branch in branches)
    if "any" in tree:
        branches = [compiled(branch) for branch in tree["any"]]
        return lambda one: any(branch(one) for branch in branches)
    if "not" in tree:
        inner = compiled(tree["not"])
        return lambda one: not inner(one)
    return None


# --- events -----------------------------------------------------------------------------------


def _event_leaf(leaf: Leaf) -> Predicate:
    test = _test(leaf)
    if leaf.kind == "property":
        return lambda event: test(comparable(event.properties.get(leaf.name)))
    return lambda event: test(comparable(_field(event, leaf.name)))


def _field(event: Event, name: str) -> Any:
    if name == "value":
        # Divided as a float, as arrays and databases do: beyond 53 bits it isn't the same.
        return None if event.value is None else float(event.value) / MICRO
    if name == "score":
        return None if event.score is None else event.score.value
    return getattr(event, name)


def _test(leaf: Leaf) -> Callable[[Value | None], bool]:
    if leaf.comparison == "exists":
        return lambda value: value is not None
    if leaf.comparison == "in":
        # Apart by type, as True would find 1.0 in one set.
        wanted = {known: frozenset(leaf.wanted_of(known)) for known in leaf.types}
        return lambda value: value is not None and value in wanted.get(type_of(value), ())
    types = leaf.types
    return lambda value: value is not None and type_of(value) in types and bool(leaf.compare(value))


# --- profiles ---------------------------------------------------------------------------------


def _profile_leaf(tree: Mapping[str, Any], now: int, zone: str) -> ProfilePredicate:
    if "did" in tree:
        return _did(tree, window_of(tree.get("window"), now, zone))
    if "then" in tree:
        return _then(tree, window_of(tree.get("window"), now, zone))
    if "segment" in tree:
        segment = tree["segment"]
        return lambda profile: segment in profile.segments
    if "consent" in tree:
        topic, channel = tree["consent"]["topic"], tree["consent"].get("channel")
        return lambda profile: profile.consent(topic, channel)
    if "stage" in tree:
        map_name, stage = tree["stage"]["map"], tree["stage"]["stage"]
        return lambda profile: profile.stage(map_name, stage)
    leaf = leaf_of(tree)
    test = _test(leaf)
    return lambda profile: test(comparable(profile.trait(leaf.name)))


def _did(tree: Mapping[str, Any], window: Window) -> ProfilePredicate:
    matches, count = as_predicate(tree["did"]), count_of(tree.get("count"))

    def did(profile: ProfileFacts) -> bool:
        found = (event for event in profile.events if window.holds(event.moment.time))
        return count.holds(sum(map(matches, found)))

    return did


def _then(tree: Mapping[str, Any], window: Window) -> ProfilePredicate:
    first, *others = map(as_predicate, tree["then"])
    within = parse_duration(tree["within"]) if "within" in tree else None

    def then(profile: ProfileFacts) -> bool:
        events = [event for event in profile.events if window.holds(event.moment.time)]
        moments = [event.moment for event in events if first(event)]
        chains = [(moment.until, moment.time, moment.time) for moment in moments]
        for step in others:
            chains = _prolonged(chains, [event for event in events if step(event)])
        return any(within is None or last - start <= within for _, start, last in chains)

    return then


def _prolonged(chains: list[Chain], events: list[Event]) -> list[Chain]:
    """Put each event behind the chain that began last, of those that are over before it."""
    chains = sorted(chains)
    ends = [until for until, _, _ in chains]
    latest = list(accumulate((start for _, start, _ in chains), max))
    places = [(event.moment, bisect_left(ends, event.moment.time)) for event in events]
    return [(moment.until, latest[n - 1], moment.time) for moment, n in places if n]
