"""The settings of a workspace, where they begin, and making another one."""

from __future__ import annotations

import pytest
from django.test import Client

from kundresa.accounts.api import Member, Role, Workspace, make_workspace
from kundresa.accounts.models import AuditLine, Membership
from tests.support.members import a_member, signed_in

pytestmark = [pytest.mark.db, pytest.mark.django_db]
PAGE = "/w/shop/settings/workspace/"


@pytest.fixture
def shop() -> Workspace:
    return make_workspace("Shop", slug="shop")


@pytest.fixture
def alice(shop: Workspace) -> Member:
    return a_member(shop, name="Alice Ek")


@pytest.fixture
def client(alice: Member) -> Client:
    return signed_in(Client(headers={"host": "localhost"}), alice)


def changed(client: Client, **told: str) -> int:
    form = {"name": "Shop", "language": "", "time_zone": "", **told}
    return client.post(PAGE, form).status_code


def test_an_owner_changes_it_and_the_trail_tells(
    client: Client, shop: Workspace, alice: Member
) -> None:
    assert changed(client, name="Bikes", language="sv", time_zone="Europe/Oslo") == 302
    shop.refresh_from_db()
    assert (shop.name, shop.language, shop.time_zone) == ("Bikes", "sv", "Europe/Oslo")
    assert shop.slug == "shop"
    line = AuditLine.objects.get(action="changed workspace")
    assert line.actor == f"member:{alice.pk}"
    assert line.details["before"] == {"name": "Shop", "language": "", "time_zone": ""}
    assert line.details["after"]["language"] == "sv"


def test_what_stays_the_same_leaves_no_line(client: Client) -> None:
    assert changed(client) == 302
    assert not AuditLine.objects.filter(action="changed workspace").exists()


def test_what_is_wrong_is_told_and_kept(client: Client, shop: Workspace) -> None:
    answer = client.post(PAGE, {"name": "", "language": "fi", "time_zone": "Mars/Base"})
    assert answer.status_code == 400
    assert answer.content.decode().count('class="error"') == 3
    shop.refresh_from_db()
    assert shop.name == "Shop"


def test_the_settings_begin_with_what_one_may_open(shop: Workspace) -> None:
    for role in (Role.OWNER, Role.VIEWER):
        reader = signed_in(Client(headers={"host": "localhost"}), a_member(shop, role=role))
        answer = reader.get("/w/shop/settings/")
        assert answer.status_code == 302
        assert reader.get(answer["Location"]).status_code == 200


def test_an_owner_makes_another_and_owns_it(client: Client, alice: Member) -> None:
    answer = client.post("/workspaces/new/", {"name": "Åsas båtar", "language": "sv"})
    assert (answer.status_code, answer["Location"]) == (302, "/w/asas-batar/maps/")
    made = Membership.objects.get(workspace__slug="asas-batar")
    assert (made.member, made.role, made.workspace.language) == (alice, "owner", "sv")


@pytest.mark.parametrize(
    ("name", "slug"), [("Shop", "shop-2"), ("日本", "workspace"), ("x" * 200, "x" * 50)]
)
def test_an_address_is_found_for_every_name(client: Client, name: str, slug: str) -> None:
    client.post("/workspaces/new/", {"name": name, "language": "en"})
    assert Workspace.objects.filter(name=name, slug=slug).exists()


def test_who_owns_nothing_makes_none(shop: Workspace) -> None:
    bob = signed_in(Client(headers={"host": "localhost"}), a_member(shop, role=Role.EDITOR))
    assert bob.get("/workspaces/new/").status_code == 403
    assert bob.post("/workspaces/new/", {"name": "B", "language": "en"}).status_code == 403
    assert Workspace.objects.count() == 1
