"""Who is seen in rows of events, and which profiles are one; no input or output."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kundresa.profiles.contracts import ANONYMOUS_ID, EMAIL, PREVIOUS_ID, USER_ID, MergeRules

Ints = NDArray[np.int64]
Sight = tuple[str, str, int]
"""An identifier's type and value, and the number of the profile that carries it."""

KEY_TYPES: Final = (USER_ID, ANONYMOUS_ID, EMAIL)
"""Types whose values may stand as a profile's own key, too."""

LONGEST_VALUE: Final = 500
LONGEST_TYPE: Final = 100
FROM_EVENT: Final = "event"
FROM_ALIAS: Final = "alias"
TOO_MANY: Final = "more profiles than one customer has"
TWO_KNOWN: Final = "two customers with user ids of their own"
_LOW: Final = 0xFFFF_FFFF
_NO_GROUP: Final = 0xFFFF_FFFF


# --- who is seen --------------------------------------------------------------------------------


class Rows(msgspec.Struct):
    """What is read of a row's rest."""

    identifiers: dict[str, str] = {}


@dataclass(frozen=True)
class Spans:
    """Keys, each once and in order, with the first and the last time of each."""

    keys: Ints
    first: Ints
    last: Ints

    def __len__(self) -> int:
        return len(self.keys)


@dataclass(frozen=True)
class Seen:
    """Who is seen in some rows.

    ``members`` have a group's code in the upper and a profile's in the lower half of their keys.
    """

    profiles: Spans
    members: Spans
    identifiers: Mapping[Sight, tuple[int, str]]
    has_left_out: bool = False

    @property
    def accounts(self) -> Spans:
        """Give the groups, from their members."""
        members = self.members
        return together([Spans(members.keys >> 32, members.first, members.last)])


@dataclass
class Sightings:
    """Gathers who is seen, part by part."""

    _profiles: list[Spans] = field(default_factory=list)
    _members: list[Spans] = field(default_factory=list)
    _identifiers: dict[Sight, tuple[int, str]] = field(default_factory=dict)
    _has_left_out: bool = False

    def add(self, profile: Ints, time: Ints, group: NDArray[Any], rest: pa.Array) -> None:
        """Take rows in; see `store.arrivals.Arrivals`."""
        self._profiles.append(_runs(profile, time))
        rows = np.flatnonzero(group != _NO_GROUP)
        keys = (group[rows].astype(np.int64) << 32) | profile[rows]
        self._members.append(_runs(keys, time[rows]))
        for sight, seen in _identifiers(profile, time, rest):
            if not _is_usable(sight[0], LONGEST_TYPE) or not _is_usable(sight[1], LONGEST_VALUE):
                self._has_left_out = True
                continue
            first, source = self._identifiers.get(sight, seen)
            # What an event says itself outweighs what is only an alias's other name.
            self._identifiers[sight] = min(first, seen[0]), max(source, seen[1])

    def seen(self) -> Seen:
        """Give what was gathered."""
        profiles, members = together(self._profiles), together(self._members)
        return Seen(profiles, members, self._identifiers, self._has_left_out)


def together(spans: Sequence[Spans]) -> Spans:
    """Put spans of the same keys together."""
    keys, first, last = (
        np.concatenate([np.zeros(0, np.int64), *(getattr(one, name) for one in spans)])
        for name in ("keys", "first", "last")
    )
    order = np.argsort(keys, kind="stable")
    starts = _starts(keys[order])
    return _reduced(keys[order], first[order], last[order], starts)


def _runs(keys: Ints, time: Ints) -> Spans:
    """Give the spans of rows that stand together; a key may come several times."""
    return _reduced(keys, time, time, _starts(keys))


def _starts(keys: Ints) -> Ints:
    if not len(keys):
        return np.zeros(0, np.int64)
    changes = np.flatnonzero(keys[1:] != keys[:-1]) + 1
    return np.concatenate([np.zeros(1, np.int64), changes])


def _reduced(keys: Ints, first: Ints, last: Ints, starts: Ints) -> Spans:
    if not len(starts):
        nothing = np.zeros(0, np.int64)
        return Spans(nothing, nothing, nothing)
    return Spans(
        keys[starts], np.minimum.reduceat(first, starts), np.maximum.reduceat(last, starts)
    )


def _identifiers(profile: Ints, time: Ints, rest: pa.Array) -> Iterator[tuple[Sight, Any]]:
    """Give each identifier that rows carry; each text is read once for each profile."""
    carry = pc.fill_null(pc.match_substring(rest, '"identifiers"'), False)
    rows = np.flatnonzero(carry.to_numpy(zero_copy_only=False))
    if not len(rows):
        return
    encoded = rest.take(pa.array(rows)).dictionary_encode()
    codes = encoded.indices.to_numpy().astype(np.int64)
    found = together([_runs((codes << 32) | profile[rows], time[rows])])
    said = [list(identifiers_in(text)) for text in encoded.dictionary.to_pylist()]
    for key, first in zip(found.keys.tolist(), found.first.tolist(), strict=True):
        for sort, value, source in said[key >> 32]:
            yield (sort, value, key & _LOW), (first, source)


