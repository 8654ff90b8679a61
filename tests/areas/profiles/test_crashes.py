"""Whatever dies between two statements is made good by the next call."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from kundresa.accounts.models import Workspace
from kundresa.core.records import parse_event
from kundresa.profiles import actions, bulk, merging
from kundresa.profiles.api import (
    MergeRules,
    forget_profiles,
    make_profiles,
    rejoin_profile,
    set_merge_rules,
    shared_identifiers,
    split_profile,
)
from kundresa.profiles.models import Profile
from kundresa.store import Store
from tests.support.crash import dies_at
from tests.support.profiles import a_store, everything, ones, ones_in, seen

pytestmark = [pytest.mark.db, pytest.mark.django_db(transaction=True)]
STRIDES = [pytest.param(157, id="some"), pytest.param(1, id="all", marks=pytest.mark.long)]
NAMES = count()
BEFORE = [
    seen("a1", 1, anonymous_id="a1", group="acme"),
    seen("d", 2, anonymous_id="d"),
    seen("u1", 3, user_id="u1", anonymous_id="d"),
    seen("a2", 4, anonymous_id="a2", email="x@y.se"),
]
SINCE = [
    # The device is shared from now on, a2 becomes u2's, and u1 gets a1.
    seen("u2", 5, user_id="u2", anonymous_id="d", email="x@y.se", group="acme"),
    seen("u1", 6, user_id="u1", anonymous_id="a1"),
]


def number(workspace: int, key: str) -> int:
    return int(Profile.objects.get(workspace_id=workspace, key=key).number)


def make(workspace: int, store: Store) -> None:
    make_profiles(workspace, store)


def split(workspace: int, store: Store) -> None:
    split_profile(workspace, store, number(workspace, "d"), actor="Alice")


def rejoin(workspace: int, store: Store) -> None:
    rejoin_profile(workspace, store, number(workspace, "d"), actor="Alice")


def choose(workspace: int, store: Store) -> None:
    set_merge_rules(workspace, store, MergeRules(("email", "user_id"), 2), actor="Alice")


def forget(workspace: int, store: Store) -> None:
    forget_profiles(workspace, store, ["u1", "d"])


def come_in(workspace: int, store: Store) -> None:
    store.append([parse_event(record) for record in SINCE])


def split_first(workspace: int, store: Store) -> None:
    split(workspace, store)


def erase_first(workspace: int, store: Store) -> None:
    come_in(workspace, store)
    make(workspace, store)
    store.erase(["u1", "d"])


Step = Callable[[int, Store], None]
CASES: dict[str, tuple[Step | None, Step]] = {
    "making": (come_in, make),
    "splitting": (None, split),
    "rejoining": (split_first, rejoin),
    "choosing rules": (None, choose),
    "forgetting": (erase_first, forget),
}


@pytest.mark.parametrize("stride", STRIDES)
@pytest.mark.parametrize("case", CASES)
def test_what_dies_between_two_statements_is_made_good_by_the_next_call(
    case: str, stride: int, tmp_path: Path
) -> None:
    prepare, act = CASES[case]

    def ready(folder: Path) -> tuple[int, Store]:
        name = f"shop-{next(NAMES)}"
        workspace = int(Workspace.objects.create(name=name, slug=name).id)
        store = a_store(folder, workspace, BEFORE)
        if prepare:
            prepare(workspace, store)
        return workspace, store

    def said(workspace: int, store: Store) -> dict[str, Any]:
        assert ones(workspace) == ones_in(store)
        return {**everything(workspace), "shared": shared_identifiers(workspace)}

    workspace, store = ready(tmp_path / "whole")
    act(workspace, store)
    expected, step, is_dead = said(workspace, store), 1, True
    while is_dead:
        folder = tmp_path / str(step)
        workspace, store = ready(folder)
        is_dead = dies_at(step, lambda w=workspace, s=store: act(w, s), [actions, bulk, merging])
        act(workspace, store)
        assert said(workspace, store) == expected, f"died at step {step}"
        shutil.rmtree(folder)
        step += stride
    assert step > stride
