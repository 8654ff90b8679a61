"""Alice's workspace with the worked map and its events, and Bob's with nothing recorded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import pytest
from django.test import Client

from kundresa.accounts.api import Member, Workspace, make_workspace
from kundresa.core.records import Event
from kundresa.core.settings import settings
from kundresa.events.api import make_source, store_of
from kundresa.journeys.api import save_map
from kundresa.maps import queries
from tests.areas.maps.worked import MAP, worked
from tests.support.members import signed_in


class Fill(Protocol):
    """Makes a workspace with a map and events."""

    def __call__(self, name: str, events: Sequence[Event], text: str = MAP) -> Workspace: ...


@pytest.fixture
def fill(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fill:
    """Make a workspace with the map and these events, in a data folder of its own."""
    ours = settings().model_copy(update={"data_dir": tmp_path})
    monkeypatch.setattr(queries, "settings", lambda: ours)

    def make(name: str, events: Sequence[Event], text: str = MAP) -> Workspace:
        workspace = make_workspace(name)
        save_map(workspace.id, text, actor="test")
        if events:
            store_of(workspace.id, tmp_path).append(events)
        return workspace

    return make


@pytest.fixture
def client(owner: Member) -> Client:
    """An owner of every workspace of the test, signed in."""
    return signed_in(Client(headers={"host": "localhost"}), owner)


@pytest.fixture
def alice(fill: Fill) -> Workspace:
    """The workspace ``alice``, with events."""
    return fill("Alice", worked())


@pytest.fixture
def bob(fill: Fill) -> Workspace:
    """The workspace ``bob``: the same map under another name, an open source, no event."""
    workspace = fill("Bob", (), MAP.replace("id: bicycle", "id: bobs"))
    make_source(workspace.id, "web")
    return workspace