def identifiers_in(rest: str) -> Iterator[tuple[str, str, str]]:
    """Give type, value and source of the identifiers in a row's rest.

    What an alias calls the previous id is a name from before the profile was known.
    """
    for sort, value in msgspec.json.decode(rest, type=Rows).identifiers.items():
        if sort == PREVIOUS_ID:
            yield ANONYMOUS_ID, value, FROM_ALIAS
        else:
            yield sort, value, FROM_EVENT


def _is_usable(text: str, longest: int) -> bool:
    """Tell whether an index takes a text: not with NUL, and not without end."""
    return 0 < len(text) <= longest and "\0" not in text


def may_be_key(sort: str, value: str) -> bool:
    """Tell whether an identifier may stand as a profile's own key, too."""
    return sort in KEY_TYPES and (sort != EMAIL or "@" in value)


# --- who is one ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Member:
    """A profile that may be one with others.

    ``user_ids`` are those that its events carry. ``is_named`` says that its key stands as an
    anonymous id or an e-mail address somewhere; any other key counts as a user id of its own,
    because two customers that are taken for one are worse than one that is taken for two.
    """

    number: int
    key: str
    user_ids: frozenset[str] = frozenset()
    is_named: bool = False
    is_apart: bool = False

    @property
    def known_as(self) -> frozenset[str]:
        """Give its user ids."""
        return self.user_ids or (frozenset() if self.is_named else frozenset([self.key]))

    @property
    def order(self) -> tuple[bool, bool, str]:
        """Give its place among those who may lend the whole its name: who is known comes first."""
        return not self.known_as, self.key not in self.known_as, self.key


@dataclass(frozen=True)
class Together:
    """Which profiles are one: the root of each that has one, and the identifier that led there.

    ``shared`` are the identifiers that lead to several profiles and merge nothing: how many, why.
    """

    roots: Mapping[int, int]
    reasons: Mapping[int, tuple[str, str]]
    shared: Mapping[tuple[str, str], tuple[int, str]]


def merged(
    members: Mapping[int, Member],
    carriers: Mapping[tuple[str, str], Iterable[int]],
    counts: Mapping[tuple[str, str], int],
    rules: MergeRules,
) -> Together:
    """Tell who is one; the same whatever came first, as nothing but the whole decides.

    Identifiers are taken by the order of their types, then by value. One that would make two
    different user ids one merges nothing at all.

    Parameters
    ----------
    members
        Everybody who may be touched, by number.
    carriers
        Who carries an identifier, for those that at most ``rules.most_profiles`` carry.
    counts
        How many carry each identifier, also those left out of ``carriers``.
    """
    forest = _Forest(members)
    reasons: dict[int, tuple[str, str]] = {}
    shared: dict[tuple[str, str], tuple[int, str]] = {}
    places = {sort: place for place, sort in enumerate(rules.types)}
    for identifier in sorted(counts, key=lambda one: (places[one[0]], one[1])):
        count = counts[identifier]
        if count > rules.most_profiles:
            shared[identifier] = count, TOO_MANY
            continue
        free = [one for one in carriers[identifier] if not members[one].is_apart]
        if len(free) < 2:
            continue
        if not forest.unite(free):
            shared[identifier] = count, TWO_KNOWN
            continue
        for one in free:
            reasons.setdefault(one, identifier)
    roots = forest.roots()
    return Together(roots, {one: reasons[one] for one in roots}, shared)


class _Forest:
    """Union-find over profiles, each tree with the user ids that are in it."""

    def __init__(self, members: Mapping[int, Member]) -> None:
        self._members = members
        self._above: dict[int, int] = {}
        self._known: dict[int, frozenset[str]] = {}

    def top(self, number: int) -> int:
        above = self._above
        while number in above:
            higher = above[number]
            if higher in above:
                above[number] = above[higher]
            number = higher
        return number

    def unite(self, numbers: Sequence[int]) -> bool:
        """Make trees one, unless two user ids would meet; say whether they are one now."""
        tops = {self.top(number) for number in numbers}
        known = frozenset[str]().union(*(self._known_of(top) for top in tops))
        if len(known) > 1 and len(tops) > 1:
            return False
        first = min(tops, key=lambda top: self._members[top].order)
        self._known[first] = known
        self._above.update({top: first for top in tops if top != first})
        return True

    def _known_of(self, top: int) -> frozenset[str]:
        found = self._known.get(top)
        return self._members[top].known_as if found is None else found

    def roots(self) -> dict[int, int]:
        """Give the root of everybody who isn't one: of a tree, whoever comes first in order."""
        return {number: self.top(number) for number in self._above}
