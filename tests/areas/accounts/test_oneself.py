"""One's own settings: name, language, time zone, address, sessions."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from kundresa.accounts.api import Member, make_member
from kundresa.accounts.models import AuditLine
from kundresa.core.settings import Settings
from tests.support.members import signed_in

pytestmark = [pytest.mark.django_db]
PASSWORD = "en lång fras om tåg"


@pytest.fixture
def alice(client: Client) -> Member:
    member = make_member("alice@example.se", "Alice Berg", password=PASSWORD)
    client.post("/account/login/", {"login": member.email, "password": PASSWORD})
    return member


def is_in(client: Client) -> bool:
    return client.get("/me/").status_code == 200


def test_a_choice_of_language_shows_at_once(client: Client, alice: Member) -> None:
    told = {"name": "Alice Ek", "language": "sv", "time_zone": "Europe/Stockholm"}
    page = client.post("/me/", told, follow=True)
    assert '<html lang="sv"' in page.content.decode()
    assert "Sparat." in page.content.decode()
    alice.refresh_from_db()
    assert (alice.name, alice.language, alice.time_zone) == tuple(told.values())
    back = client.post("/me/", {**told, "language": ""}, follow=True, HTTP_ACCEPT_LANGUAGE="da")
    assert '<html lang="da"' in back.content.decode()
    assert AuditLine.objects.filter(action="changed own settings").count() == 2


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"language": "fr"}, {"time_zone": "Europe/Atlantis"}]
)
def test_what_can_not_be_kept_is_told(client: Client, alice: Member, wrong: dict[str, str]) -> None:
    answer = client.post("/me/", {"name": "New", **wrong})
    assert answer.status_code == 400
    assert 'aria-invalid="true"' in answer.content.decode()
    alice.refresh_from_db()
    assert alice.name == "Alice Berg"


@pytest.mark.parametrize("path", ["/me/", "/me/security/", "/me/email/", "/me/email/x/"])
def test_a_stranger_is_led_to_the_log_in(client: Client, path: str) -> None:
    make_member("alice@example.se", "Alice Berg")
    assert client.get(path)["Location"].startswith("/account/login/?next=%2Fme%2F")


def change_email(client: Client, new: str) -> Any:
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    return client.post("/me/email/", {"email": new}, follow=True)


def test_without_mail_an_address_changes_at_once(client: Client, alice: Member) -> None:
    assert client.get("/me/email/")["Location"].startswith("/account/reauthenticate/")
    page = change_email(client, "Alice.Ek@Example.se").content.decode()
    assert "Your e-mail is now alice.ek@example.se." in page
    other = Client()
    for email, works in ((alice.email, False), ("alice.ek@example.se", True)):
        other.post("/account/login/", {"login": email, "password": PASSWORD})
        assert is_in(other) is works


def test_an_address_that_somebody_has_is_refused(client: Client, alice: Member) -> None:
    make_member("bob@example.se", "Bob Ek")
    answer = change_email(client, "Bob@example.se")
    assert answer.status_code == 400
    assert "A member has that address already." in answer.content.decode()


def test_with_mail_an_address_changes_by_the_link_that_goes_there(
    client: Client, alice: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    posted: list[tuple[Any, ...]] = []
    monkeypatch.setattr(
        "kundresa.accounts.web.oneself.post_mail", lambda *told: posted.append(told) or True
    )
    change_email(client, "alice.ek@example.se")
    alice.refresh_from_db()
    assert alice.email == "alice@example.se"
    ((to, kind, _, facts),) = posted
    assert (to, kind) == ("alice.ek@example.se", "email_confirm")
    charlie = signed_in(Client(), make_member("charlie@example.se", "Charlie"))
    assert charlie.get(facts["link"]).status_code == 410
    assert "alice.ek@example.se" in client.get(facts["link"]).content.decode()
    client.post(facts["link"])
    alice.refresh_from_db()
    assert alice.email == "alice.ek@example.se"
    assert client.get(facts["link"]).status_code == 410


def test_signing_out_everywhere_else_ends_every_other_session(
    client: Client, alice: Member
) -> None:
    listed, unlisted = Client(HTTP_USER_AGENT="Firefox/1 (Windows)"), Client()
    listed.post("/account/login/", {"login": alice.email, "password": PASSWORD})
    signed_in(unlisted, alice)
    page = client.get("/me/security/").content.decode()
    assert re.search(r"<strong>Firefox\s+·\s+Windows</strong>", page)
    assert page.count("this browser") == 1
    client.post("/me/security/others/")
    assert [is_in(one) for one in (client, listed, unlisted)] == [True, False, False]
    assert "Firefox" not in client.get("/me/security/").content.decode()


def test_a_new_password_ends_every_other_session(client: Client, alice: Member) -> None:
    other = signed_in(Client(), alice)
    told = {"oldpassword": PASSWORD, "password1": "ett helt nytt lösenord"}
    page = client.post("/account/password/change/", told, follow=True)
    assert "Your password is changed." in page.content.decode()
    assert [is_in(one) for one in (client, other)] == [True, False]
    assert AuditLine.objects.filter(action="changed password", subject=alice.email).count() == 1


def test_a_password_that_is_easily_guessed_is_refused(client: Client, alice: Member) -> None:
    told = {"oldpassword": "wrong", "password1": "alice@example.se"}
    page = client.post("/account/password/change/", told).content.decode()
    assert "That is not your current password." in page
    assert "too similar" in page


def test_a_reset_is_mailed_to_a_member_alone(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_member("alice@example.se", "Alice Berg", password=PASSWORD, language="sv")
    told = {"smtp_url": "smtp://mail.example", "mail_from": "kundresa@example.se"}
    monkeypatch.setattr("kundresa.accounts.mailing.settings", lambda: Settings(**told))
    posted: list[tuple[Any, ...]] = []
    monkeypatch.setattr(
        "kundresa.accounts.web.adapters.post_mail", lambda *told: posted.append(told) or True
    )
    assert "Send the link" in client.get("/account/password/reset/").content.decode()
    answers = [
        client.post("/account/password/reset/", {"email": email}, follow=True)
        for email in ("ALICE@example.se", "nobody@example.se")
    ]
    words = [
        re.sub(r"csrf\S+ value=\S+|X-CSRFToken\S+ \S+", "", one.content.decode()) for one in answers
    ]
    assert "Look into your mail" in words[0]
    ((to, kind, language, facts),) = posted
    assert (to, kind, language, facts["hours"]) == ("alice@example.se", "password_reset", "sv", 24)
    assert "Choose a new password" in client.get(facts["link"], follow=True).content.decode()


def test_the_first_owner_keeps_the_language_and_the_time_zone_of_the_browser(
    client: Client,
) -> None:
    from kundresa.accounts.api import new_owner_link

    address = f"/welcome/{new_owner_link()}/"
    assert "At least 8 letters or signs" in client.get(address).content.decode()
    told = {"name": "Åsa Berg", "email": "asa@example.se", "password": PASSWORD,
            "workspace_name": "Åsas båtar", "time_zone": "Europe/Oslo"}  # fmt: skip
    assert client.post(address, told, HTTP_ACCEPT_LANGUAGE="nb").status_code == 302
    found = Member.objects.get()
    assert (found.language, found.time_zone) == ("nb", "Europe/Oslo")
    assert "den" in client.get("/me/security/").content.decode()
