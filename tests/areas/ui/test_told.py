"""What a reader is told when a page fails or a form is refused: our words, in their language."""

from __future__ import annotations

import pytest
from django.test import Client

from kundresa.accounts.api import Member
from kundresa.maps import queries
from tests.support.members import signed_in

pytestmark = pytest.mark.django_db
SWEDISH = {"host": "localhost", "accept-language": "sv"}


def test_a_fault_of_ours_is_told_with_a_way_on(
    owner: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_member: Member) -> None:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr(queries, "workspaces", fail)
    client = Client(headers=SWEDISH, raise_request_exception=False)
    answer = signed_in(client, owner).get("/")
    page = answer.content.decode()
    assert answer.status_code == 500
    assert "<h1>Något gick fel</h1>" in page
    assert 'href="/">Gå till början<' in page
    assert "secret" not in page


def test_a_form_without_its_token_is_refused_in_words() -> None:
    client = Client(headers=SWEDISH, enforce_csrf_checks=True)
    answer = client.post("/i18n/setlang/", {"language": "da"})
    assert answer.status_code == 403
    assert "<h1>Formuläret var för gammalt</h1>" in answer.content.decode()


def test_a_form_with_its_token_is_taken() -> None:
    client = Client(headers=SWEDISH, enforce_csrf_checks=True)
    page = client.get("/patterns/").content.decode()
    token = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    asked = {"language": "da", "next": "/", "csrfmiddlewaretoken": token}
    assert client.post("/i18n/setlang/", asked).status_code == 302
    assert '<html lang="da">' in client.get("/patterns/").content.decode()


def test_a_language_change_leads_nowhere_else() -> None:
    client = Client(headers=SWEDISH)
    answer = client.post("/i18n/setlang/", {"language": "da", "next": "https://evil.example/"})
    assert "evil" not in answer["Location"]
