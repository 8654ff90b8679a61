"""Each page as people meet it: dark on a phone in Swedish, on a desk in English, and the others."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Reader
from tests.browser.watch import spilled, too_wide, violations
from tests.support.server import Server

MAP = "/w/bicycles/maps/bicycle/"
PAGES = {
    "start": "/",
    "list": "/w/bicycles/maps/",
    "map": MAP,
    "drawn": "/w/drawn/maps/bicycle/",
    "wrong": f"{MAP}?start=2026-02-31&end=2026-01-05",
    "imports": "/w/bicycles/imports/",
    "absent": "/w/bicycles/maps/none/",
    "me": "/me/",
    "security": "/me/security/",
    "members": "/w/bicycles/settings/members/",
    "invite": "/w/bicycles/settings/members/invite/",
    "guests": "/w/bicycles/settings/guests/",
    "share": "/w/bicycles/settings/guests/new/",
    "departments": "/w/bicycles/settings/departments/",
    "tokens": "/w/bicycles/settings/tokens/",
    "token": "/w/bicycles/settings/tokens/new/",
}
TITLES = {
    "start": "Arbetsytor",
    "list": "Kartor",
    "map": "Jag köper en cykel",
    "drawn": "Jag köper en cykel",
    "imports": "Importer",
    "absent": "Ingenting på den här adressen",
    "security": "Inloggning och säkerhet",
    "members": "Medlemmar",
    "guests": "Gäster",
}


@pytest.mark.parametrize("name", TITLES)
def test_in_swedish_in_the_dark_on_a_phone(server: Server, reader: Reader, name: str) -> None:
    page = reader("sv", scheme="dark", width=390)
    page.goto(server.address + PAGES[name])
    expect(page.locator("html")).to_have_attribute("lang", "sv")
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLES[name])
    assert (
        page.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(13, 17, 23)"
    )
    assert too_wide(page) == []
    assert spilled(page) == []
    assert violations(page) == []


@pytest.mark.parametrize("name", PAGES)
def test_in_english_on_a_desk(server: Server, reader: Reader, name: str) -> None:
    page = reader("en")
    page.goto(server.address + PAGES[name])
    for details in page.locator("summary").all():
        # By keyboard: an open menu may lie over the next one.
        details.press("Enter")
    assert too_wide(page) == []
    assert spilled(page) == []
    assert violations(page) == []


@pytest.mark.parametrize("language", ["nb", "da"])
def test_nothing_sticks_out_in_the_other_languages(
    server: Server, reader: Reader, language: str
) -> None:
    page = reader(language, width=320)
    for address in PAGES.values():
        page.goto(server.address + address)
        for details in page.locator("summary").all():
            # By keyboard: an open menu may lie over the next one.
            details.press("Enter")
        assert too_wide(page) == [], address
        assert spilled(page) == [], address
