"""Notices: told to whom they concern, in their language, and read once."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.test import Client
from django.utils.translation import override

from kundresa.accounts.api import Member, Role, Workspace, make_workspace, notify, notify_actor
from kundresa.accounts.models import Membership, Notice
from kundresa.accounts.notices import NOTICE_KINDS, notices_of, unread_count
from kundresa.accounts.web.notice_words import in_words
from kundresa.core.errors import BadInputError
from tests.support.members import a_member, signed_in

pytestmark = [pytest.mark.db, pytest.mark.django_db]
IMPORT = {"file": "orders.csv", "events": 1200, "readings": 0}


@pytest.fixture
def shop() -> Workspace:
    return make_workspace("Shop", slug="shop")


@pytest.fixture
def alice(shop: Workspace) -> Member:
    return a_member(shop, name="Alice Ek")


@pytest.fixture
def client(alice: Member) -> Client:
    return signed_in(Client(headers={"host": "localhost"}), alice)


def some_facts(kind: str) -> dict[str, str | int]:
    known: dict[str, str | int] = {"role": "editor", "events": 2, "readings": 1}
    return {name: known.get(name, f"the {name}") for name in NOTICE_KINDS[kind]}


@pytest.mark.parametrize("language", ["en", "sv", "nb", "da"])
@pytest.mark.parametrize("kind", NOTICE_KINDS)
def test_each_kind_has_words_that_tell_its_facts(
    alice: Member, shop: Workspace, kind: str, language: str
) -> None:
    notify(alice, shop, kind, some_facts(kind))
    with override(language):
        said = in_words(Notice.objects.get())
    for name in NOTICE_KINDS[kind] - {"role", "events", "readings"}:
        assert f"the {name}" in said
    assert "%(" not in said
    assert said != f"{kind}: Shop"


def test_faults_are_told_at_once(alice: Member, shop: Workspace) -> None:
    with pytest.raises(BadInputError) as refusal:
        notify(alice, shop, "import_done", {"file": "a", "rows": 3}, "//evil.example/")
    places = {fault.place for fault in refusal.value.faults}
    assert places == {"address", "facts.events", "facts.readings", "facts.rows"}
    assert not Notice.objects.exists()


def test_what_did_not_happen_is_not_told(alice: Member, shop: Workspace) -> None:
    with transaction.atomic():
        notify(alice, shop, "import_done", IMPORT)
        transaction.set_rollback(True)
    assert unread_count(alice) == 0


def test_only_members_are_told_what_they_began(alice: Member, shop: Workspace) -> None:
    stranger = a_member(name="Charlie")
    for actor in ("kundresa", "guest:1", "member:x", f"member:{stranger.pk}"):
        notify_actor(actor, shop.pk, "import_done", IMPORT)
    assert not Notice.objects.exists()
    notify_actor(f"member:{alice.pk}", shop.pk, "import_done", IMPORT, "/w/shop/imports/")
    assert Notice.objects.get().member == alice


def test_who_left_is_told_that_and_nothing_else(alice: Member, shop: Workspace) -> None:
    notify(alice, shop, "import_done", IMPORT)
    Membership.objects.filter(member=alice).delete()
    notify(alice, shop, "removed", {"by": "Bob"})
    assert [one.kind for one in notices_of(alice)] == ["removed"]
    assert unread_count(alice) == 1


def test_opening_marks_it_and_leads_on(client: Client, alice: Member, shop: Workspace) -> None:
    notify(alice, shop, "import_done", IMPORT, "/w/shop/imports/")
    page = client.get("/notices/").content.decode()
    assert "orders.csv is imported: 1,200 events." in " ".join(page.split())
    assert '<span class="count">1</span>' in page
    one = Notice.objects.get()
    answer = client.post(f"/notices/{one.pk}/")
    assert (answer.status_code, answer["Location"]) == (302, "/w/shop/imports/")
    assert '<span class="count">' not in client.get("/notices/").content.decode()


def test_looking_at_a_notice_by_a_link_marks_nothing(
    client: Client, alice: Member, shop: Workspace
) -> None:
    notify(alice, shop, "import_done", IMPORT)
    assert client.get(f"/notices/{Notice.objects.get().pk}/").status_code == 405
    assert unread_count(alice) == 1


def test_nobody_opens_anothers_notice(client: Client, shop: Workspace) -> None:
    bob = a_member(shop, role=Role.EDITOR, name="Bob")
    notify(bob, shop, "import_done", IMPORT, "/w/shop/imports/")
    assert client.post(f"/notices/{Notice.objects.get().pk}/").status_code == 404
    assert client.post("/notices/999999999/").status_code == 404
    client.post("/notices/read/")
    assert unread_count(bob) == 1


def test_marking_all_can_be_taken_back_without_what_was_read_before(
    client: Client, alice: Member, shop: Workspace
) -> None:
    for _ in range(3):
        notify(alice, shop, "import_done", IMPORT)
    first = Notice.objects.order_by("id").first()
    assert first is not None
    client.post(f"/notices/{first.pk}/")
    answer = client.post("/notices/read/")
    assert unread_count(alice) == 0
    page = client.get(answer["Location"]).content.decode()
    moment = page.split('name="read" value="')[1].split('"')[0].replace("&#x2B;", "+")
    client.post("/notices/unread/", {"read": moment})
    assert unread_count(alice) == 2


@pytest.mark.parametrize("written", ["", "yesterday", "2026-13-40T00:00", "2026-01-01T00:00"])
def test_a_wrong_moment_takes_nothing_back(client: Client, written: str) -> None:
    assert client.post("/notices/unread/", {"read": written}).status_code == 302
    assert client.get("/notices/", {"read": written}).status_code == 200


def test_with_nothing_to_tell_it_says_what_will_stand_here(client: Client) -> None:
    assert "Nothing to tell" in client.get("/notices/").content.decode()
