"""Owners and people who join, in a real browser: changed in place, undone, invited, let in."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import Reader
from tests.browser.watch import too_wide, violations
from tests.support.server import Server

MEMBERS = "/w/new/settings/members/"


def test_an_owner_changes_a_member_undoes_it_and_lets_somebody_in(
    server: Server, reader: Reader
) -> None:
    page = reader("en")
    page.goto(server.address + MEMBERS)
    role = page.get_by_label("Role of Viewer Ek")
    role.focus()
    role.select_option("editor")
    expect(page.get_by_text("Viewer Ek is changed.")).to_be_visible()
    expect(role).to_be_focused()
    page.get_by_role("button", name="Undo").click()
    expect(role).to_have_value("viewer")
    page.get_by_label("Role of Owner Ek").select_option("viewer")
    expect(page.get_by_role("alert")).to_contain_text("Make somebody else an owner first.")
    expect(page.get_by_label("Role of Owner Ek")).to_have_value("owner")

    page.get_by_role("link", name="Invite somebody").click()
    page.get_by_label("E-mail addresses").fill("nina.ny@example.se")
    page.get_by_role("button", name="Make the link").click()
    link = page.get_by_label("nina.ny@example.se").input_value()
    page.get_by_role("link", name="Done").click()
    expect(page.get_by_role("region", name="Open invitations")).to_contain_text("nina.ny@")

    newcomer = reader("sv", width=390, scheme="dark", role="")
    newcomer.goto(link)
    expect(newcomer.get_by_role("heading", level=1)).to_have_text("Gå med i New")
    assert too_wide(newcomer) == []
    assert violations(newcomer) == []
    newcomer.get_by_label("Ditt namn").fill("Nina Ny")
    newcomer.get_by_label("Lösenord").fill("korta-resor-i-norr")
    newcomer.get_by_role("button", name="Gå med").click()
    expect(newcomer).to_have_url(re.compile("/w/new/maps/$"))

    page.reload()
    expect(page.get_by_role("row", name=re.compile("Nina Ny"))).to_contain_text("nina.ny@")
    page.locator("summary", has_text="Actions for Nina Ny").click()
    page.get_by_role("button", name="Remove from the workspace").click()
    expect(page.get_by_text("Nina Ny is no longer in the workspace.")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Nina Ny"))).to_have_count(0)
