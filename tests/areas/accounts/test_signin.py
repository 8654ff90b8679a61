"""Signing in: by password, by code, by link; and who may not."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.db import connection
from django.test import Client
from django.urls import reverse

from kundresa.accounts.api import Member, make_member, reset_link_for
from kundresa.accounts.models import AuditLine
from kundresa.accounts.web import signin_urls
from tests.support.members import signed_in

pytestmark = [pytest.mark.db, pytest.mark.django_db]
ON_THEIR_WAY_IN = {
    "account_login", "account_logout", "account_inactive", "account_reset_password",
    "account_reset_password_done", "account_reset_password_from_key",
    "account_reset_password_from_key_done", "mfa_authenticate", "mfa_login_webauthn",
    "openid_connect_login", "openid_connect_callback", "socialaccount_login_cancelled",
}  # fmt: skip
PASSWORD = "en lång fras om tåg"
LOG_IN = "/account/login/"


@pytest.fixture
def alice() -> Member:
    return make_member("alice@example.se", "Alice Berg", password=PASSWORD)


def log_in(client: Client, password: str = PASSWORD, **told: str) -> Any:
    return client.post(LOG_IN, {"login": "Alice@Example.se", "password": password, **told})


def is_in(client: Client) -> bool:
    return client.get("/me/").status_code == 200


def code_now(secret: str, steps: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def test_a_member_logs_in_and_out(client: Client, alice: Member) -> None:
    assert not is_in(client)
    answer = log_in(client)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert is_in(client)
    assert "Log out?" in client.get("/account/logout/").content.decode()
    client.post("/account/logout/")
    assert not is_in(client)


def test_a_wrong_password_is_told_without_saying_which_part_is_wrong(
    client: Client, alice: Member
) -> None:
    known = log_in(client, "wrong")
    unknown = client.post(LOG_IN, {"login": "nobody@example.se", "password": "wrong"})
    words = "E-mail and password don&#x27;t belong together. Try again."
    assert words in known.content.decode()
    assert words in unknown.content.decode()
    assert 'value="alice@example.se"' in known.content.decode().lower()
    assert not is_in(client)


def test_a_closed_account_lets_nobody_in(client: Client, alice: Member) -> None:
    alice.is_active = False
    alice.save()
    answer = client.post(LOG_IN, {"login": alice.email, "password": PASSWORD}, follow=True)
    assert not is_in(client)
    assert "Your account is closed" in answer.content.decode()


@pytest.mark.parametrize(
    ("asked", "led"),
    [
        ("/w/shop/maps/?a=1", "/w/shop/maps/?a=1"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("http://localhost:9999/", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_next_leads_to_our_own_pages_alone(
    client: Client, alice: Member, asked: str, led: str
) -> None:
    assert log_in(client, next=asked)["Location"] == led


def test_the_session_gets_a_new_key(client: Client, alice: Member) -> None:
    session = client.session
    session["seen"] = True
    session.save()
    before = session.session_key
    log_in(client)
    assert before != client.session.session_key


def test_there_is_no_way_in_without_an_invitation(client: Client) -> None:
    for path in ("/account/signup/", "/account/email/", "/account/3rdparty/signup/"):
        assert client.get(path).status_code == 404


def test_too_many_wrong_passwords_close_the_door_in_every_process(
    client: Client, alice: Member
) -> None:
    for _ in range(5):
        log_in(client, "wrong")
    answer = log_in(client)
    assert "That was tried too often." in answer.content.decode()
    assert not is_in(client)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_cache WHERE cache_key LIKE '%login_failed%'")
        assert cursor.fetchone()[0] == 2


def test_one_machine_cannot_try_all_addresses(client: Client) -> None:
    for number in range(10):
        client.post(LOG_IN, {"login": f"m{number}@example.se", "password": "x"})
    told = {"login": "one-more@example.se", "password": "x"}
    assert "too often" in client.post(LOG_IN, told).content.decode()
    assert "too often" not in client.post(LOG_IN, told, REMOTE_ADDR="10.9.8.7").content.decode()


class TestCodes:
    """The second step."""

    @pytest.fixture
    def secret(self, alice: Member) -> str:
        secret = "JBSWY3DPEHPK3PXP"
        TOTP.activate(alice, secret)
        RecoveryCodes.activate(alice)
        return secret

    def test_a_code_is_asked_for_and_lets_in(self, client: Client, secret: str) -> None:
        assert log_in(client, next="/me/security/")["Location"].startswith(
            "/account/2fa/authenticate/"
        )
        assert not is_in(client)
        page = client.get("/account/2fa/authenticate/").content.decode()
        assert "One more step" in page
        wrong = client.post("/account/2fa/authenticate/", {"code": "000000"})
        assert "That code doesn&#x27;t fit." in wrong.content.decode()
        answer = client.post("/account/2fa/authenticate/", {"code": code_now(secret)})
        assert answer["Location"] == "/me/security/"
        assert is_in(client)

    def test_a_code_of_the_app_works_once(self, client: Client, secret: str) -> None:
        code = code_now(secret)
        for works in (True, False):
            log_in(client)
            client.post("/account/2fa/authenticate/", {"code": code})
            assert is_in(client) is works
            client.post("/account/logout/")

    def test_a_recovery_code_works_once(self, client: Client, alice: Member, secret: str) -> None:
        found = Authenticator.objects.get(user=alice, type="recovery_codes")
        code = found.wrap().get_unused_codes()[0]
        for works in (True, False):
            log_in(client)
            client.post("/account/2fa/authenticate/", {"code": code})
            assert is_in(client) is works
            client.post("/account/logout/")

    def test_codes_are_turned_on_and_off(self, client: Client, alice: Member) -> None:
        log_in(client)
        client.post("/account/reauthenticate/", {"password": PASSWORD})
        page = client.get("/account/2fa/totp/activate/").content.decode()
        assert 'src="data:image/svg+xml;base64,' in page
        secret = re.findall(r'value="([A-Z2-7]{16,})"', page)[0]
        answer = client.post("/account/2fa/totp/activate/", {"code": code_now(secret)})
        assert answer["Location"] == "/account/2fa/recovery-codes/"
        kept = Authenticator.objects.values_list("data", flat=True)
        assert not any(secret in str(one) for one in kept), "whoever reads it could make codes"
        codes = re.findall(r"<li>(\d{8})</li>", client.get(answer["Location"]).content.decode())
        assert len(codes) == 10
        file = client.get("/account/2fa/recovery-codes/download/")
        assert re.findall(r"\d{8}", file.content.decode()) == codes
        assert "10 recovery codes left" in client.get("/me/security/").content.decode()
        client.post("/account/2fa/totp/deactivate/")
        assert not Authenticator.objects.filter(user=alice).exists()
        actions = AuditLine.objects.filter(subject=alice.email).values_list("action", flat=True)
        assert {"turned on totp", "turned off totp"} <= set(actions)

    def test_changing_them_asks_who_one_is(self, client: Client, alice: Member) -> None:
        signed_in(client, alice)
        answer = client.get("/account/2fa/totp/activate/")
        assert answer["Location"].startswith("/account/reauthenticate/?next=")
        wrong = client.post(answer["Location"], {"password": "wrong"})
        assert "That is not your password." in wrong.content.decode()
        told = {"password": PASSWORD, "next": "/account/2fa/totp/activate/"}
        assert client.post(answer["Location"], told)["Location"] == told["next"]


class TestResetLinks:
    """A new password by a link."""

    def test_a_link_lets_choose_a_password_once(self, client: Client, alice: Member) -> None:
        link = reset_link_for(alice)
        page = client.get(link, follow=True)
        path = page.redirect_chain[-1][0]
        bad = client.post(path, {"password1": "alice"})
        assert "too short" in bad.content.decode()
        done = client.post(path, {"password1": "ett helt nytt lösenord"})
        assert done["Location"] == "/account/password/reset/key/done/"
        assert "Your new password is set" in client.get(done["Location"]).content.decode()
        assert not is_in(client)
        log_in(client, "ett helt nytt lösenord")
        assert is_in(client)
        assert "no longer works" in client.get(link, follow=True).content.decode()

    def test_a_link_of_somebody_else_or_made_up_opens_nothing(
        self, client: Client, alice: Member
    ) -> None:
        link = reset_link_for(alice)
        made_up = link.replace("key/", "key/z")
        assert "no longer works" in client.get(made_up, follow=True).content.decode()

    def test_without_mail_the_page_says_who_can_help(self, client: Client, alice: Member) -> None:
        page = client.get("/account/password/reset/").content.decode()
        assert "Ask an owner of your workspace" in page
        assert "kundresa member link" in page
        assert 'name="email"' not in page
        answers = [
            client.post("/account/password/reset/", {"email": email})
            for email in (alice.email, "nobody@example.se")
        ]
        assert len({(one.status_code, one["Location"]) for one in answers}) == 1


@pytest.mark.parametrize("pattern", signin_urls.urlpatterns, ids=lambda one: one.name)
def test_each_page_of_the_log_in_answers_members_or_those_on_their_way_in(
    client: Client, alice: Member, pattern: Any
) -> None:
    told = {"uidb36": "1", "key": "made-up", "pk": 1, "provider_id": "none"}
    names = pattern.pattern.regex.groupindex or pattern.pattern.converters
    answer = client.get(reverse(pattern.name, kwargs={name: told[name] for name in names}))
    is_for_members = answer.headers.get("Location", "").startswith("/account/login/?next=")
    assert is_for_members is (pattern.name not in ON_THEIR_WAY_IN)


def test_a_page_of_the_log_in_speaks_swedish(client: Client) -> None:
    page = client.get(LOG_IN, HTTP_ACCEPT_LANGUAGE="sv").content.decode()
    assert "Välkommen tillbaka" in page
