"""The cast: Alice owns the shop, Bob edits there, Vera looks; Charlie has a shop of his own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from kundresa.accounts.api import Member, Role, Workspace, make_workspace
from kundresa.accounts.models import Membership
from kundresa.core.settings import settings
from tests.support.members import a_member, signed_in

As = Callable[[Member | None], Client]


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Any) -> None:
    """Hash quickly: a slow hash protects nobody here."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@dataclass(frozen=True)
class Cast:
    """Everybody, and the two shops."""

    shop: Workspace
    other: Workspace
    alice: Member
    bob: Member
    vera: Member
    charlie: Member

    def place(self, member: Member) -> Membership:
        """Give what somebody is in the shop."""
        return Membership.objects.get(workspace=self.shop, member=member)


@pytest.fixture
def cast(db: None) -> Cast:
    shop, other = make_workspace("Alice's shop", slug="shop"), make_workspace("Charlie's")
    return Cast(
        shop,
        other,
        a_member(shop, name="Alice Åberg", email="alice@x.se"),
        a_member(shop, name="Bob Ek", email="bob@x.se", role=Role.EDITOR),
        a_member(shop, name="Vera Lind", email="vera@x.se", role=Role.VIEWER),
        a_member(other, name="Charlie Dal", email="charlie@x.se"),
    )


@pytest.fixture
def browse() -> As:
    """Give a client that is signed in as somebody, or as nobody."""

    def as_member(member: Member | None) -> Client:
        client = Client(headers={"host": "localhost"})
        return client if member is None else signed_in(client, member)

    return as_member


@pytest.fixture
def _mail_set_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A mail server is named; nothing is sent, because no worker runs."""
    monkeypatch.setenv("KUNDRESA_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("KUNDRESA_SMTP_URL", "smtp://127.0.0.1:9")
    monkeypatch.setenv("KUNDRESA_MAIL_FROM", "kundresa@firma.example")
    monkeypatch.setenv("KUNDRESA_BASE_URL", "https://kundresa.example/")
    settings.cache_clear()
    yield
    settings.cache_clear()
