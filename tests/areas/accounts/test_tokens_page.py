"""The page of API tokens: who may open it, what it shows once, and the way back."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from kundresa.accounts.api import Member, Role, Workspace, make_workspace
from kundresa.accounts.models import ApiToken
from kundresa.accounts.tokens import opened_by
from tests.support.api import a_token
from tests.support.members import a_member, signed_in

pytestmark = pytest.mark.django_db
PAGE = "/w/shop/settings/tokens/"
WANTED = {"name": "Nightly fetch", "scopes": ["maps:read", "query"], "days": "30"}


@pytest.fixture
def shop() -> Workspace:
    return make_workspace("Shop", slug="shop")


@pytest.fixture
def alice(shop: Workspace) -> Member:
    return a_member(shop, name="Alice Ek")


@pytest.fixture
def bob(shop: Workspace) -> Member:
    return a_member(shop, role=Role.COMMENTER, name="Bob Dahl")


def as_(member: Member) -> Client:
    return signed_in(Client(), member)


def secret_in(page: bytes) -> str:
    found = re.search(rb'value="(kundresa_[\w-]{43})"', page)
    assert found is not None
    return found[1].decode()


def test_a_token_is_made_shown_once_and_works(bob: Member) -> None:
    client = as_(bob)
    made = client.post(f"{PAGE}new/", WANTED)
    assert (made.status_code, made.headers["Cache-Control"]) == (200, "no-store")
    opened = opened_by(secret_in(made.content))
    assert opened is not None
    assert (opened.token.name, opened.access.member) == ("Nightly fetch", bob)
    assert {scope.value for scope in opened.scopes} == {"maps:read", "query"}
    listed = client.get(PAGE).content.decode()
    assert "Nightly fetch" in listed
    assert secret_in(made.content) not in listed


def test_a_token_is_asked_for_only_what_the_role_may(bob: Member) -> None:
    client = as_(bob)
    page = client.get(f"{PAGE}new/").content.decode()
    assert "maps:read" in page
    assert "maps:write" not in page
    refused = client.post(f"{PAGE}new/", WANTED | {"scopes": ["maps:write"]})
    assert refused.status_code == 400
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"name": "x" * 201}, {"scopes": []}, {"days": "0"}, {"days": "x"}]
)
def test_bad_input_is_told_and_what_was_typed_stays(bob: Member, wrong: dict[str, object]) -> None:
    answer = as_(bob).post(f"{PAGE}new/", WANTED | wrong)
    assert answer.status_code == 400
    assert b'class="error"' in answer.content
    assert b"checked" in answer.content or not (WANTED | wrong)["scopes"]


def test_revoking_can_be_undone_without_script(shop: Workspace, bob: Member) -> None:
    secret, client = a_token(shop, bob), as_(bob)
    number = ApiToken.objects.get().pk
    after = client.post(f"{PAGE}{number}/revoke/", follow=True)
    assert "nightly opens nothing any more." in after.content.decode()
    assert opened_by(secret) is None
    restored = client.post(f"{PAGE}{number}/restore/", follow=True)
    assert "nightly works again." in restored.content.decode()
    assert opened_by(secret) is not None


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.OWNER, 200), (Role.EDITOR, 200), (Role.COMMENTER, 200), (Role.VIEWER, 403)],
)
def test_who_may_open_it(shop: Workspace, role: Role, status: int) -> None:
    client = as_(a_member(shop, role=role, name="Eva Lund"))
    assert client.get(PAGE).status_code == status
    assert client.get(f"{PAGE}new/").status_code == status


def test_owners_see_whose_each_is_and_nobody_else_touches_them(
    shop: Workspace, alice: Member, bob: Member
) -> None:
    secret = a_token(shop, alice, name="hers")
    number = ApiToken.objects.get().pk
    assert "hers" not in as_(bob).get(PAGE).content.decode()
    assert as_(bob).post(f"{PAGE}{number}/revoke/").status_code == 404
    a_token(shop, bob, name="his")
    page = as_(alice).get(PAGE).content.decode()
    assert "Bob Dahl" in page
    assert opened_by(secret) is not None


def test_another_workspace_is_not_there(shop: Workspace, alice: Member) -> None:
    a_token(shop, alice)
    number = ApiToken.objects.get().pk
    other = make_workspace("Other", slug="other")
    carl = as_(a_member(other, name="Carl Nord"))
    assert carl.get(PAGE).status_code == 404
    for path in ("/w/shop", "/w/other"):
        for verb in ("revoke", "restore"):
            address = f"{path}/settings/tokens/{number}/{verb}/"
            assert carl.post(address).status_code == 404
    assert carl.get("/w/other/settings/tokens/?revoked=99999999999999999999").status_code == 200
    assert Client().get(PAGE).headers["Location"].startswith("/account/login/")


def test_reading_changes_nothing(shop: Workspace, bob: Member) -> None:
    a_token(shop, bob)
    number = ApiToken.objects.get().pk
    assert as_(bob).get(f"{PAGE}{number}/revoke/").status_code == 405
