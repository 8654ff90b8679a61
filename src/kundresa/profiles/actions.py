"""Writes of profiles: made from a store's rows by set operations, merged, parted, forgotten.

Whoever calls keeps others from sealing into the store and from erasing in it meanwhile. Each
step repeated changes nothing; the bookmark moves last, so what a crash leaves undone is done by
the next call.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from django.db import transaction

from kundresa.accounts.api import write_audit_line
from kundresa.core.clock import now_microseconds
from kundresa.core.errors import Fault
from kundresa.core.logs import logger
from kundresa.profiles import bulk
from kundresa.profiles.bulk import Target, changed, looked_up
from kundresa.profiles.contracts import MergeRules
from kundresa.profiles.errors import MergeRulesError
from kundresa.profiles.merging import regroup
from kundresa.profiles.models import (
    Account,
    Identifier,
    Making,
    Membership,
    Merge,
    Profile,
    Shared,
)
from kundresa.profiles.queries import made_through, merge_rules, profile_of
from kundresa.profiles.rules import Seen, Sightings, Spans
from kundresa.store import Store, Version

BEHIND: Final = 2_000_000
"""An import makes profiles whenever the store is so many rows ahead of them, and at its end."""

_ROWS_AT_ONCE: Final = 4_000_000
_PROFILES: Final = Target(
    "profiles_profile",
    (("number", "bigint"), ("key", "text"), ("first_seen", "bigint"), ("last_seen", "bigint")),
    ("number",),
    (("first_seen", "min"), ("last_seen", "max")),
)
_ACCOUNTS: Final = Target(
    "profiles_account", _PROFILES.columns, _PROFILES.key, _PROFILES.keep
)  # fmt: skip
_MEMBERSHIPS: Final = Target(
    "profiles_membership",
    (("account", "bigint"), ("number", "bigint"), ("first_seen", "bigint"),
     ("last_seen", "bigint")),
    ("account", "number"),
    _PROFILES.keep,
)  # fmt: skip
_IDENTIFIERS: Final = Target(
    "profiles_identifier",
    (("type", "text"), ("value", "text"), ("number", "bigint"), ("first_seen", "bigint"),
     ("source", "text")),
    ("value", "type", "number"),
    (("first_seen", "min"), ("source", "max")),
)  # fmt: skip
_LEADING: Final = (
    "profiles_identifier.number", "profiles_membership.number", "profiles_merge.number",
    "profiles_merge.root", "profiles_profile.number",
)  # fmt: skip
_log = logger(__name__)


def make_profiles(workspace_id: int, store: Store, *, least: int = 1) -> None:
    """Make profiles, identifiers and accounts of the rows that came since the last time.

    Nothing is done while fewer than ``least`` rows came. Also a store that was filled before, or
    whose last call died, is caught up with. Nothing is started by it.
    """
    version, made = store.version, made_through(workspace_id)
    if made > version.sequence:
        # Its numbers are no longer those of this store: the store is the truth for history.
        _log.warning("profiles_begin_anew", workspace=workspace_id, made=made)
        _forget_all(workspace_id)
        made = 0
    if version.sequence - made < least:
        return
    for seen in _seen(store, version, made):
        if _write(workspace_id, store, seen):
            Making.objects.update_or_create(
                workspace_id=workspace_id,
                defaults={"has_left_out": True},
                create_defaults={"has_left_out": True, "sequence": 0},
            )
        _merge(workspace_id, store, seen)
    Making.objects.update_or_create(
        workspace_id=workspace_id, defaults={"sequence": version.sequence}
    )


def _seen(store: Store, version: Version, since: int) -> Iterator[Seen]:
    """Read rows; as many as memory takes are put together, so that profiles are written once."""
    gathered, rows = Sightings(), 0
    for some in store.arrivals(version, since):
        gathered.add(some.profile, some.time, some.group, some.rest)
        rows += len(some)
        if rows >= _ROWS_AT_ONCE:
            yield gathered.seen()
            gathered, rows = Sightings(), 0
    if rows:
        yield gathered.seen()


def _write(workspace_id: int, store: Store, seen: Seen) -> bool:
    """Write down who was seen; say whether something can't be written as it is."""
    profiles, is_changed = _named(store, "profile", seen.profiles)
    bulk.write(workspace_id, _PROFILES, profiles)
    if len(seen.members):
        accounts, _ = _named(store, "event.group", seen.accounts)
        bulk.write(workspace_id, _ACCOUNTS, accounts)
        pairs = seen.members.keys
        halves = [(pairs >> 32).tolist(), (pairs & 0xFFFF_FFFF).tolist()]
        times = [seen.members.first.tolist(), seen.members.last.tolist()]
        bulk.write(workspace_id, _MEMBERSHIPS, [*halves, *times])
    if seen.identifiers:
        rows = [(*sight, *told) for sight, told in sorted(seen.identifiers.items())]
        bulk.write(workspace_id, _IDENTIFIERS, list(zip(*rows, strict=True)))
    return seen.has_left_out or is_changed


