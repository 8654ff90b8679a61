"""A checked condition as a mask over many events, or over many profiles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from kundresa.core.conditions.leaf import Leaf, ValueType, leaf_of
from kundresa.core.conditions.windows import Window, count_of, window_of
from kundresa.core.conditions.words import normalised
from kundresa.core.times import parse_duration

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Compiled = Callable[[Any], Bools]


class Columns(Protocol):
    """Many events, or the traits of many profiles, as columns of shape (n,)."""

    def __len__(self) -> int:
        """Count them."""

    def text_column(self, kind: str, name: str) -> tuple[Ints, list[str]]:
        """Give codes, -1 where missing, and the texts they stand for."""

    def number_column(self, kind: str, name: str) -> NDArray[np.float64]:
        """Give numbers, NaN where missing."""

    def boolean_column(self, kind: str, name: str) -> NDArray[np.int8]:
        """Give 1, 0, and -1 where missing."""


class ProfileColumns(Columns, Protocol):
    """Many profiles as columns; their traits are columns of kind ``trait``."""

    @property
    def events(self) -> Columns:
        """Events of these profiles, in any order."""

    @property
    def event_profile(self) -> Ints:
        """Whose each event is, as a place among the profiles; shape (n_events,)."""

    @property
    def event_time(self) -> Ints:
        """The first instant at which each event may have been, UTC microseconds."""

    @property
    def event_until(self) -> Ints:
        """The last instant at which each event may have been, inclusive."""

    def segment(self, name: str) -> Bools:
        """Tell of each profile whether it is in the segment."""

    def consent(self, topic: str, channel: str | None) -> Bools:
        """Tell of each whether it agreed to the topic: in the channel, or without one in any."""

    def stage(self, map_name: str, stage: str) -> Bools:
        """Tell of each whether it reached a stage of a map."""


def as_mask(tree: Any, columns: Columns) -> Bools:
    """Answer a checked condition for every event at once, shape (n_events,)."""

    def compiled(tree: Any) -> Bools:
        tree = normalised(tree)
        if "event" in tree:
            named = _text_mask(columns, "field", "event", set(tree["event"]).__contains__)
            return named & compiled(tree["where"]) if "where" in tree else named
        joined = _joined(tree, compiled)
        return _leaf_mask(leaf_of(tree), columns) if joined is None else joined

    return compiled(tree)


def as_profile_mask(tree: Any, profiles: ProfileColumns, *, now: int, zone: str = "UTC") -> Bools:
    """Answer a checked condition for every profile at once, shape (n_profiles,).

    Parameters
    ----------
    now
        The moment asked about, UTC microseconds; it ends every window.
    zone
        Where the days of a window begin that gives dates.
    """

    def compiled(tree: Any) -> Bools:
        joined = _joined(tree, compiled)
        return _profile_leaf(tree, profiles, now, zone) if joined is None else joined

    return compiled(tree)


def _joined(tree: Mapping[str, Any], compiled: Compiled) -> Bools | None:
    if "all" in tree:
        return np.asarray(np.logical_and.reduce([compiled(branch) for branch in tree["all"]]), bool)
    if "any" in tree:
        return np.asarray(np.logical_or.reduce([compiled(branch) for branch in tree["any"]]), bool)
    return ~compiled(tree["not"]) if "not" in tree else None


# --- leaves -----------------------------------------------------------------------------------


def _leaf_mask(leaf: Leaf, columns: Columns) -> Bools:
    mask = np.zeros(len(columns), bool)
    for value_type in leaf.types:
        mask |= _type_mask(leaf, value_type, columns)
    return mask


def _type_mask(leaf: Leaf, value_type: ValueType, columns: Columns) -> Bools:
    wanted = leaf.wanted_of(value_type)
    if value_type == "text":
        return _text_mask(columns, leaf.kind, leaf.name, _text_test(leaf, wanted))
    values: NDArray[Any]
    if value_type == "number":
        values = columns.number_column(leaf.kind, leaf.name)
        there = ~np.isnan(values)
    else:
        values = columns.boolean_column(leaf.kind, leaf.name)
        there = values >= 0
    if leaf.comparison == "exists":
        return there
    if leaf.comparison == "in":
        return there & np.isin(values, np.array(wanted, values.dtype))
    return np.asarray(there & leaf.compare(values), bool)


def _text_test(leaf: Leaf, wanted: list[Any]) -> Callable[[str], bool]:
    if leaf.comparison == "exists":
        return lambda _text: True
    return frozenset(wanted).__contains__ if leaf.comparison == "in" else leaf.compare


def _text_mask(columns: Columns, kind: str, name: str, wanted: Callable[[str], bool]) -> Bools:
    codes, texts = columns.text_column(kind, name)
    # One extra place at the end answers for code -1, the missing text.
    table = np.array([wanted(text) for text in texts] + [False], bool)
    mask: Bools = table[codes]
    return mask


# --- profiles ---------------------------------------------------------------------------------


def _profile_leaf(tree: Mapping[str, Any], profiles: ProfileColumns, now: int, zone: str) -> Bools:
    if "did" in tree:
        return _did(tree, profiles, window_of(tree.get("window"), now, zone))
    if "then" in tree:
        return _then(tree, profiles, window_of(tree.get("window"), now, zone))
    if "segment" in tree:
        return profiles.segment(tree["segment"])
    if "consent" in tree:
        return profiles.consent(tree["consent"]["topic"], tree["consent"].get("channel"))
    if "stage" in tree:
        return profiles.stage(tree["stage"]["map"], tree["stage"]["stage"])
    return _leaf_mask(leaf_of(tree), profiles)


def _matching(tree: Any, profiles: ProfileColumns, window: Window) -> Ints:
    """Give the rows of the matching events in the window."""
    mask = as_mask(tree, profiles.events) & (profiles.event_time < window.end)
    if window.start is not None:
        mask &= profiles.event_time >= window.start
    return np.flatnonzero(mask)


def _did(tree: Mapping[str, Any], profiles: ProfileColumns, window: Window) -> Bools:
    count = count_of(tree.get("count"))
    rows = _matching(tree["did"], profiles, window)
    counts = np.bincount(profiles.event_profile[rows], minlength=len(profiles))
    mask = counts >= count.at_least
    return mask if count.at_most is None else mask & (counts <= count.at_most)


def _then(tree: Mapping[str, Any], profiles: ProfileColumns, window: Window) -> Bools:
    first, *others = tree["then"]
    rows = _matching(first, profiles, window)
    start = profiles.event_time[rows]
    for step in others:
        chains = _Chains.of(profiles.event_profile[rows], profiles.event_until[rows], start)
        rows = _matching(step, profiles, window)
        found, start = chains.before(profiles.event_profile[rows], profiles.event_time[rows])
        rows, start = rows[found], start[found]
    if "within" in tree:
        rows = rows[profiles.event_time[rows] - start <= parse_duration(tree["within"])]
    mask = np.zeros(len(profiles), bool)
    mask[profiles.event_profile[rows]] = True
    return mask


@dataclass(frozen=True)
class _Chains:
    """Events that came one after another, by profile and end; ``latest``: which began last so far.

    Where two chains are over, the one that began later serves every next event at least as well.
    """

    profile: Ints
    until: Ints
    latest: Ints

    @classmethod
    def of(cls, profile: Ints, until: Ints, start: Ints) -> _Chains:
        order = np.lexsort((until, profile))
        profile, until, start = profile[order], until[order], start[order]
        # Ranks, with profiles far apart, so that one running maximum begins anew at each profile.
        starts, rank = np.unique(start, return_inverse=True)
        apart = profile * (len(starts) + 1)
        latest = np.maximum.accumulate(rank + apart) - apart
        return cls(profile, until, starts[latest])

    def before(self, profile: Ints, time: Ints) -> tuple[Bools, Ints]:
        """Tell whether a chain was over before each event, and when the last such one began."""
        if not len(self.profile):
            return np.zeros(len(profile), bool), np.zeros(len(profile), np.int64)
        times = np.unique(np.concatenate([self.until, time]))
        ends = self.profile * len(times) + np.searchsorted(times, self.until)
        asked = profile * len(times) + np.searchsorted(times, time)
        # At -1 the last chain answers; it is never one of the first profile with an earlier end.
        place = np.searchsorted(ends, asked) - 1
        return (place >= 0) & (self.profile[place] == profile), self.latest[place]
