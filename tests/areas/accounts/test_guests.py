"""Guests see the one map that their link names, and nothing else; a preview is no visit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client

from kundresa.accounts import guests
from kundresa.accounts.api import GuestSubject, guest_subjects
from kundresa.accounts.models import Guest, GuestLink
from kundresa.accounts.queries import hash_of
from kundresa.core.clock import now
from kundresa.core.settings import settings
from kundresa.events.api import make_source
from kundresa.journeys.api import save_map
from tests.areas.accounts.conftest import As, Cast
from tests.areas.accounts.test_members import HTMX, told
from tests.areas.maps.worked import MAP

pytestmark = pytest.mark.django_db
PAGE = "/w/shop/settings/guests/"
NEW = f"{PAGE}new/"
SEEN = "/w/shop/maps/bicycle/"


@pytest.fixture(autouse=True)
def _maps(cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two maps in the shop, one elsewhere, and nothing recorded."""
    monkeypatch.setenv("KUNDRESA_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    save_map(cast.shop.id, MAP, actor="test")
    save_map(cast.shop.id, MAP.replace("id: bicycle", "id: second"), actor="test")
    save_map(cast.other.id, MAP.replace("id: bicycle", "id: theirs"), actor="test")
    make_source(cast.shop.id, "web")
    yield
    settings.cache_clear()


def chosen(**told: str) -> dict[str, str]:
    return {"subject": "map:bicycle", "name": "The agency", "days": "30", **told}


def a_link(cast: Cast, name: str = "bicycle", **told: bool) -> tuple[GuestLink, str]:
    """Make a link as Bob does, and give the path it has."""
    subject = GuestSubject("map", name, "", "")
    link, secret = guests.make_link(
        cast.shop, subject, "The agency", may_comment=told.get("may_comment", False), days=30,
        maker=cast.bob,
    )  # fmt: skip
    return link, f"/guest/{secret}/"


def test_editors_make_links_and_others_do_not_see_them(cast: Cast, browse: As) -> None:
    for member, status in ((cast.alice, 200), (cast.bob, 200), (cast.vera, 403), (None, 302)):
        assert browse(member).get(PAGE).status_code == status
        assert browse(member).get(NEW).status_code == status
    assert browse(cast.charlie).get(PAGE).status_code == 404
    assert browse(cast.vera).post(NEW, chosen()).status_code == 403
    assert not GuestLink.objects.exists()


def test_a_link_is_shown_once_and_kept_as_a_hash(cast: Cast, browse: As) -> None:
    client = browse(cast.bob)
    page = client.post(NEW, chosen()).content.decode()
    (secret,) = re.findall(r"http://localhost/guest/([^/\"]+)/", page)
    assert GuestLink.objects.get().secret_hash == hash_of(secret)
    assert secret not in client.get(PAGE).content.decode()


def test_only_maps_of_the_workspace_can_be_shared(cast: Cast, browse: As) -> None:
    page = browse(cast.bob).get(NEW, {"subject": "map:second"}).content.decode()
    assert '<option value="map:second" selected>' in page
    assert "map:theirs" not in page
    answer = browse(cast.bob).post(NEW, chosen(subject="map:theirs"))
    assert answer.status_code == 400
    assert not GuestLink.objects.exists()
    assert {one.name for one in guest_subjects.of(cast.shop, "en")} == {"bicycle", "second"}


def test_a_map_leads_its_editors_to_sharing_it(cast: Cast, browse: As) -> None:
    share = f"{NEW}?subject=map:bicycle"
    assert share in browse(cast.bob).get(SEEN).content.decode()
    assert share not in browse(cast.vera).get(SEEN).content.decode()


@pytest.mark.db
def test_a_preview_is_no_visit_and_a_name_is(cast: Cast, browse: As) -> None:
    link, path = a_link(cast)
    client = browse(None)
    page = client.get(path)
    assert page.status_code == 200
    assert not Guest.objects.exists()
    assert client.post(path, {"name": " "}).status_code == 400
    answer = client.post(path, {"name": "Gunn"})
    assert answer.headers["Location"] == SEEN
    assert client.get(path).headers["Location"] == SEEN, "asked once"
    assert [one.visit_count for one in guests.links_of(cast.shop, "en")] == [1]
    assert Guest.objects.get().link == link


@pytest.mark.db
def test_a_guest_sees_exactly_the_one_map(cast: Cast, browse: As) -> None:
    _link, path = a_link(cast)
    client = browse(None)
    client.post(path, {"name": "Gunn"})
    page = client.get(SEEN).content.decode()
    assert "You look as a guest" in page
    assert "Gunn" in page
    for closed in (
        "/w/shop/maps/", "/w/shop/maps/second/", "/w/shop/settings/members/", PAGE, NEW,
        "/w/shop/settings/departments/", "/w/shop/imports/", "/w/charlies/maps/theirs/",
    ):  # fmt: skip
        assert client.get(closed).status_code == 404, closed
        assert f'href="{closed}' not in page, closed
    assert client.post(f"{PAGE}{_link.pk}/revoke/").status_code == 404


def test_a_revoked_or_old_link_lets_nobody_in_and_out_who_was_in(cast: Cast, browse: As) -> None:
    link, path = a_link(cast)
    client, guest = browse(cast.bob), browse(None)
    guest.post(path, {"name": "Gunn"})
    undo = told(client.post(f"{PAGE}{link.pk}/revoke/", headers=HTMX))[1]
    assert guest.get(SEEN).status_code == 302
    assert guest.get(path).status_code == 410
    client.post(undo, headers=HTMX)
    assert guest.get(SEEN).status_code == 200
    GuestLink.objects.update(expires_at=now())
    assert guest.get(SEEN).status_code == 302
    assert "Ask whoever sent it" in browse(None).get(path).content.decode()


def test_a_link_of_another_workspace_is_not_there(cast: Cast, browse: As) -> None:
    link, _path = a_link(cast)
    answer = browse(cast.charlie).post(f"/w/charlies/settings/guests/{link.pk}/revoke/")
    assert answer.status_code == 404
    assert GuestLink.objects.get().is_open


def test_a_link_to_a_map_that_is_gone_says_so(cast: Cast, browse: As) -> None:
    _link, path = a_link(cast, "gone")
    assert browse(None).get(path).status_code == 410
    assert [one.is_open for one in guests.links_of(cast.shop, "en")] == [False]


def test_a_member_goes_straight_to_the_map(cast: Cast, browse: As) -> None:
    _link, path = a_link(cast)
    assert browse(cast.vera).get(path).headers["Location"] == SEEN
    assert browse(cast.charlie).get(path).status_code == 200
    assert not Guest.objects.exists()


def test_the_session_of_a_guest_is_not_one_that_was_there_before(cast: Cast) -> None:
    _link, path = a_link(cast)
    client = Client(headers={"host": "localhost"})
    session = client.session
    session.save()
    client.cookies["sessionid"] = before = session.session_key or ""
    client.post(path, {"name": "Gunn"})
    assert client.session.session_key != before


def test_the_write_key_is_for_those_who_may_change_data(cast: Cast, browse: As) -> None:
    for member, sees in ((cast.alice, True), (cast.bob, True), (cast.vera, False)):
        assert ("writeKey" in browse(member).get(SEEN).content.decode()) is sees
    _link, path = a_link(cast)
    client = browse(None)
    client.post(path, {"name": "Gunn"})
    assert "writeKey" not in client.get(SEEN).content.decode()
