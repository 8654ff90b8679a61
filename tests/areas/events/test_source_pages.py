"""Sources on their page: made, renamed, closed, opened again; and heard by collect."""

from __future__ import annotations

import pytest
from django.test import Client

from kundresa.accounts.api import Member, Role, Workspace, make_workspace
from kundresa.accounts.models import AuditLine
from kundresa.events.api import make_source, write_keys
from kundresa.events.collect.keys import WriteKeys
from kundresa.events.models import Source
from tests.support.inbox import an_inbox
from tests.support.members import a_member, signed_in

pytestmark = [pytest.mark.db, pytest.mark.django_db(transaction=True)]
PAGE = "/w/shop/settings/sources/"


@pytest.fixture
def shop() -> Workspace:
    return make_workspace("Shop", slug="shop")


@pytest.fixture
def client(shop: Workspace, owner: Member) -> Client:
    return signed_in(Client(headers={"host": "localhost"}), owner)


def test_a_source_is_made_renamed_closed_and_opened_again(client: Client, shop: Workspace) -> None:
    assert client.post(PAGE, {"name": "Till"}).status_code == 302
    one = Source.objects.get(workspace=shop)
    assert one.write_key in client.get(PAGE).content.decode()
    client.post(f"{PAGE}{one.pk}/name/", {"name": "Web shop"})
    answer = client.post(f"{PAGE}{one.pk}/close/")
    assert write_keys(shop.pk) == []
    page = client.get(answer["Location"]).content.decode()
    assert "Web shop is closed" in page
    assert one.write_key not in page
    client.post(f"{PAGE}{one.pk}/open/")
    assert write_keys(shop.pk) == [one.write_key]
    told = AuditLine.objects.filter(workspace=shop, action__contains="a source").order_by("id")
    assert list(told.values_list("action", flat=True)) == [
        "made a source", "renamed a source", "closed a source", "opened a source",
    ]  # fmt: skip
    assert not any(one.write_key in f"{line.subject}{line.details}" for line in told)


def test_a_name_is_needed_and_what_was_typed_stays(client: Client, shop: Workspace) -> None:
    one = make_source(shop.pk, "Till")
    assert client.post(PAGE, {"name": ""}).status_code == 400
    answer = client.post(f"{PAGE}{one.pk}/name/", {"name": "x" * 201})
    assert answer.status_code == 400
    assert "x" * 201 in answer.content.decode()


def test_a_source_of_another_workspace_is_not_there(client: Client, shop: Workspace) -> None:
    other = make_workspace("Other", slug="other")
    theirs = make_source(other.pk, "Theirs")
    for what in ("name", "close", "open"):
        answer = client.post(f"{PAGE}{theirs.pk}/{what}/", {"name": "Mine"})
        assert answer.status_code == 404
    theirs.refresh_from_db()
    assert (theirs.name, theirs.is_open) == ("Theirs", True)
    assert theirs.write_key not in client.get(PAGE).content.decode()


@pytest.mark.parametrize("role", [Role.COMMENTER, Role.VIEWER])
def test_keys_are_shown_to_editors_only(shop: Workspace, role: Role) -> None:
    bob = signed_in(Client(headers={"host": "localhost"}), a_member(shop, role=role, name="Bob"))
    assert bob.get(PAGE).status_code == 403
    assert bob.post(PAGE, {"name": "B"}).status_code == 403


def test_a_source_says_when_it_was_heard(client: Client, shop: Workspace) -> None:
    one, quiet = make_source(shop.pk, "Till"), make_source(shop.pk, "Web")
    with an_inbox() as inbox:
        inbox.tell_heard({one.write_key: 1_772_360_000_000_000, "unknown": 1})
    one.refresh_from_db()
    quiet.refresh_from_db()
    assert (one.heard_at, quiet.heard_at) == (1_772_360_000_000_000, None)
    page = client.get(PAGE).content.decode()
    assert "2026-03-01T10:13:20" in page
    assert "Not heard yet" in page


async def _known(keys: WriteKeys, key: str) -> bool:
    await keys.refresh()
    return await keys.workspace(key) > 0


def test_keys_in_memory_write_down_what_they_heard_and_forget_it(shop: Workspace) -> None:
    import asyncio

    one = make_source(shop.pk, "Till")
    with an_inbox() as inbox:
        keys = WriteKeys(lambda: inbox)
        keys.hear(one.write_key, 1_772_360_000_000_000)
        assert asyncio.run(_known(keys, one.write_key))
    one.refresh_from_db()
    assert one.heard_at == 1_772_360_000_000_000
