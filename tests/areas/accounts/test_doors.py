"""The door against whoever tries it: methods, names of hosts, other servers, other sites."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from kundresa.accounts.access import access_of_scope
from kundresa.accounts.api import Member, Role, Workspace, ensure_demo_owner, make_workspace
from kundresa.core.settings import settings
from tests.support.members import a_member, signed_in

pytestmark = pytest.mark.django_db
HOST = {"host": "localhost"}


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("KUNDRESA_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def shop() -> Workspace:
    return make_workspace("Shop", slug="shop")


@pytest.fixture
def alice(shop: Workspace) -> Member:
    return a_member(shop, name="Alice Ek")


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE", "PROPFIND"])
def test_no_method_goes_around_the_door(shop: Workspace, alice: Member, method: str) -> None:
    viewer = signed_in(Client(headers=HOST), a_member(shop, role=Role.VIEWER, name="Vera"))
    stranger = Client(headers=HOST)
    assert viewer.generic(method, "/w/shop/settings/audit/").status_code == 403
    assert stranger.generic(method, "/w/shop/settings/audit/").status_code in {302, 401}


def test_a_method_that_is_only_told_does_not_count(shop: Workspace, alice: Member) -> None:
    """A change that says it only looks is a change."""
    viewer = signed_in(Client(headers=HOST), a_member(shop, role=Role.VIEWER, name="Vera"))
    told = {"x-http-method-override": "GET", "x-method-override": "GET"}
    answer = viewer.post("/w/shop/imports/?_method=GET", {"_method": "GET"}, headers=told)
    assert answer.status_code == 403


@pytest.mark.parametrize("slug", ["shop", "nowhere"])
def test_a_missing_stroke_tells_nothing_of_a_workspace(
    shop: Workspace, alice: Member, slug: str
) -> None:
    bob = signed_in(Client(headers=HOST), a_member(make_workspace("Bob"), name="Bob"))
    answer = bob.get(f"/w/{slug}/settings/audit")
    assert (answer.status_code, answer["Location"]) == (301, f"/w/{slug}/settings/audit/")
    assert bob.get(f"/w/{slug}/no/such/page/").status_code == 404


@pytest.mark.parametrize("address", ["//evil.example/w/shop/maps", "/\\evil.example/maps/"])
def test_no_address_leads_to_another_site(alice: Member, address: str) -> None:
    for client in (Client(headers=HOST), signed_in(Client(headers=HOST), alice)):
        where = client.generic("GET", address).headers.get("Location", "")
        assert not where.startswith(("//", "/\\", "http"))


@pytest.mark.parametrize(
    "next_one", ["https://evil.example/", "//evil.example/", "/\\evil.example"]
)
def test_after_the_log_in_one_stays_here(alice: Member, next_one: str) -> None:
    client = signed_in(Client(headers=HOST), alice)
    answers = [
        client.get("/account/login/", {"next": next_one}),
        client.post("/i18n/setlang/", {"language": "sv", "next": next_one}),
        client.post("/look/", {"look": "dark", "next": next_one}),
    ]
    for answer in answers:
        assert "evil" not in answer.headers.get("Location", "")


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "localhost@evil.example"]
)
def test_another_name_of_a_host_is_not_answered(alice: Member, host: str) -> None:
    client = signed_in(Client(), alice)
    assert client.get("/w/shop/maps/", headers={"host": host}).status_code == 400


def test_a_change_from_another_site_is_refused(shop: Workspace, alice: Member) -> None:
    client = signed_in(Client(enforce_csrf_checks=True, headers=HOST), alice)
    assert client.put("/w/shop/imports/upload/?name=a.csv", b"a,b\n1,2\n").status_code == 403
    assert client.post("/w/shop/settings/workspace/", {"name": "Taken"}).status_code == 403
    assert client.post("/notices/read/").status_code == 403
    shop.refresh_from_db()
    assert shop.name == "Shop"


def test_what_is_for_few_is_kept_by_no_cache_on_the_way(shop: Workspace, alice: Member) -> None:
    client = signed_in(Client(headers=HOST), alice)
    for address in ("/", "/w/shop/maps/", "/w/shop/settings/audit.csv", "/notices/"):
        answer = client.get(address)
        b"".join(answer)
        assert "private" in answer["Cache-Control"], address


# --- the demo -------------------------------------------------------------------------------------


@pytest.fixture
def demo(shop: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """The demo, which signs in whoever sits at its machine."""
    monkeypatch.setenv("KUNDRESA_DEMO", "true")
    settings.cache_clear()
    ensure_demo_owner([shop])
    return shop


def scope(version: str = "1.1", client: str = "127.0.0.1", **headers: str) -> dict[str, Any]:
    told = {"host": "localhost:8600", **headers}
    return {
        "type": "http", "method": "PUT", "path": "/", "query_string": b"", "client": (client, 5000),
        "http_version": version,
        "headers": [(name.replace("_", "-").encode(), text.encode()) for name, text in told.items()],
    }  # fmt: skip


def test_the_demo_knows_who_sits_at_its_machine(demo: Workspace) -> None:
    assert access_of_scope(scope(), "shop").role is Role.OWNER
    assert Client(headers=HOST).get("/w/shop/maps/").status_code == 200


@pytest.mark.parametrize(
    "asked",
    [
        scope(client="192.168.1.7"),
        scope(host="demo.example"),
        scope(host="localhost.evil.example"),
        scope(x_forwarded_for="203.0.113.9"),
        scope(forwarded="for=203.0.113.9"),
        scope(via="1.1 proxy"),
        scope(version="1.0"),
    ],
    ids=["machine", "host", "like-host", "forwarded-for", "forwarded", "via", "old-protocol"],
)
def test_the_demo_lets_nobody_else_in(demo: Workspace, asked: dict[str, Any]) -> None:
    assert access_of_scope(asked, "shop").role is None
