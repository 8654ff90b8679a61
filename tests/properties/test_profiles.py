"""Who is one depends on what came, never on the order or the pieces in which it came."""

from __future__ import annotations

import tempfile
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kundresa.accounts.models import Workspace
from kundresa.profiles.api import make_profiles, shared_identifiers, split_profile
from kundresa.profiles.models import Identifier, Making, Profile
from kundresa.store import Store
from tests.support.profiles import a_store, everything, ones, ones_in, seen

pytestmark = [pytest.mark.db, pytest.mark.django_db]
NAMES = count()
KEYS = ["u1", "u2", "a1", "a2", "a3", "x@y.se"]
VALUES = {
    "user_id": ["u1", "u2"],
    "anonymous_id": ["a1", "a2", "a3"],
    "previous_id": ["a1", "u2"],
    "email": ["x@y.se", "b@y.se"],
    "device": ["d1"],
}
EVENTS = st.builds(
    lambda profile, day, group, identifiers: seen(profile, day, group=group, **identifiers),
    st.sampled_from(KEYS),
    st.integers(1, 4),
    st.sampled_from([None, None, "acme"]),
    st.fixed_dictionaries({}, optional={k: st.sampled_from(v) for k, v in VALUES.items()}),
)
LISTS = st.lists(EVENTS, min_size=1, max_size=12)
LAW = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def a_workspace() -> int:
    """An empty workspace."""
    name = f"shop-{next(NAMES)}"
    return int(Workspace.objects.create(name=name, slug=name).id)


def cut(events: list[Any], places: list[int]) -> list[list[Any]]:
    """Cut a list into batches."""
    ends = [0, *sorted(place % (len(events) + 1) for place in places), len(events)]
    return [events[a:b] for a, b in pairwise(ends)]


def whole(workspace: int, store: Store) -> dict[str, Any]:
    """Everything that is said of a workspace, and that the store says the same."""
    assert ones(workspace) == ones_in(store)
    return {**everything(workspace), "shared": shared_identifiers(workspace)}


@LAW
@given(LISTS, st.data())
def test_order_and_pieces_do_not_matter(events: list[Any], data: st.DataObject) -> None:
    other = data.draw(st.permutations(events))
    places = data.draw(st.lists(st.integers(0, 12), max_size=4))
    compacts = data.draw(st.booleans())
    with tempfile.TemporaryDirectory() as name:
        one, two = a_workspace(), a_workspace()
        first = a_store(Path(name), one, events)
        second = a_store(Path(name), two)
        for batch in cut(other, places):
            second = a_store(Path(name), two, batch)
            if compacts:
                second.compact(whole=True)
        assert whole(one, first) == whole(two, second)


@LAW
@given(LISTS)
def test_two_user_ids_are_never_one(events: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as name:
        workspace = a_workspace()
        a_store(Path(name), workspace, events)
        root = {p.number: p.number if p.merged_into is None else p.merged_into for p in
                Profile.objects.filter(workspace_id=workspace)}  # fmt: skip
        sizes: dict[int, set[int]] = {}
        known: dict[int, set[str]] = {}
        for number, top in root.items():
            sizes.setdefault(top, set()).add(number)
        for row in Identifier.objects.filter(workspace_id=workspace, type="user_id"):
            known.setdefault(root[row.number], set()).add(row.value)
        assert all(len(known.get(top, ())) < 2 for top, who in sizes.items() if len(who) > 1)


@LAW
@given(LISTS, st.integers(0, 12), st.booleans())
def test_made_anew_they_are_the_same(events: list[Any], since: int, forgotten: bool) -> None:
    """A bookmark that a crash left behind, or that a store from before has not, is made good."""
    with tempfile.TemporaryDirectory() as name:
        workspace = a_workspace()
        store = a_store(Path(name), workspace, events)
        before = whole(workspace, store)
        if forgotten:
            Making.objects.filter(workspace_id=workspace).delete()
        else:
            Making.objects.filter(workspace_id=workspace).update(sequence=min(since, len(events)))
        version = store.version
        make_profiles(workspace, store)
        assert whole(workspace, store) == before
        assert store.version == version


@LAW
@given(LISTS, LISTS, st.sampled_from(KEYS))
def test_who_is_split_stays_apart_and_the_others_are_as_if_it_had_said_nothing(
    events: list[Any], more: list[Any], key: str
) -> None:
    with tempfile.TemporaryDirectory() as name:
        workspace, without = a_workspace(), a_workspace()
        store = a_store(Path(name), workspace, events)
        for one in Profile.objects.filter(workspace_id=workspace, key=key):
            split_profile(workspace, store, one.number, actor="alice")
            # Split before anything made it one with others.
            other = a_store(Path(name), without, [seen(key)])
            [same] = Profile.objects.filter(workspace_id=without, key=key)
            split_profile(without, other, same.number, actor="alice")
            store = a_store(Path(name), workspace, more)
            other = a_store(Path(name), without, more, events)
            assert ones(workspace) == ones(without) == ones_in(store) == ones_in(other)
            assert key not in {*ones(workspace), *ones(workspace).values()}
