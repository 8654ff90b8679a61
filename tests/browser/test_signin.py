"""A passkey from its making to the log-in with it, on a device that the browser plays."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Reader
from tests.browser.watch import violations
from tests.support.server import Server

PASSWORD = "en lång fras om tåg"
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def log_in(page: Page, address: str) -> None:
    page.goto(f"{address}/account/login/?next=/me/security/")
    page.get_by_label("E-mail").fill("passkey@example.se")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_label("Password")).to_have_attribute("type", "text")
    page.get_by_role("button", name="Log in", exact=True).click()


def test_a_passkey_is_made_and_then_lets_in(server: Server, reader: Reader) -> None:
    page = reader(role="")
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    # A passkey belongs to a name; the number of a machine has none.
    address = server.address.replace("127.0.0.1", "localhost")

    log_in(page, address)
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Name", exact=True).fill("Work laptop")
    assert violations(page) == []
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    expect(page.locator(".codes li")).to_have_count(10)
    page.get_by_role("link", name="Done").click()
    expect(page.get_by_text("Work laptop", exact=True)).to_be_visible()
    assert violations(page) == []

    page.goto(f"{address}/account/logout/")
    page.get_by_role("button", name="Log out").click()
    page.goto(f"{address}/account/login/?next=/me/security/")
    page.get_by_role("button", name="Log in with a passkey").click()
    expect(page).to_have_url(re.compile("/me/security/$"))
    expect(page.get_by_text("last used")).to_be_visible()

    page.goto(f"{address}/account/logout/")
    page.get_by_role("button", name="Log out").click()
    log_in(page, address)
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(re.compile("/me/security/$"))