def _named(store: Store, dictionary: str, spans: Spans) -> tuple[list[list[Any]], bool]:
    """Give spans as columns with their keys, and whether a key had to be changed to be stored."""
    texts = store.snapshot().dictionaries.texts(dictionary).take(pa.array(spans.keys))
    keys = texts.to_pylist()
    is_changed = bool(pc.any(pc.match_substring(texts, "\0")).as_py())
    if is_changed:
        keys = list(map(_storable, keys))
    return [spans.keys.tolist(), keys, spans.first.tolist(), spans.last.tolist()], is_changed


def _storable(key: str | None) -> str | None:
    # PostgreSQL takes no NUL in texts.
    return key.replace("\0", "\N{REPLACEMENT CHARACTER}") if key and "\0" in key else key


def _merge(workspace_id: int, store: Store, seen: Seen) -> None:
    if not Identifier.objects.filter(workspace_id=workspace_id).exists():
        return
    texts = store.snapshot().dictionaries.texts("profile")
    keys = texts.take(pa.array(seen.profiles.keys)).to_pylist()
    values = {value for _, value, _ in seen.identifiers} | {key for key in keys if key}
    regroup(workspace_id, store, values=values)


# --- by hand ------------------------------------------------------------------------------------


def split_profile(workspace_id: int, store: Store, number: int, *, actor: str) -> None:
    """Keep a profile apart: what made it one with others is undone and won't be done again.

    Raises
    ------
    NoSuchProfileError
        If the workspace has no such profile.
    """
    _keep_apart(workspace_id, number, now_microseconds(), "split a profile", actor)
    regroup(workspace_id, store, values=(), numbers=[number])


def rejoin_profile(workspace_id: int, store: Store, number: int, *, actor: str) -> None:
    """Take back `split_profile`: identifiers may make the profile one with others again."""
    _keep_apart(workspace_id, number, None, "rejoined a profile", actor)
    regroup(workspace_id, store, values=(), numbers=[number])


def _keep_apart(workspace_id: int, number: int, at: int | None, said: str, actor: str) -> None:
    profile_of(workspace_id, number)
    with transaction.atomic():
        found = Profile.objects.filter(workspace_id=workspace_id, number=number)
        if found.filter(kept_apart_at__isnull=at is not None).update(kept_apart_at=at):
            write_audit_line(actor, said, workspace_id=workspace_id, subject=str(number))


