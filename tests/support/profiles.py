"""Profiles made of events in a store of their own, and what tables and store say of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from kundresa.core.records import parse_event
from kundresa.profiles.api import make_profiles
from kundresa.profiles.models import Account, Identifier, Membership, Merge, Profile
from kundresa.store import Store


def seen(
    profile: str, day: int = 1, *, group: str | None = None, **identifiers: str
) -> dict[str, Any]:
    """An event record that carries identifiers."""
    record = {"profile": profile, "event": "Seen", "time": f"2026-03-{day:02}T12:00:00Z",
              "identifiers": identifiers, "group": group}  # fmt: skip
    return {key: value for key, value in record.items() if value}


def put(workspace: int, store: Store, records: Iterable[Mapping[str, Any]]) -> None:
    """Append events and make their profiles."""
    store.append([parse_event(record) for record in records])
    make_profiles(workspace, store)


def a_store(folder: Path, workspace: int, *batches: Sequence[Mapping[str, Any]]) -> Store:
    """A store of some batches, with its profiles."""
    store = Store(folder / str(workspace))
    for batch in batches:
        put(workspace, store, batch)
    return store


def ones(workspace: int) -> dict[str, str]:
    """Who is part of whom by the tables: the key of each merged profile, and its root's."""
    rows = Profile.objects.filter(workspace_id=workspace)
    keys = dict(rows.values_list("number", "key"))
    return {str(one.key): str(keys[one.merged_into]) for one in rows if one.merged_into is not None}


def ones_in(store: Store) -> dict[str, str]:
    """Who is part of whom as the store reads it."""
    texts = store.snapshot().dictionaries.texts("profile").to_pylist()
    return {texts[one]: texts[root] for one, root in store.version.aliases.roots.items()}


def everything(workspace: int) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of a workspace that say who is who, by keys instead of numbers."""
    keys = dict(Profile.objects.filter(workspace_id=workspace).values_list("number", "key")) | {
        None: None
    }
    accounts = dict(Account.objects.filter(workspace_id=workspace).values_list("number", "key"))

    def of(model: Any) -> list[Any]:
        return list(model.objects.filter(workspace_id=workspace))

    found = {
        "profiles": [(p.key, p.first_seen, p.last_seen, keys[p.merged_into]) for p in of(Profile)],
        "identifiers": [
            (i.type, i.value, keys[i.number], i.first_seen, i.source) for i in of(Identifier)
        ],
        "accounts": [(a.key, a.first_seen, a.last_seen) for a in of(Account)],
        "members": [
            (accounts[m.account], keys[m.number], m.first_seen, m.last_seen) for m in of(Membership)
        ],
        "merges": [
            (keys[m.number], keys[m.root], m.type, m.value) for m in of(Merge) if not m.undone_at
        ],
    }
    return {name: sorted(rows, key=repr) for name, rows in found.items()}
