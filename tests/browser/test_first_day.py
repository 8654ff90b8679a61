"""An empty installation, from its first start to a second member who was invited by mail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PATIENCE
from tests.browser.watch import Watch, too_wide, violations
from tests.support.server import Server, free_port
from tests.support.smtp_sink import SmtpSink

# The title of the first page, the subject of the mail, and what the members' page is called.
WORDS = {
    "en": ("Welcome to Kundresa", "Members", "Viewer"),
    "sv": ("Välkommen till Kundresa", "Medlemmar", "Läsare"),
    "nb": ("Velkommen til Kundresa", "Medlemmer", "Leser"),
    "da": ("Velkommen til Kundresa", "Medlemmer", "Læser"),
}
OTHERS = [pytest.param(one, marks=pytest.mark.long) for one in ("en", "nb", "da")]


@pytest.fixture
def sink() -> Iterator[SmtpSink]:
    with SmtpSink() as sink:
        yield sink


@pytest.fixture
def empty(tmp_path: Path, sink: SmtpSink) -> Iterator[Server]:
    """A server that nobody has an account on, and that may send mail."""
    server = Server(tmp_path / "data")
    server.port = free_port()
    server.environment |= {
        "KUNDRESA_SMTP_URL": sink.url,
        "KUNDRESA_MAIL_FROM": "Kundresa <kundresa@firma.example>",
        "KUNDRESA_BASE_URL": server.address,
    }
    server.start()
    yield server
    server.stop()


def opened(browser: Browser, language: str, width: int) -> tuple[Page, Watch]:
    context = browser.new_context(
        locale=language, viewport={"width": width, "height": 900}, reduced_motion="reduce"
    )
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    return page, Watch(page)


def is_sound(page: Page, language: str) -> None:
    page.wait_for_load_state()
    expect(page.locator("html")).to_have_attribute("lang", language)
    assert too_wide(page) == [], page.url
    assert violations(page) == [], page.url


@pytest.mark.parametrize("language", ["sv", *OTHERS])
def test_an_empty_installation_gets_two_members(
    browser: Browser, empty: Server, sink: SmtpSink, language: str
) -> None:
    title, members, viewer = WORDS[language]
    owner, first_watch = opened(browser, language, 1440)
    owner.goto(empty.address)
    is_sound(owner, language)
    assert owner.url.endswith("/welcome/")

    owner.goto(empty.address + empty.owner_address())
    expect(owner.get_by_role("heading", level=1)).to_have_text(title)
    is_sound(owner, language)
    filled(owner, name="Åsa Berg", email="asa@firma.example", workspace_name="Våra kunder")
    expect(owner).to_have_url(re.compile("/w/my-workspace/maps/"))

    owner.goto(f"{empty.address}/w/my-workspace/settings/members/invite/")
    is_sound(owner, language)
    owner.locator("[name=emails]").fill("bo@firma.example")
    owner.locator("main form button.primary").click()
    owner.wait_for_url("**/settings/members/")
    (mail,) = sink.wait_for(1)
    assert mail.to == ["bo@firma.example"]
    assert "Våra kunder" in mail.subject + mail.text

    second, second_watch = opened(browser, language, 390)
    second.goto(mail.links[0])
    is_sound(second, language)
    filled(second, name="Bo Ek")
    expect(second).to_have_url(re.compile("/w/my-workspace/maps/"))

    owner.goto(f"{empty.address}/w/my-workspace/settings/members/")
    expect(owner.get_by_role("heading", level=1)).to_have_text(members)
    expect(owner.get_by_text("bo@firma.example").first).to_be_visible()
    expect(owner.get_by_role("row").filter(has_text="Bo Ek")).to_contain_text(viewer)
    is_sound(owner, language)
    signed_in_again(second, language)
    assert first_watch.faults + second_watch.faults == []
    for page in (owner, second):
        page.context.close()


def filled(page: Page, **told: str) -> None:
    """Fill a form whose password is the same everywhere, and send it."""
    for name, value in told.items():
        page.locator(f"main [name={name}]").fill(value)
    page.locator("main [name=password]").fill("en lång fras om tåg")
    page.locator("main form button.primary").click()
    page.wait_for_url(re.compile("/maps/"))


def signed_in_again(page: Page, language: str) -> None:
    """Log out, and in again with the password."""
    page.locator("details.member summary").click()
    page.locator("details.member form[action*=logout] button").click()
    page.wait_for_url("**/account/login/**")
    is_sound(page, language)
    page.locator("[name=login]").fill("Bo@Firma.example")
    page.locator("[name=password]").fill("en lång fras om tåg")
    page.locator("main form button.primary").first.click()
    page.wait_for_url("**/w/my-workspace/maps/")
