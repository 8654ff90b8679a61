"""The settings of a workspace and the notices in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Reader
from tests.browser.watch import too_wide, violations
from tests.support.server import Server

SETTINGS = "/w/drawn/settings/"
PAGES = {
    "workspace": f"{SETTINGS}workspace/",
    "sources": f"{SETTINGS}sources/",
    "audit": f"{SETTINGS}audit/",
    "new": "/workspaces/new/",
    "notices": "/notices/",
}


@pytest.mark.parametrize(
    ("language", "scheme", "width"),
    [("sv", "dark", 390), ("en", "light", 1440), ("da", "light", 320)],
)
def test_the_pages_fit_and_are_for_everybody(
    server: Server, reader: Reader, language: str, scheme: str, width: int
) -> None:
    page = reader(language, scheme=scheme, width=width)
    for address in PAGES.values():
        page.goto(server.address + address)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        for details in page.locator("main summary").all():
            details.click()
        assert too_wide(page) == [], address
        assert violations(page) == [], address


def test_a_source_is_closed_and_opened_again_and_a_notice_read(
    server: Server, reader: Reader
) -> None:
    page = reader()
    page.goto(server.address + PAGES["sources"])
    page.get_by_label("Name").last.fill("The till")
    page.get_by_role("button", name="Make the source").click()
    page.get_by_role("button", name="Close the source: The till").click()
    expect(page.get_by_text("The till is closed")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Close the source: The till")).to_be_visible()

    page.goto(server.address + PAGES["audit"])
    page.get_by_label("What").select_option(label="Closed a source")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("table.audit tbody tr")).to_have_count(1)
    expect(page.locator("table.audit tbody")).to_contain_text("The till")

    page.goto(server.address + PAGES["notices"])
    count = int(page.locator(".bell .count").inner_text())
    page.locator(".notices button", has_text="spring.csv failed").first.click()
    page.wait_for_url("**/imports/")
    page.goto(server.address + PAGES["notices"])
    expect(page.locator(".bell .count")).to_have_text(str(count - 1))
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.locator(".bell .count")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".bell .count")).to_have_text(str(count - 1))
