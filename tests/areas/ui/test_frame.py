"""The frame shows a member what the area of the members says, and everybody else what it did."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from kundresa.ui.context import frame
from kundresa.ui.contracts import Frame, FrameSource, Tab, frame_source
from kundresa.ui.names import initials_of, role_in_words

HOST = {"host": "localhost"}
PAGE = "{% extends 'ui/base.html' %}{% block content %}here{% endblock %}"
EVERYTHING = Frame(
    workspaces=[Tab("Alfa", "/w/alfa/", True), Tab("Beta", "/w/beta/")],
    own_settings="/me/",
    log_out="/out/",
    notices="/notices/",
    unread=3,
    is_simulated=True,
)


def access(role: str = "editor") -> Any:
    member = SimpleNamespace(name="Bob Berg", initials="BB")
    return SimpleNamespace(member=member, workspace=SimpleNamespace(name="Alfa"), role=role)


@pytest.fixture
def asked() -> Iterator[list[object]]:
    """What the frame was asked for, while its source is one that answers with everything."""
    before, requests = frame_source._ask, []

    def ask(request: object) -> Frame:
        requests.append(request)
        return EVERYTHING

    frame_source.fill(ask)
    yield requests
    frame_source.fill(before)


def page_for(member_access: Any, shown: Frame | None) -> str:
    request = RequestFactory().get("/somewhere/")
    given_too = {"request": request, "csrf_token": "t0ken", "LANGUAGES": [("en", "English")]}
    context = Context(given_too | {"access": member_access, "frame": shown})
    return Template(PAGE).render(context)


def test_a_member_sees_what_is_offered() -> None:
    page = page_for(access(), EVERYTHING)
    for said in ("Bob Berg", "BB", "Editor", 'href="/w/beta/"', 'href="/me/"', 'href="/notices/"'):
        assert said in page
    assert '<form method="post" action="/out/">' in " ".join(page.split())
    assert page.count('value="t0ken"') >= 1
    assert '<span class="count">3</span>' in page
    assert "Simulated data" in page


def test_what_is_not_offered_is_not_shown() -> None:
    page = page_for(access(), Frame(workspaces=[Tab("Alfa", "/w/alfa/", True)]))
    for said in ("/out/", 'class="bell"', "switcher", "Simulated data", "Your settings"):
        assert said not in page
    assert "Bob Berg" in page


def test_without_a_member_there_is_the_choice_of_language_alone() -> None:
    for shown in (None, EVERYTHING):
        page = page_for(None, shown)
        assert "Language and look" in page
        for said in ('class="bell"', "Log out", "avatar"):
            assert said not in page


def test_a_name_is_text() -> None:
    found = access()
    found.member.name = found.member.initials = found.workspace.name = "<script>x</script>"
    page = page_for(found, Frame(workspaces=[Tab("<script>y</script>", "/w/")] * 2))
    assert "<script>x" not in page
    assert "<script>y" not in page


@pytest.mark.parametrize(("unread", "shown"), [(0, None), (1, "1"), (99, "99"), (100, "99+")])
def test_the_count_of_notices_keeps_its_room(unread: int, shown: str | None) -> None:
    page = page_for(access(), Frame(notices="/notices/", unread=unread))
    assert ('class="count"' in page) == (shown is not None)
    if shown:
        assert f'<span class="count">{shown}</span>' in page


@pytest.mark.django_db
def test_the_source_is_asked_for_pages_and_not_for_parts(asked: list[object]) -> None:
    client = Client(headers=HOST)
    assert "Simulated data" in client.get("/patterns/empty/").content.decode()
    assert len(asked) == 1
    client.get("/patterns/work/")
    assert len(asked) == 1


def test_without_a_source_there_is_no_frame() -> None:
    assert FrameSource().frame_of(object()) is None
    found = frame(RequestFactory().get("/"))
    assert not found["frame"]
    assert found["access"] is None


@given(st.text(max_size=40))
def test_initials_are_short_for_every_name(name: str) -> None:
    assert 1 <= len(initials_of(name)) <= 6
    assert not any(letter.isspace() for letter in initials_of(name))


@override("en")
def test_a_role_that_is_not_known_stands_as_it_is() -> None:
    assert str(role_in_words("owner")) == "Owner"
    assert role_in_words("auditor") == "auditor"
