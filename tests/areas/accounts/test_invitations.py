"""Inviting and joining: links that are kept as hashes, taken once, and tell what to do when not."""

from __future__ import annotations

import re
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from kundresa.accounts import invitations
from kundresa.accounts.api import Member, Role
from kundresa.accounts.mailing import UndeliveredMail
from kundresa.accounts.models import AuditLine, Department, Invitation, Membership, Notice
from kundresa.accounts.queries import hash_of
from kundresa.accounts.rules import Place
from kundresa.core.clock import now
from kundresa.jobs.models import Job
from tests.areas.accounts.conftest import As, Cast
from tests.areas.accounts.test_members import HTMX, told

pytestmark = pytest.mark.django_db
MEMBERS = "/w/shop/settings/members/"
INVITE = f"{MEMBERS}invite/"
ONE = "/w/shop/settings/invitations/"
PASSWORD = "korta-resor-i-norr"


def chosen(emails: str, **told: Any) -> dict[str, Any]:
    return {"emails": emails, "role": "editor", "sees_customers": "on", "language": "sv", **told}


def links_in(page: str) -> list[str]:
    return re.findall(r"http://localhost(/join/[^/\"]+/)", page)


def invited(cast: Cast, email: str = "new@x.se", role: Role = Role.EDITOR) -> invitations.Invited:
    """Invite one address as Alice does."""
    place = Place(role, sees_customers=True)
    return invitations.invite(cast.shop, [email], place, language="sv", inviter=cast.alice)[0]


@given(
    st.lists(st.from_regex(r"[a-z]{1,8}@[a-z]{1,8}\.se", fullmatch=True), max_size=6),
    st.sampled_from([", ", ";", "\n", " ", "\r\n", ",\n "]),
)
@settings(deadline=None)
def test_a_pasted_list_gives_each_address_once(emails: list[str], between: str) -> None:
    assert invitations.addresses_in(between.join(emails)) == list(dict.fromkeys(emails))
    named = ";".join(f"Åsa Berg <{one.upper()}>" for one in emails)
    assert invitations.addresses_in(named) == list(dict.fromkeys(emails))


def test_only_owners_invite(cast: Cast, browse: As) -> None:
    number = invited(cast).invitation.pk
    for path in (INVITE, f"{ONE}{number}/revoke/", f"{ONE}{number}/link/", f"{ONE}undo/1/"):
        assert browse(cast.bob).post(path, chosen("a@x.se")).status_code == 403
        assert browse(cast.charlie).post(path, chosen("a@x.se")).status_code == 404
    assert Invitation.objects.count() == 1
    assert "new@x.se" not in browse(cast.bob).get(MEMBERS).content.decode()


def test_every_fault_of_every_address_is_told_at_once(cast: Cast, browse: As) -> None:
    invited(cast, "waits@x.se")
    wrong = "fine@x.se, nobody@, BOB@x.se; waits@x.se"
    answer = browse(cast.alice).post(INVITE, chosen(wrong))
    page = answer.content.decode()
    assert answer.status_code == 400
    for fault in ("nobody@ is no", "bob@x.se is a member", "waits@x.se is invited already"):
        assert fault in page
    assert wrong in page, "what was typed stays"
    assert Invitation.objects.count() == 1


def test_without_mail_each_link_is_shown_once_and_kept_as_a_hash(cast: Cast, browse: As) -> None:
    client = browse(cast.alice)
    answer = client.post(INVITE, chosen("a@x.se\nb@x.se"))
    shown = links_in(answer.content.decode())
    assert len(shown) == 2
    assert "no-store" in answer.headers["Cache-Control"]
    kept = set(Invitation.objects.values_list("secret_hash", flat=True))
    assert kept == {hash_of(link.split("/")[2]) for link in shown}
    assert not links_in(client.get(MEMBERS).content.decode())


