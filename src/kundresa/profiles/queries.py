"""Reads of profiles, of what leads to them, and of the accounts that they belong to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from kundresa.core.times import from_microseconds
from kundresa.profiles.bulk import looked_up
from kundresa.profiles.contracts import (
    Counts,
    IdentifierSeen,
    Link,
    MergeRules,
    ProfileSeen,
    SharedIdentifier,
)
from kundresa.profiles.errors import NoSuchProfileError
from kundresa.profiles.models import Account, Identifier, Making, Membership, Profile, Shared
from kundresa.store import Store, Version


def made_through(workspace_id: int) -> int:
    """Give how far the profiles are made: the first number of the store's sequence to read."""
    found = Making.objects.filter(workspace_id=workspace_id).values_list("sequence", flat=True)
    return found.first() or 0


def merge_rules(workspace_id: int) -> MergeRules:
    """Give the rules of a workspace, or those that hold where nobody set any."""
    found = Making.objects.filter(workspace_id=workspace_id).first()
    standard = MergeRules()
    if found is None:
        return standard
    return MergeRules(
        standard.types if found.types is None else tuple(found.types),
        found.most_profiles or standard.most_profiles,
    )


def counts(workspace_id: int) -> Counts:
    """Count profiles, identifiers and customer accounts."""
    profiles = Profile.objects.filter(workspace_id=workspace_id)
    carried = Identifier.objects.filter(workspace_id=workspace_id)
    return Counts(
        profiles.count(),
        carried.values("type", "value").distinct().count(),
        Account.objects.filter(workspace_id=workspace_id).count(),
        profiles.filter(merged_into__isnull=False).count(),
        Shared.objects.filter(workspace_id=workspace_id).values("type", "value").count(),
    )


def find_profiles(
    workspace_id: int, store: Store, value: str, *, of_type: str | None = None
) -> list[ProfileSeen]:
    """Find the profiles that an identifier leads to, or whose key it is without ``of_type``.

    Several of them share it; they are not one.
    """
    query = (
        "SELECT type, number FROM profiles_identifier "
        "WHERE workspace_id = %(workspace)s AND value {among}"
    )
    carried = looked_up(query, [value], {"workspace": workspace_id})
    numbers = {number for sort, number in carried if of_type in (None, sort)}
    if of_type is None:
        numbers |= set(numbers_of(workspace_id, store, [value]).values())
    return profiles_of(workspace_id, numbers)


def profiles_of(workspace_id: int, numbers: Iterable[int]) -> list[ProfileSeen]:
    """Give profiles by any of their numbers; who was merged comes as whom it was merged into."""
    roots = sorted(set(_roots_of(workspace_id, numbers)))
    query = (
        "SELECT COALESCE(merged_into, number), number, key, first_seen, last_seen "
        "FROM profiles_profile WHERE workspace_id = %(workspace)s AND "
    )
    rows = [
        row
        for which in ("number", "merged_into")
        for row in looked_up(query + which + " {among}", roots, {"workspace": workspace_id})
    ]
    whole: dict[int, list[tuple[int, str | None, int, int]]] = {}
    for root, number, key, first, last in rows:
        whole.setdefault(root, []).append((number, key, first, last))
    return [_seen(root, whole[root]) for root in roots]


def _seen(root: int, rows: Sequence[tuple[int, str | None, int, int]]) -> ProfileSeen:
    keys = {number: key for number, key, _, _ in rows}
    return ProfileSeen(
        root,
        keys[root],
        min(first for _, _, first, _ in rows),
        max(last for _, _, _, last in rows),
        tuple(sorted(number for number in keys if number != root)),
    )


def profile_of(workspace_id: int, number: int) -> ProfileSeen:
    """Give a profile by any of its numbers.

    Raises
    ------
    NoSuchProfileError
        If the workspace has none.
    """
    found = profiles_of(workspace_id, [number])
    if not found:
        raise NoSuchProfileError(f"There is no profile {number} in this workspace.")
    return found[0]


def _roots_of(workspace_id: int, numbers: Iterable[int]) -> list[int]:
    query = (
        "SELECT COALESCE(merged_into, number) FROM profiles_profile "
        "WHERE workspace_id = %(workspace)s AND number {among}"
    )
    return [root for (root,) in looked_up(query, numbers, {"workspace": workspace_id})]


def numbers_of(workspace_id: int, store: Store, keys: Sequence[str]) -> dict[str, int]:
    """Give the numbers of profiles by key; the store's dictionary knows them."""
    codes = store.snapshot().dictionaries.find("profile", keys)
    coded = {key: code for key, code in zip(keys, codes, strict=True) if code is not None}
    query = (
        "SELECT number FROM profiles_profile WHERE workspace_id = %(workspace)s AND number {among}"
    )
    made = {one for (one,) in looked_up(query, coded.values(), {"workspace": workspace_id})}
    return {key: code for key, code in coded.items() if code in made}


