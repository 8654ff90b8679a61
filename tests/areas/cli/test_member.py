"""A member who can't get in is helped at the machine."""

from __future__ import annotations

import json

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from click.testing import CliRunner
from django.test import Client

from kundresa.accounts.api import make_member
from kundresa.accounts.models import AuditLine
from kundresa.cli.main import main

pytestmark = [pytest.mark.django_db]
LINK = ["member", "link"]


@pytest.fixture(autouse=True)
def _database_of_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    # Set up and migrated already, elsewhere than in a data folder.
    monkeypatch.setattr("kundresa.cli.member.open_folder", lambda _data: None)


def test_the_link_lets_choose_a_password() -> None:
    member = make_member("alice@example.se", "Alice Berg")
    ran = CliRunner().invoke(main, [*LINK, "Alice@example.se", "--json"])
    told = json.loads(ran.stdout)
    assert (ran.exit_code, told["email"], told["hours"]) == (0, "alice@example.se", 24)
    path = told["link"].removeprefix("http://127.0.0.1:8600")
    page = Client().get(path, follow=True)
    assert 'name="password1"' in page.content.decode()
    assert AuditLine.objects.filter(
        actor="kundresa member", action="made reset link", subject=member.email
    ).exists()


def test_codes_and_passkeys_go_only_if_told() -> None:
    member = make_member("alice@example.se", "Alice Berg")
    TOTP.activate(member, "JBSWY3DPEHPK3PXP")
    CliRunner().invoke(main, [*LINK, member.email])
    assert Authenticator.objects.count() == 1
    ran = CliRunner().invoke(main, [*LINK, member.email, "--without-second-step"])
    assert "Alice Berg chooses a new password here" in ran.stdout
    assert not Authenticator.objects.exists()


def test_an_address_that_nobody_has_is_told() -> None:
    ran = CliRunner().invoke(main, [*LINK, "nobody@example.se", "--json"])
    assert ran.exit_code == 1
    assert "nobody@example.se" in json.loads(ran.stdout)["error"]["message"]