@pytest.mark.usefixtures("_mail_set_up")
def test_with_mail_the_link_goes_out_in_the_chosen_language(cast: Cast, browse: As) -> None:
    answer = browse(cast.alice).post(INVITE, chosen("a@x.se", role="viewer"), follow=True)
    page = answer.content.decode()
    assert "1 invitation is on its way." in page
    assert not links_in(page)
    job = Job.objects.get(kind="send_mail")
    assert job.payload["language"] == "sv"
    assert job.payload["secret"]["role"] == "viewer"
    number = Invitation.objects.get().pk
    first = Invitation.objects.get().secret_hash
    browse(cast.alice).post(f"{ONE}{number}/send/")
    assert Job.objects.filter(kind="send_mail").count() == 2
    assert Invitation.objects.get().secret_hash != first


@pytest.mark.usefixtures("_mail_set_up")
def test_a_mail_that_came_back_is_told_until_it_is_sent_again(
    cast: Cast, browse: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = invited(cast)
    returned = UndeliveredMail("new@x.se", "invitation", "No such mailbox.", now())
    monkeypatch.setattr(invitations, "undelivered_mails", lambda _since, _workspace: [returned])
    assert "No such mailbox." in browse(cast.alice).get(MEMBERS).content.decode()
    invitations.renew(cast.shop, made.invitation.pk, inviter=cast.alice, by_mail=True)
    assert "No such mailbox." not in browse(cast.alice).get(MEMBERS).content.decode()


@pytest.mark.db
def test_a_new_link_makes_the_one_before_worthless(cast: Cast, browse: As) -> None:
    made = invited(cast)
    answer = browse(cast.alice).post(f"{ONE}{made.invitation.pk}/link/")
    (link,) = links_in(answer.content.decode())
    assert browse(None).get(made.path).status_code == 404
    assert browse(None).get(link).status_code == 200


@pytest.mark.db
def test_a_revoked_invitation_lets_nobody_in_until_that_is_undone(cast: Cast, browse: As) -> None:
    made, client = invited(cast), browse(cast.alice)
    answer = client.post(f"{ONE}{made.invitation.pk}/revoke/", headers=HTMX)
    page = browse(None).get(made.path)
    assert page.status_code == 410
    assert "ask Alice Åberg" in page.content.decode()
    client.post(told(answer)[1], headers=HTMX)
    assert browse(None).get(made.path).status_code == 200


@pytest.mark.db
def test_somebody_new_joins_and_is_signed_in(cast: Cast, browse: As) -> None:
    sales = Department.objects.create(workspace=cast.shop, name="Sales")
    place = Place(Role.COMMENTER, may_send=True, department_id=sales.pk)
    (made,) = invitations.invite(cast.shop, ["new@x.se"], place, language="sv", inviter=cast.alice)
    client = browse(None)
    page = client.get(made.path).content.decode()
    assert all(word in page for word in ("Alice Åberg", "Alice&#x27;s shop", "Commenter"))
    weak = client.post(made.path, {"name": "Nils Ny", "password": "new@x.se"})
    assert weak.status_code == 400
    answer = client.post(made.path, {"name": "Nils Ny", "password": PASSWORD})
    assert answer.headers["Location"] == "/w/shop/maps/"
    assert client.get(MEMBERS).status_code == 200
    member = Member.objects.get(email="new@x.se")
    assert member.check_password(PASSWORD)
    joined = cast.place(member)
    assert (joined.role, joined.sees_customers, joined.may_send) == ("commenter", False, True)
    assert joined.department == sales
    notice = Notice.objects.get()
    assert (notice.member, notice.kind) == (cast.alice, "joined")
    assert notice.facts["name"] == "Nils Ny"
    assert browse(None).get(made.path).status_code == 410, "it lets one person in"


def test_a_member_joins_with_one_click_whoever_it_was_written_to(cast: Cast, browse: As) -> None:
    made, client = invited(cast), browse(cast.charlie)
    page = client.get(made.path).content.decode()
    assert "Join as Charlie Dal" in page
    assert "written to new@x.se" in page
    assert not Membership.objects.filter(workspace=cast.shop, member=cast.charlie).exists()
    assert client.post(made.path).headers["Location"] == "/w/shop/maps/"
    assert cast.place(cast.charlie).role == "editor"
    assert client.get(made.path).headers["Location"] == "/w/shop/maps/"


def test_who_is_here_already_keeps_what_they_are(cast: Cast, browse: As) -> None:
    made = invited(cast, role=Role.OWNER)
    assert browse(cast.vera).post(made.path).headers["Location"] == "/w/shop/maps/"
    assert cast.place(cast.vera).role == "viewer"
    assert browse(None).get(made.path).status_code == 200, "and the place is still free"


def test_a_member_who_is_not_signed_in_is_led_to_the_log_in_and_back(
    cast: Cast, browse: As
) -> None:
    made, client = invited(cast, "charlie@x.se"), browse(None)
    page = client.get(made.path).content.decode()
    assert 'name="next" value="/join/"' in page.replace("\n", " ").replace("  ", "")
    assert 'name="password"' not in page
    secret = made.path.split("/")[2]
    assert secret not in str(dict(client.session))
    client.force_login(cast.charlie, "django.contrib.auth.backends.ModelBackend")
    assert "Join as Charlie Dal" in client.get("/join/").content.decode()
    assert client.post("/join/").headers["Location"] == "/w/shop/maps/"
    assert cast.place(cast.charlie).role == "editor"


def test_an_invitation_runs_out_after_a_week(cast: Cast, browse: As) -> None:
    made = invited(cast)
    held = made.invitation.expires_at - now()
    assert timedelta(days=6, hours=23) < held <= timedelta(days=7)
    Invitation.objects.update(expires_at=now())
    answer = browse(None).get(made.path)
    assert answer.status_code == 410
    assert "Ask Alice Åberg to send a new one" in answer.content.decode()
    assert not invitations.accept(made.invitation, cast.charlie)
    assert "Has run out" in browse(cast.alice).get(MEMBERS).content.decode()


def test_no_secret_leads_nowhere(cast: Cast, browse: As) -> None:
    for path in ("/join/", "/join/nothing/"):
        assert browse(cast.alice).get(path).status_code == 404


def test_each_step_stands_in_the_audit_trail_without_a_secret(cast: Cast, browse: As) -> None:
    made = invited(cast)
    browse(cast.charlie).post(made.path)
    lines = AuditLine.objects.filter(workspace=cast.shop).order_by("id")
    assert [line.action for line in lines][-2:] == ["invited", "joined workspace"]
    assert made.secret not in str(list(lines.values()))


@pytest.mark.db
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_new", [True, False])
def test_of_two_who_take_one_invitation_at_once_one_gets_in(cast: Cast, is_new: bool) -> None:
    made, together, took = invited(cast), Barrier(2), []
    own = [cast.charlie, None if is_new else cast.charlie]

    def take(member: Member | None) -> None:
        together.wait()
        try:
            if member is None:
                took.append(bool(_anew(made.invitation)))
            else:
                took.append(invitations.accept(made.invitation, member))
        finally:
            connection.close()

    threads = [Thread(target=take, args=[member]) for member in own]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(took) == [False, True]
    assert Membership.objects.filter(workspace=cast.shop).count() == 4
    invitation = Invitation.objects.get()
    assert Membership.objects.filter(workspace=cast.shop, member=invitation.accepted_by).exists()
    is_made = Member.objects.filter(email="new@x.se").exists()
    assert is_made == (invitation.accepted_by != cast.charlie), "no account without a place"


def _anew(invitation: Invitation) -> Member | None:
    return invitations.accept_as_new(invitation, name="Nils Ny", password=PASSWORD, language="sv")


def test_the_pages_of_a_link_speak_the_language_of_the_browser(cast: Cast) -> None:
    client = Client(headers={"host": "localhost", "accept-language": "nb"})
    assert "Bli med i" in client.get(invited(cast).path).content.decode()
