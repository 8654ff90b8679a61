"""Makes profiles one, and several again, wherever identifiers say so, in the tables and the store.

Nothing is decided step by step: whatever an identifier reaches is looked at whole, and told anew
who is one. So the order of arrival can't matter, and taking an identifier away undoes what it did.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa
from django.db import transaction

from kundresa.core.clock import now_microseconds
from kundresa.core.logs import logger
from kundresa.profiles import bulk
from kundresa.profiles.bulk import Target, changed, looked_up
from kundresa.profiles.contracts import ANONYMOUS_ID, EMAIL, USER_ID, MergeRules
from kundresa.profiles.queries import merge_rules, numbers_of
from kundresa.profiles.rules import KEY_TYPES, Member, Together, may_be_key, merged
from kundresa.store import Store

_SHARED: Final = Target(
    "profiles_shared",
    (("type", "text"), ("value", "text"), ("profiles", "bigint"), ("why", "text")),
    ("value", "type"),
    (("profiles", "new"), ("why", "new")),
)
_MERGES: Final = Target(
    "profiles_merge",
    (("number", "bigint"), ("root", "bigint"), ("type", "text"), ("value", "text"),
     ("merged_at", "bigint")),
)  # fmt: skip
_MERGED: Final = Target(
    "profiles_profile",
    (("number", "bigint"), ("merged_into", "bigint")),
    ("number",),
    (("merged_into", "new"),),
)
_log = logger(__name__)

Named = tuple[str, str]
"""An identifier: type and value."""


def regroup(
    workspace_id: int, store: Store, *, values: Iterable[str],
    numbers: Iterable[int] = (), without: Collection[int] = frozenset(),
) -> None:  # fmt: skip
    """Tell anew who is one among all that some values, and some profiles, reach.

    ``without`` are profiles that count as gone.
    """
    rules = merge_rules(workspace_id)
    reach = _Reach(workspace_id, store, rules, without)
    reach.go(set(values), set(numbers))
    members = reach.members()
    found = merged(members, reach.carriers(), reach.counts(), rules)
    _tell(workspace_id, reach, found)
    _apply(workspace_id, store, reach, found)


@dataclass
class _Reach:
    """Everybody whom a change of some identifiers may touch."""

    workspace_id: int
    store: Store
    rules: MergeRules
    without: Collection[int]
    _asked: set[str] = field(default_factory=set)
    _carried: dict[Named, set[int]] = field(default_factory=dict)
    _is_apart: dict[int, bool] = field(default_factory=dict)
    was: dict[int, int | None] = field(default_factory=dict)
    reasons: dict[int, Named] = field(default_factory=dict)
    keys: dict[int, str] = field(default_factory=dict)

    def go(self, values: set[str], numbers: set[int]) -> None:
        """Follow identifiers to profiles and profiles to identifiers until nothing is new."""
        while values or numbers:
            numbers |= self._led_to(values)
            values = self._carried_by(numbers)
            numbers = set()

    def _led_to(self, values: set[str]) -> set[int]:
        """Give the profiles that new values make worth looking at."""
        self._asked |= values
        found = self._carriers_of(values)
        self._carried.update(found)
        many = {one for one, who in found.items() if len(who) > self.rules.most_profiles}
        # Also those of a value that leads to one alone: it may be the user id that parts them.
        ahead = set[int]().union(*(who for one, who in found.items() if one not in many))
        return (ahead | self._merged_by(many)) - self.was.keys()

    def _merges(self, identifier: Named) -> bool:
        return identifier[0] in self.rules.types

    def _carriers_of(self, values: set[str]) -> dict[Named, set[int]]:
        query = (
            "SELECT type, value, number FROM profiles_identifier "
            "WHERE workspace_id = %(workspace)s AND value {among}"
        )
        found: dict[Named, set[int]] = {}
        wanted = {*self.rules.types, *KEY_TYPES}
        for sort, value, number in looked_up(query, values, {"workspace": self.workspace_id}):
            if sort in wanted:
                found.setdefault((sort, value), set()).add(number)
        said = sorted({value for sort, value in found if may_be_key(sort, value)})
        by_key = numbers_of(self.workspace_id, self.store, said)
        for (sort, value), who in found.items():
            if may_be_key(sort, value) and value in by_key:
                who.add(by_key[value])
            who.difference_update(self.without)
        return {one: who for one, who in found.items() if who}

    def _merged_by(self, identifiers: set[Named]) -> set[int]:
        """Give whom identifiers made one that may do so no more."""
        query = (
            "SELECT type, value, number, root FROM profiles_merge "
            "WHERE workspace_id = %(workspace)s AND undone_at IS NULL AND value {among}"
        )
        values = {value for _, value in identifiers}
        return {
            number
            for sort, value, *both in looked_up(query, values, {"workspace": self.workspace_id})
            if (sort, value) in identifiers
            for number in both
        }

    def _carried_by(self, numbers: set[int]) -> set[str]:
        """Take profiles in, with those that are one with them now; give their new values."""
        numbers = self._with_mates(numbers) - self.was.keys() - set(self.without)
        self._take_in(numbers)
        query = (
            "SELECT DISTINCT value FROM profiles_identifier "
            "WHERE workspace_id = %(workspace)s AND number {among}"
        )
        found = looked_up(query, numbers, {"workspace": self.workspace_id})
        values = {value for (value,) in found}
        return (values | {self.keys[one] for one in numbers if one in self.keys}) - self._asked

    def _with_mates(self, numbers: set[int]) -> set[int]:
        query = (
            "SELECT COALESCE(merged_into, number) FROM profiles_profile "
            "WHERE workspace_id = %(workspace)s AND number {among}"
        )
        asked = {"workspace": self.workspace_id}
        roots = {one for (one,) in looked_up(query, numbers, asked)}
        below = (
            "SELECT number FROM profiles_profile "
            "WHERE workspace_id = %(workspace)s AND merged_into {among}"
        )
        return roots | {one for (one,) in looked_up(below, roots, asked)} | numbers

    def _take_in(self, numbers: set[int]) -> None:
        query = (
            "SELECT number, key, merged_into, kept_apart_at IS NOT NULL FROM profiles_profile "
            "WHERE workspace_id = %(workspace)s AND number {among}"
        )
        for number, key, into, apart in looked_up(query, numbers, {"workspace": self.workspace_id}):
            self.was[number] = into
            self._is_apart[number] = bool(apart)
            if key is not None:
                self.keys[number] = key
        by = (
            "SELECT number, type, value FROM profiles_merge "
            "WHERE workspace_id = %(workspace)s AND undone_at IS NULL AND number {among}"
        )
        for number, sort, value in looked_up(by, numbers, {"workspace": self.workspace_id}):
            self.reasons[number] = sort, value

    # --- what the rules are told --------------------------------------------------------------

    def members(self) -> dict[int, Member]:
        """Give everybody, with what tells who is known."""
        user_ids: dict[int, set[str]] = {}
        for (sort, value), who in self._carried.items():
            if sort == USER_ID:
                for number in who:
                    user_ids.setdefault(number, set()).add(value)
        return {
            number: Member(
                number,
                key,
                frozenset(user_ids.get(number, ())),
                is_named=any(
                    (sort, key) in self._carried and may_be_key(sort, key)
                    for sort in (ANONYMOUS_ID, EMAIL)
                ),
                is_apart=self._is_apart[number],
            )
            for number, key in self.keys.items()
        }

    def counts(self) -> dict[Named, int]:
        """Give how many carry each identifier that may merge."""
        return {
            one: len(who)
            for one, who in self._carried.items()
            if len(who) > 1 and self._merges(one)
        }

    def carriers(self) -> dict[Named, Sequence[int]]:
        """Give who carries each identifier that may merge and isn't carried by too many."""
        return {
            one: sorted(self._carried[one])
            for one, count in self.counts().items()
            if count <= self.rules.most_profiles
        }

    def looked_at(self) -> set[Named]:
        """Give every identifier that was looked at."""
        return {(sort, value) for value in self._asked for sort in self.rules.types}


