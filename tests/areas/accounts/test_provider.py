"""Signing in with an account of the company: through the real callback, against a real provider."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.test import Client

from kundresa.accounts.api import Member, Role, make_member, make_workspace
from kundresa.accounts.models import Invitation, Membership
from kundresa.core.clock import now
from kundresa.core.settings import read_settings
from kundresa.project.django_settings import provider_apps
from tests.support.oidc_provider import Provider, a_provider

pytestmark = [pytest.mark.django_db]
LOG_IN = "/account/oidc/company/login/"


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with a_provider() as found:
        yield found


def told_of(provider: Provider) -> dict[str, Any]:
    return {"openid_connect": {"APPS": provider_apps(read_settings(provider.variables()))}}


@pytest.fixture
def provider(running: Provider, settings: Any) -> Provider:
    settings.SOCIALACCOUNT_PROVIDERS = told_of(running)
    running.person = {"sub": "7", "email": "Bob@Example.se", "email_verified": True, "name": "Bob"}
    return running


@pytest.fixture
def bob() -> Member:
    return make_member("bob@example.se", "Bob Ek", password="en lång fras om tåg")


def come_back(client: Client, begin: str = LOG_IN) -> Any:
    """Go to the provider and come back, as a browser does."""
    away = client.get(begin)["Location"]
    back = httpx.get(away, trust_env=False, follow_redirects=False).headers["Location"]
    return client.get(back.removeprefix("http://testserver"))


def who(client: Client) -> str:
    found = client.get("/me/")
    return found.context["member"].email if found.status_code == 200 else ""


def test_the_log_in_has_a_button_only_where_a_provider_is_set_up(
    client: Client, provider: Provider, settings: Any
) -> None:
    page = client.get("/account/login/?next=/me/").content.decode()
    assert "Log in with Firma" in page
    assert f'href="{LOG_IN}?next=%2Fme%2F"' in page.replace("&amp;", "&")
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": []}}
    assert "Log in with Firma" not in client.get("/account/login/").content.decode()
    assert client.get(LOG_IN).status_code == 404


def test_a_member_is_found_by_the_address_and_keeps_the_password(
    client: Client, provider: Provider, bob: Member
) -> None:
    assert come_back(client, f"{LOG_IN}?next=/me/")["Location"] == "/me/"
    assert who(client) == bob.email
    bob.refresh_from_db()
    assert bob.check_password("en lång fras om tåg")


def test_a_member_is_found_again_when_the_address_has_changed(
    client: Client, provider: Provider, bob: Member
) -> None:
    come_back(client)
    provider.person["email"] = "robert@example.se"
    other = Client()
    come_back(other)
    assert who(other) == bob.email


def test_an_address_that_nobody_vouches_for_opens_nothing(
    client: Client, provider: Provider, bob: Member
) -> None:
    provider.person["email_verified"] = False
    assert "There is no account for you yet" in come_back(client).content.decode()
    assert who(client) == ""


def test_a_stranger_makes_no_account(client: Client, provider: Provider) -> None:
    assert "There is no account for you yet" in come_back(client).content.decode()
    assert not Member.objects.exists()


def test_who_is_invited_becomes_a_member_with_that_role(client: Client, provider: Provider) -> None:
    workspace = make_workspace("Shop")
    invitation = Invitation.objects.create(
        workspace=workspace, email="bob@example.se", role=Role.EDITOR.value, may_send=True,
        secret_hash="0" * 64, expires_at=now() + timedelta(days=1),
    )  # fmt: skip
    come_back(client)
    assert who(client) == "bob@example.se"
    membership = Membership.objects.get(member__email="bob@example.se")
    assert (membership.role, membership.may_send, membership.sees_customers) == (
        "editor", True, False,
    )  # fmt: skip
    invitation.refresh_from_db()
    assert invitation.accepted_by == membership.member
    assert membership.member.name == "Bob"


@pytest.mark.parametrize("change", [{"revoked_at": now()}, {"expires_at": now()}])
def test_an_invitation_that_is_over_lets_nobody_in(
    client: Client, provider: Provider, change: dict[str, Any]
) -> None:
    told = {"expires_at": now() + timedelta(days=1), **change}
    workspace = make_workspace("Shop")
    Invitation.objects.create(
        workspace=workspace, email="bob@example.se", secret_hash="0" * 64, **told
    )
    come_back(client)
    assert who(client) == ""


def test_a_closed_account_stays_closed(client: Client, provider: Provider, bob: Member) -> None:
    bob.is_active = False
    bob.save()
    assert come_back(client)["Location"] == "/account/inactive/"
    assert who(client) == ""


def test_a_callback_that_nobody_asked_for_is_told(client: Client, provider: Provider) -> None:
    answer = client.get(f"{LOG_IN}callback/?code=code-1&state=made-up")
    assert answer.status_code == 401
    assert "Firma didn't let Kundresa know who you are." in answer.content.decode()


def test_a_log_in_that_was_stopped_is_told(client: Client, provider: Provider) -> None:
    away = client.get(LOG_IN)["Location"]
    state = httpx.URL(away).params["state"]
    answer = client.get(f"{LOG_IN}callback/?error=access_denied&state={state}", follow=True)
    assert "You stopped the log-in" in answer.content.decode()


def test_a_provider_that_does_not_answer_is_told(client: Client, settings: Any) -> None:
    with a_provider() as gone:
        settings.SOCIALACCOUNT_PROVIDERS = told_of(gone)
    answer = client.get(LOG_IN)
    assert answer.status_code == 401
    assert "Firma didn't let Kundresa know who you are." in answer.content.decode()