def set_merge_rules(workspace_id: int, store: Store, rules: MergeRules, *, actor: str) -> None:
    """Choose which identifiers make profiles one, and tell anew who is one by them.

    Raises
    ------
    MergeRulesError
        If a type is empty or named twice, or fewer than two profiles may share a value.
    """
    _check(rules)
    if rules != merge_rules(workspace_id):
        values = {"types": list(rules.types), "most_profiles": rules.most_profiles}
        with transaction.atomic():
            Making.objects.update_or_create(
                workspace_id=workspace_id,
                defaults=values,
                create_defaults={**values, "sequence": 0},
            )
            write_audit_line(
                actor, "set the rules of merging", workspace_id=workspace_id, details=values
            )
    # Also where they stood already: a call that died goes on here.
    carried = Identifier.objects.filter(workspace_id=workspace_id).values_list("value", flat=True)
    into = Profile.objects.filter(workspace_id=workspace_id, merged_into__isnull=False)
    numbers = set(into.values_list("number", flat=True))
    regroup(workspace_id, store, values=set(carried.iterator()), numbers=numbers)


def _check(rules: MergeRules) -> None:
    faults = [
        Fault(f"types[{place}]", "is empty or named twice.", "Name each type once.")
        for place, sort in enumerate(rules.types)
        if not sort or sort in rules.types[:place]
    ]
    if rules.most_profiles < 2:
        faults.append(Fault("most_profiles", f"is {rules.most_profiles}.", "Write 2 or more."))
    if faults:
        raise MergeRulesError("The rules of merging can't be used.", faults=faults)


# --- forgetting ---------------------------------------------------------------------------------


def forget_profiles(workspace_id: int, store: Store, keys: Iterable[str]) -> int:
    """Take profiles away by key, and all that leads to them; give how many profiles that were.

    The store has let go of them before: what is made of its rows afterwards is without them. Whom
    they shared identifiers with, or was one with them, is looked at anew.
    """
    numbers = _numbers_with(workspace_id, keys)
    asked = {"workspace": workspace_id}
    carried = (
        "SELECT DISTINCT value FROM profiles_identifier "
        "WHERE workspace_id = %(workspace)s AND number {among}"
    )
    below = (
        "SELECT number FROM profiles_profile "
        "WHERE workspace_id = %(workspace)s AND merged_into {among}"
    )
    values = {value for (value,) in looked_up(carried, numbers, asked)}
    others = {one for (one,) in looked_up(below, numbers, asked)} - numbers
    # Before the rows go: a call that dies here finds them again.
    regroup(workspace_id, store, values=values, numbers=others, without=numbers)
    with transaction.atomic():
        _delete(workspace_id, numbers)
    return len(numbers)


def _numbers_with(workspace_id: int, keys: Iterable[str]) -> set[int]:
    query = "SELECT number FROM profiles_profile WHERE workspace_id = %(workspace)s AND key {among}"
    asked = {"workspace": workspace_id}
    return {one for (one,) in looked_up(query, map(_storable, keys), asked)}


def _delete(workspace_id: int, numbers: set[int]) -> None:
    """Delete what leads to profiles, and the accounts that nobody else belongs to."""
    asked = {"workspace": workspace_id}
    belong = (
        "SELECT DISTINCT account FROM profiles_membership "
        "WHERE workspace_id = %(workspace)s AND number {among}"
    )
    accounts = [one for (one,) in looked_up(belong, numbers, asked)]
    for column in _LEADING:
        table, _, name = column.partition(".")
        changed(
            f"DELETE FROM {table} WHERE workspace_id = %(workspace)s AND {name} {{among}}",  # noqa: S608
            numbers, asked,
        )  # fmt: skip
    changed(
        "DELETE FROM profiles_account WHERE workspace_id = %(workspace)s AND number {among} "
        "AND NOT EXISTS (SELECT 1 FROM profiles_membership AS member "
        "WHERE member.workspace_id = profiles_account.workspace_id "
        "AND member.account = profiles_account.number)",
        accounts, asked,
    )  # fmt: skip


def _forget_all(workspace_id: int) -> None:
    with transaction.atomic():
        for model in (Identifier, Membership, Merge, Shared, Account, Profile):
            model.objects.filter(workspace_id=workspace_id).delete()
        Making.objects.filter(workspace_id=workspace_id).update(sequence=0)
