"""The list of members: who sees what, what owners change, and that one owner always stays."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from kundresa.accounts import memberships
from kundresa.accounts.api import Member, Right, Role, join
from kundresa.accounts.errors import LastOwnerError
from kundresa.accounts.models import AuditLine, Department, Membership, Notice
from kundresa.accounts.rules import Place, place_from
from tests.areas.accounts.conftest import As, Cast

pytestmark = pytest.mark.django_db
PAGE = "/w/shop/settings/members/"
HTMX = {"HX-Request": "true"}


def told(answer: Any) -> tuple[str, str]:
    """Give the note of an answer, and the address that undoes it."""
    note = json.loads(answer.headers["HX-Trigger"])["tell"]
    return note["text"], note["undo"]


def test_everybody_here_sees_who_is_here_and_viewers_no_addresses(cast: Cast, browse: As) -> None:
    for member, sees in ((cast.alice, True), (cast.bob, True), (cast.vera, False)):
        page = browse(member).get(PAGE).content.decode()
        assert all(name in page for name in ("Alice Åberg", "Bob Ek", "Vera Lind"))
        assert "Charlie" not in page
        assert ("bob@x.se" in page) is sees
    assert browse(cast.charlie).get(PAGE).status_code == 404
    assert browse(None).get(PAGE).status_code == 302


def test_only_owners_change_members(cast: Cast, browse: As) -> None:
    vera = cast.place(cast.vera).pk
    for action in (f"{vera}/", f"{vera}/remove/", "undo/1/"):
        assert browse(cast.bob).post(f"{PAGE}{action}", {"role": "owner"}).status_code == 403
        assert browse(cast.charlie).post(f"{PAGE}{action}", {"role": "owner"}).status_code == 404
    assert browse(cast.alice).get(f"{PAGE}{vera}/").status_code == 405
    assert cast.place(cast.vera).role == "viewer"


def test_a_member_of_another_workspace_is_not_there(cast: Cast, browse: As) -> None:
    theirs = Membership.objects.get(member=cast.charlie).pk
    for action in (f"{theirs}/", f"{theirs}/remove/"):
        answer = browse(cast.alice).post(f"{PAGE}{action}", {"role": "viewer"})
        assert answer.status_code == 404
    assert Membership.objects.get(member=cast.charlie).role == "owner"


@pytest.mark.db
def test_a_change_is_shown_in_its_row_and_can_be_undone(cast: Cast, browse: As) -> None:
    sales = Department.objects.create(workspace=cast.shop, name="Sales")
    bob, client = cast.place(cast.bob), browse(cast.alice)
    chosen = {"role": "commenter", "may_send": "on", "department": sales.pk}
    answer = client.post(f"{PAGE}{bob.pk}/", chosen, headers=HTMX)
    assert f'id="member-{bob.pk}"' in answer.content.decode()
    assert memberships.place_of(cast.place(cast.bob)) == Place(
        Role.COMMENTER, may_send=True, department_id=sales.pk
    )
    text, undo = told(answer)
    assert "Bob Ek" in text
    assert client.post(undo, headers=HTMX).status_code == 204
    assert memberships.place_of(cast.place(cast.bob)) == memberships.place_of(bob)
    line = AuditLine.objects.filter(action="changed membership").earliest("id")
    assert line.actor == f"member:{cast.alice.pk}"
    assert line.details is not None
    assert line.details["before"]["role"] == "editor"


def test_without_script_a_change_leads_back_with_a_button_that_undoes(
    cast: Cast, browse: As
) -> None:
    client, vera = browse(cast.alice), cast.place(cast.vera).pk
    answer = client.post(f"{PAGE}{vera}/remove/", follow=True)
    page = answer.content.decode()
    assert "Vera Lind is no longer in the workspace." in page
    line = AuditLine.objects.get(action="removed member").pk
    assert f'action="{PAGE}undo/{line}/"' in page


@pytest.mark.db
def test_who_was_removed_comes_back_as_they_were(cast: Cast, browse: As) -> None:
    client, before = browse(cast.alice), memberships.place_of(cast.place(cast.bob))
    answer = client.post(f"{PAGE}{cast.place(cast.bob).pk}/remove/", headers=HTMX)
    assert browse(cast.bob).get(PAGE).status_code == 404
    for _again in range(2):
        client.post(told(answer)[1], headers=HTMX)
    assert memberships.place_of(cast.place(cast.bob)) == before


def test_a_department_that_is_gone_or_elsewhere_is_told(cast: Cast, browse: As) -> None:
    theirs = Department.objects.create(workspace=cast.other, name="Theirs")
    bob = cast.place(cast.bob).pk
    chosen = {"role": "viewer", "department": theirs.pk}
    answer = browse(cast.alice).post(f"{PAGE}{bob}/", chosen, headers=HTMX)
    assert answer.status_code == 400
    assert "Choose again" in answer.content.decode()
    assert cast.place(cast.bob).role == "editor"


@pytest.mark.db
def test_the_last_owner_stays(cast: Cast, browse: As) -> None:
    client, alice = browse(cast.alice), cast.place(cast.alice).pk
    changed = client.post(f"{PAGE}{alice}/", {"role": "editor"}, headers=HTMX)
    assert changed.status_code == 400
    assert "Make somebody else an owner first." in changed.content.decode()
    for action in (f"{alice}/remove/", "leave/"):
        assert "Make somebody else" in client.post(f"{PAGE}{action}", follow=True).content.decode()
    assert cast.place(cast.alice).role == "owner"


def test_undoing_never_takes_the_last_owner(cast: Cast, browse: As) -> None:
    client = browse(cast.alice)
    bob = cast.place(cast.bob).pk
    undo = told(client.post(f"{PAGE}{bob}/", {"role": "owner"}, headers=HTMX))[1]
    client.post(f"{PAGE}leave/")
    browse(cast.bob).post(undo, headers=HTMX)
    assert cast.place(cast.bob).role == "owner"


def test_who_gives_the_ownership_away_gets_the_usual_rights(cast: Cast, browse: As) -> None:
    memberships.change_membership(
        cast.shop, cast.place(cast.bob).pk, Place(Role.OWNER), actor="test"
    )
    alice = cast.place(cast.alice).pk
    answer = browse(cast.alice).post(f"{PAGE}{alice}/", {"role": "editor"}, headers=HTMX)
    assert answer.headers["HX-Refresh"] == "true"
    place = memberships.place_of(cast.place(cast.alice))
    assert place == Place(Role.EDITOR, sees_customers=True)


@pytest.mark.db
def test_who_leaves_may_come_back_within_the_hour_but_not_once_removed(
    cast: Cast, browse: As
) -> None:
    client = browse(cast.bob)
    assert client.get("/left/shop/").status_code == 404, "Bob has not left"
    assert client.post(f"{PAGE}leave/").headers["Location"] == "/left/shop/"
    assert "You have left Alice" in client.get("/left/shop/").content.decode()
    assert client.post("/left/shop/").headers["Location"] == "/w/shop/maps/"
    assert cast.place(cast.bob).role == "editor"
    client.post(f"{PAGE}leave/")
    AuditLine.objects.filter(action="left workspace").update(
        at=AuditLine.objects.latest("id").at - timedelta(hours=2)
    )
    assert client.post("/left/shop/").status_code == 404
    vera = browse(cast.vera)
    browse(cast.alice).post(f"{PAGE}{cast.place(cast.vera).pk}/remove/")
    assert vera.post("/left/shop/").status_code == 404


def test_a_member_is_told_of_a_new_role_and_of_being_removed_unless_it_is_undone(
    cast: Cast, browse: As
) -> None:
    client, bob = browse(cast.alice), cast.place(cast.bob).pk
    undo = told(client.post(f"{PAGE}{bob}/", {"role": "viewer"}, headers=HTMX))[1]
    notice = Notice.objects.get(member=cast.bob)
    assert (notice.kind, notice.facts) == ("role_changed", {"role": "viewer", "by": "Alice Åberg"})
    client.post(undo, headers=HTMX)
    assert not Notice.objects.exists()
    client.post(f"{PAGE}{bob}/remove/")
    assert Notice.objects.get(member=cast.bob).kind == "removed"


def test_an_owner_makes_a_link_for_a_member_who_lost_their_password(cast: Cast, browse: As) -> None:
    bob = cast.place(cast.bob).pk
    assert browse(cast.bob).post(f"{PAGE}{bob}/link/").status_code == 403
    page = browse(cast.alice).post(f"{PAGE}{bob}/link/").content.decode()
    (path,) = re.findall(r'value="http://localhost(/[^"]+)"', page)
    answer = browse(None).get(path, follow=True)
    assert 'type="password"' in answer.content.decode()
    assert AuditLine.objects.filter(action="made sign-in link", subject="bob@x.se").exists()


@pytest.mark.db
def test_no_owner_gets_by_a_member_into_workspaces_of_others(cast: Cast, browse: As) -> None:
    join(cast.other, cast.bob, Role.VIEWER, actor="test")
    bob, client = cast.place(cast.bob).pk, browse(cast.alice)
    page = client.post(f"{PAGE}{bob}/link/", follow=True).content.decode()
    assert "only Bob Ek can ask for a new password" in page
    assert f"{PAGE}{bob}/link/" not in page
    assert not AuditLine.objects.filter(action="made sign-in link").exists()


@pytest.mark.db
def test_a_look_is_noted_once_an_hour(cast: Cast, browse: As) -> None:
    client = browse(cast.bob)
    client.get(PAGE)
    first = cast.place(cast.bob).seen_at
    client.get(PAGE)
    assert first is not None
    assert cast.place(cast.bob).seen_at == first
    assert cast.place(cast.vera).seen_at is None


@given(
    st.sampled_from([role for role in Role if role is not Role.GUEST]), st.booleans(), st.booleans()
)
@settings(deadline=None)
def test_a_place_keeps_what_it_tells_and_owners_have_both_rights(
    role: Role, sees: bool, sends: bool
) -> None:
    place = Place(role, sees, sends, 7)
    assert place_from(place.columns()).columns() == place.columns()
    assert place.rights == (
        set(Right)
        if role is Role.OWNER
        else {r for r, given in ((Right.SEE_CUSTOMERS, sees), (Right.SEND, sends)) if given}
    )


@pytest.mark.db
@pytest.mark.django_db(transaction=True)
def test_two_owners_who_demote_each_other_at_once_leave_one(cast: Cast) -> None:
    memberships.change_membership(
        cast.shop, cast.place(cast.bob).pk, Place(Role.OWNER), actor="test"
    )
    together, refused = Barrier(2), []

    def demote(member: Member) -> None:
        number = cast.place(member).pk
        together.wait()
        try:
            memberships.change_membership(cast.shop, number, Place(Role.VIEWER), actor="test")
        except LastOwnerError as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [Thread(target=demote, args=[one]) for one in (cast.alice, cast.bob)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert Membership.objects.filter(workspace=cast.shop, role="owner").count() == 1