# --- writing it down ----------------------------------------------------------------------------


def _tell(workspace_id: int, reach: _Reach, found: Together) -> None:
    """Write down which identifiers are shared, and which are so no more."""
    query = (
        "SELECT type, value FROM profiles_shared "
        "WHERE workspace_id = %(workspace)s AND value {among}"
    )
    asked = {value for _, value in reach.looked_at()}
    before = {(s, v) for s, v in looked_up(query, asked, {"workspace": workspace_id})}
    gone = {value for sort, value in before - found.shared.keys()}
    with transaction.atomic():
        changed(
            "DELETE FROM profiles_shared WHERE workspace_id = %(workspace)s AND value {among}",
            gone, {"workspace": workspace_id},
        )  # fmt: skip
    rows = [(*one, count, why) for one, (count, why) in sorted(found.shared.items())]
    if rows:
        bulk.write(workspace_id, _SHARED, list(zip(*rows, strict=True)))
    new = len(found.shared.keys() - before)
    if new:
        # How many; which ones are personal.
        _log.warning("identifiers_shared", workspace=workspace_id, new=new)


def _apply(workspace_id: int, store: Store, reach: _Reach, found: Together) -> None:
    """Write down who is one, and let the store read it so.

    Parted in the store first, written down next, joined in the store last: so a call that goes on
    after a crash can tell what the store doesn't know yet from the tables alone.
    """
    aliases = store.version.aliases
    alone = [n for n, was in reach.was.items() if was is not None and n not in found.roots]
    parted = [number for number in alone if number in aliases]
    if parted:
        store.part(_names(store, parted))
    _write_down(workspace_id, reach, found)
    joined = {one: root for one, root in found.roots.items() if aliases.get(one) != root}
    if joined:
        pairs = zip(_names(store, joined), _names(store, joined.values()), strict=True)
        store.join(dict(pairs))


def _names(store: Store, numbers: Iterable[int]) -> list[str]:
    """Give what the store calls profiles."""
    texts = store.snapshot().dictionaries.texts("profile")
    return list(texts.take(pa.array(list(numbers), pa.int64())).to_pylist())


def _write_down(workspace_id: int, reach: _Reach, found: Together) -> None:
    # The reason counts, too: who is one by an identifier is looked for by it when it is shared.
    new = [
        number
        for number, into in sorted(reach.was.items())
        if (into, reach.reasons.get(number)) != (found.roots.get(number), found.reasons.get(number))
    ]
    for start in range(0, len(new), bulk.ROWS_AT_ONCE):
        some = new[start : start + bulk.ROWS_AT_ONCE]
        with transaction.atomic():
            _write_some(workspace_id, some, found)


def _write_some(workspace_id: int, numbers: Sequence[int], found: Together) -> None:
    at = now_microseconds()
    asked = {"workspace": workspace_id, "at": at}
    changed(
        "UPDATE profiles_merge SET undone_at = %(at)s "
        "WHERE workspace_id = %(workspace)s AND undone_at IS NULL AND number {among}",
        numbers, asked,
    )  # fmt: skip
    roots = [found.roots.get(number) for number in numbers]
    bulk.write(workspace_id, _MERGED, [numbers, roots])
    rows = [
        (number, root, *found.reasons[number], at)
        for number, root in zip(numbers, roots, strict=True)
        if root is not None
    ]
    if rows:
        bulk.write(workspace_id, _MERGES, list(zip(*rows, strict=True)))