def identifiers_of(workspace_id: int, number: int) -> list[IdentifierSeen]:
    """Give the identifiers that lead to a profile, each once, those of merged ones included."""
    whole = profile_of(workspace_id, number)
    found = Identifier.objects.filter(
        workspace_id=workspace_id, number__in=[whole.number, *whole.merged]
    ).values_list("type", "value", "first_seen", "source")
    first: dict[tuple[str, str], IdentifierSeen] = {}
    for sort, value, seen, source in found.order_by("first_seen", "source", "number"):
        first.setdefault((sort, value), IdentifierSeen(sort, value, seen or 0, source or ""))
    return sorted(first.values(), key=lambda one: (one.type, one.value))


def members_of(workspace_id: int, account: str) -> list[ProfileSeen]:
    """Give the profiles that have events of a customer account."""
    found = Account.objects.filter(workspace_id=workspace_id, key=account).first()
    if found is None:
        return []
    members = Membership.objects.filter(workspace_id=workspace_id, account=found.number)
    return profiles_of(workspace_id, members.values_list("number", flat=True))


def accounts_of(workspace_id: int, number: int) -> list[str]:
    """Give the customer accounts of a profile, those of merged ones included."""
    whole = profile_of(workspace_id, number)
    numbers = Membership.objects.filter(
        workspace_id=workspace_id, number__in=[whole.number, *whole.merged]
    ).values_list("account", flat=True)
    found = Account.objects.filter(workspace_id=workspace_id, number__in=list(numbers))
    return sorted(key for key in found.values_list("key", flat=True) if key is not None)


def shared_identifiers(workspace_id: int, *, limit: int = 100) -> list[SharedIdentifier]:
    """Give identifiers that lead to several profiles and merge nothing, the most shared first."""
    found = Shared.objects.filter(workspace_id=workspace_id)
    rows = found.order_by("-profiles", "type", "value")[:limit]
    return [SharedIdentifier(row.type, row.value, row.profiles or 0, row.why or "") for row in rows]


def told_of(workspace_id: int, store: Store, keys: Sequence[str]) -> list[dict[str, Any]]:
    """Tell all that the tables say of some profiles, by key, to hand it over."""
    numbers = numbers_of(workspace_id, store, keys).values()
    return [_told(workspace_id, found) for found in profiles_of(workspace_id, numbers)]


def _told(workspace_id: int, found: ProfileSeen) -> dict[str, Any]:
    names = keys_of(workspace_id, found.merged)
    carried = [
        {"type": one.type, "value": one.value, "first_seen": _time(one.first_seen),
         "source": one.source}
        for one in identifiers_of(workspace_id, found.number)
    ]  # fmt: skip
    return {
        "key": found.key,
        "first_seen": _time(found.first_seen),
        "last_seen": _time(found.last_seen),
        "merged": [names[number] for number in found.merged if number in names],
        "identifiers": carried,
        "accounts": accounts_of(workspace_id, found.number),
    }


def _time(microseconds: int) -> str:
    return from_microseconds(microseconds).isoformat()


# --- for an erasure -----------------------------------------------------------------------------


def knows_all(workspace_id: int, version: Version) -> bool:
    """Tell whether the tables have every key and identifier of a store's version, as they are."""
    found = Making.objects.filter(workspace_id=workspace_id).first()
    return found is not None and found.sequence >= version.sequence and not found.has_left_out


def links_of(workspace_id: int, store: Store, values: Iterable[str]) -> list[Link]:
    """Give the profiles that carry one of some values or have it as their key, and all they carry.

    Only what is made into profiles is seen; see `knows_all`.
    """
    told = sorted(values)
    carrying = (
        "SELECT DISTINCT number FROM profiles_identifier "
        "WHERE workspace_id = %(workspace)s AND value {among}"
    )
    numbers = {one for (one,) in looked_up(carrying, told, {"workspace": workspace_id})}
    numbers |= set(numbers_of(workspace_id, store, told).values())
    carried = (
        "SELECT number, value FROM profiles_identifier "
        "WHERE workspace_id = %(workspace)s AND number {among}"
    )
    found: dict[int, set[str]] = {number: set() for number in numbers}
    for number, value in looked_up(carried, numbers, {"workspace": workspace_id}):
        found[number].add(value)
    keys = keys_of(workspace_id, numbers)
    return [Link(keys[one], frozenset([keys[one], *found[one]])) for one in sorted(keys)]


def keys_of(workspace_id: int, numbers: Iterable[int]) -> dict[int, str]:
    """Give the keys of profiles by number."""
    query = (
        "SELECT number, key FROM profiles_profile "
        "WHERE workspace_id = %(workspace)s AND number {among} AND key IS NOT NULL"
    )
    return dict(looked_up(query, numbers, {"workspace": workspace_id}))


def known_names(workspace_id: int) -> set[str]:
    """Give every key and every identifier's value that stands in the tables."""
    keys = Profile.objects.filter(workspace_id=workspace_id, key__isnull=False)
    values = Identifier.objects.filter(workspace_id=workspace_id)
    found = {key for key in keys.values_list("key", flat=True).iterator() if key is not None}
    return found.union(values.values_list("value", flat=True).iterator())
