"""Every component as people use it: by eye and by keyboard, light and dark, narrow and wide."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE, Reader
from tests.browser.watch import too_wide, violations
from tests.support.server import Server

PATTERNS = "/patterns/"
WHOLE_PAGES = ("insight/", "empty/", "members/", "workspace/", "sign-in/")
# No element may move once the page is drawn.
_SHIFT = """() => new Promise(done => {
  let moved = 0;
  new PerformanceObserver(list => { for (const one of list.getEntries()) moved += one.value; })
    .observe({ type: "layout-shift", buffered: true });
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(moved), 0)));
})"""
_LONG = """() => {
  const word = "Kundenzufriedenheitsbefragungsteilnahmebedingungen";
  for (const one of document.querySelectorAll("main :is(h2, h3, p, th, td, label, legend, summary, a, button, .badge)"))
    if (one.childElementCount === 0 && one.textContent.trim()) one.textContent = word;
}"""


def opened(server: Server, page: Page) -> Page:
    page.goto(server.address + PATTERNS)
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wrong_to_a_screen_reader(server: Server, reader: Reader, scheme: str) -> None:
    page = opened(server, reader("en", scheme=scheme))
    for details in page.locator("details:not([data-menu]) > summary").all():
        details.click()
    assert violations(page) == []
    for name in WHOLE_PAGES:
        page.goto(f"{server.address}{PATTERNS}{name}")
        assert violations(page) == []


@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_sticks_out_or_moves(server: Server, reader: Reader, width: int) -> None:
    page = reader("sv", width=width)
    for name in ("", *WHOLE_PAGES):
        page.goto(f"{server.address}{PATTERNS}{name}")
        assert page.evaluate(_SHIFT) < 0.02, name
        for details in page.locator("details:not([data-menu]) > summary").all():
            details.click()
        assert too_wide(page) == [], name
        page.evaluate(_LONG)
        assert too_wide(page) == [], name


def test_dark_by_choice_looks_as_dark_by_the_system(server: Server, reader: Reader) -> None:
    page = opened(server, reader())
    light = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    page.locator("header.frame details.member > summary").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    chosen = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    page.emulate_media(color_scheme="dark")
    page.locator("header.frame details.member > summary").click()
    page.get_by_role("button", name="As the system").click()
    expect(page.locator("html[data-theme]")).to_have_count(0)
    by_system = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert light != chosen == by_system


def test_a_menu_is_walked_by_keyboard(server: Server, reader: Reader) -> None:
    page = opened(server, reader())
    menu = page.locator("details[data-menu]", has_text="Copy the map")
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="Copy the map")).to_be_focused()
    page.keyboard.press("End")
    expect(menu.get_by_role("button", name="Remove the map")).to_be_focused()
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(menu.locator("summary")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(menu.get_by_role("button", name="Remove the map")).to_be_focused()
    page.keyboard.press("Tab")
    expect(menu).not_to_have_attribute("open", "")


def test_a_dialog_holds_the_focus_and_gives_it_back(server: Server, reader: Reader) -> None:
    page = opened(server, reader())
    opener = page.get_by_role("button", name="Open a dialog")
    opener.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Remove the map?")
    expect(dialog).to_be_visible()
    assert violations(page) == []
    for _ in range(6):
        page.keyboard.press("Tab")
        assert page.evaluate("() => !document.activeElement.closest('main > div > section > div')")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


def test_the_side_panel_leaves_the_page_usable(server: Server, reader: Reader) -> None:
    page = opened(server, reader())
    opener = page.get_by_role("button", name="Open the side panel")
    opener.focus()
    page.keyboard.press("Enter")
    panel = page.get_by_role("dialog", name="Asks in the chat")
    expect(panel).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(opener).to_be_focused()


def test_tabs_are_walked_by_arrows_and_kept_in_the_address(server: Server, reader: Reader) -> None:
    page = opened(server, reader())
    said, done = page.get_by_role("tab").all()
    expect(said).to_have_attribute("aria-selected", "true")
    said.focus()
    page.keyboard.press("ArrowRight")
    expect(done).to_be_focused()
    expect(page.get_by_role("tabpanel", name="What customers do")).to_be_visible()
    expect(page.get_by_text("I had to explain everything twice.")).to_be_hidden()
    assert page.url.endswith("#tab-done")
    page.reload()
    expect(page.get_by_role("tab", name="What customers do")).to_have_attribute(
        "aria-selected", "true"
    )
    page.keyboard.press("Tab")


def test_the_places_open_on_a_phone(server: Server, reader: Reader) -> None:
    page = reader(width=390)
    page.goto(f"{server.address}/w/bicycles/maps/")
    place = page.get_by_role("link", name="Map", exact=True)
    expect(place).to_be_hidden()
    page.get_by_role("button", name="Menu").press("Enter")
    expect(place).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(place).to_be_hidden()
    page.set_viewport_size({"width": 1440, "height": 900})
    expect(place).to_be_visible()


def test_a_table_is_sorted_by_its_links(server: Server, reader: Reader) -> None:
    page = opened(server, reader())
    page.get_by_role("link", name="Reach").click()
    page.wait_for_url("**sort=reach**")
    head = page.get_by_role("columnheader", name="Reach").first
    expect(head).to_have_attribute("aria-sort", "ascending")
    expect(page.get_by_role("rowheader").nth(0)).not_to_have_text("Newsletter")


@pytest.mark.parametrize("width", [320, 1440])
def test_a_member_finds_notices_workspaces_and_the_way_out(
    server: Server, reader: Reader, width: int
) -> None:
    page = reader(width=width)
    page.goto(f"{server.address}{PATTERNS}members/")
    expect(page.get_by_role("link", name="Notices: 3 unread")).to_be_visible()
    other = page.get_by_role("link", name="Nordic Bicycles, Danmark")
    expect(other).to_have_count(0)
    name = "Alice Åkesson" if width < 900 else "Workspace: Nordic Bicycles"
    page.locator("header.frame summary").filter(has_text=name).press("Enter")
    expect(other).to_be_in_viewport(ratio=1)
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.locator("header.frame summary").filter(has_text="Alice Åkesson").press("Enter")
    expect(page.get_by_role("button", name="Log out")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="Dansk")).to_be_in_viewport(ratio=1)
    assert too_wide(page) == []
    assert violations(page) == []


def test_a_row_menu_lies_over_its_table(server: Server, reader: Reader) -> None:
    page = reader()
    page.goto(f"{server.address}{PATTERNS}members/")
    first = page.locator(".row-menu").first
    first.locator("summary").click()
    link = first.get_by_role("link", name="Change the role")
    box = link.bounding_box()
    assert box
    # The button of the next row lies under this edge.
    link.click(trial=True, position={"x": box["width"] - 12, "y": box["height"] / 2})
    menu = page.locator(".row-menu").last
    menu.locator("summary").press("Enter")
    remove = menu.get_by_role("button", name="Remove from the workspace")
    expect(remove).to_be_in_viewport(ratio=1)
    table, shown = page.locator(".people").bounding_box(), remove.bounding_box()
    assert table
    assert shown
    assert shown["y"] + shown["height"] > table["y"] + table["height"]
    assert violations(page) == []
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    expect(remove).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("[data-toasts]")).to_contain_text("The card was removed.")


def test_a_link_is_copied_whole(server: Server, reader: Reader) -> None:
    page = reader()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{server.address}{PATTERNS}members/")
    page.get_by_role("button", name="Invite somebody").click()
    dialog = page.get_by_role("dialog", name="Invitation to Kundresa")
    dialog.get_by_role("button", name="Copy").click()
    expect(dialog.get_by_role("status")).to_have_text("Copied")
    link = dialog.get_by_label("Link").input_value()
    assert page.evaluate("() => navigator.clipboard.readText()") == link
    assert violations(page) == []


def test_a_link_is_chosen_whole_where_the_clipboard_is_closed(
    server: Server, reader: Reader
) -> None:
    page = reader()
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined});"
                         "Document.prototype.execCommand = () => false;")  # fmt: skip
    page.goto(f"{server.address}{PATTERNS}members/")
    page.get_by_role("button", name="Invite somebody").click()
    dialog = page.get_by_role("dialog", name="Invitation to Kundresa")
    dialog.get_by_role("button", name="Copy").click()
    expect(dialog.get_by_role("status")).to_have_text("Press Ctrl or Cmd and C")
    link = dialog.get_by_label("Link")
    chosen = link.evaluate("one => one.value.slice(one.selectionStart, one.selectionEnd)")
    assert chosen == link.input_value()


def test_the_sections_of_the_settings_open_on_a_phone(server: Server, reader: Reader) -> None:
    page = reader(width=390)
    page.goto(f"{server.address}{PATTERNS}members/")
    other = page.get_by_role("link", name="Name and counting")
    expect(other).to_be_hidden()
    page.get_by_role("button", name="Sections: Members").press("Enter")
    expect(other).to_be_in_viewport()
    assert violations(page) == []
    other.click()
    expect(page.get_by_role("button", name="Sections: Name and counting")).to_be_visible()


def test_the_save_bar_stays_in_sight_and_covers_no_field(server: Server, reader: Reader) -> None:
    page = reader(width=390)
    page.set_viewport_size({"width": 390, "height": 480})
    page.goto(f"{server.address}{PATTERNS}workspace/")
    save = page.get_by_role("button", name="Save")
    expect(save).to_be_in_viewport(ratio=1)
    bar = page.locator(".save-bar").bounding_box()
    assert bar
    for field in page.locator(".fields :is(input, select)").all():
        field.focus()
        box = field.bounding_box()
        assert box
        assert box["y"] + box["height"] <= bar["y"] + 1 or box["y"] >= bar["y"] + bar["height"]


def test_a_note_is_told_and_undone(server: Server, reader: Reader) -> None:
    page = opened(server, reader())
    page.get_by_role("button", name="Remove a card").click()
    notes = page.locator("[data-toasts]")
    expect(notes).to_contain_text("The card was removed.")
    assert violations(page) == []
    notes.get_by_role("button", name="Undo").press("Enter")
    expect(notes).to_contain_text("The card is back.")
    expect(notes).not_to_contain_text("The card was removed.")
    notes.get_by_role("button", name="Close").click()
    expect(notes.locator(".toast")).to_have_count(0)


def test_long_work_shows_how_far_it_has_come(server: Server, reader: Reader) -> None:
    page = opened(server, reader())
    page.get_by_role("button", name="Begin long work").click()
    job = page.locator(".progress").last
    expect(job).to_contain_text("20 %")
    expect(job).to_contain_text("1,000,000 of 1,000,000")
    expect(job).to_contain_text("Done")


def test_a_filter_grows_and_shrinks_without_a_new_page(server: Server, reader: Reader) -> None:
    page = opened(server, reader())
    page.evaluate("() => { window.isSamePage = true; }")
    builder = page.get_by_role("form", name="Filter")
    before = builder.get_by_role("group", name="Condition", exact=True).count()
    builder.get_by_role("button", name="Add a condition").last.click()
    rules = builder.get_by_role("group", name="Condition", exact=True)
    expect(rules).to_have_count(before + 1)
    rules.last.get_by_label("Ask for").select_option(label="Trait")
    rules.last.get_by_label("Name", exact=True).fill("city")
    rules.last.get_by_label("Value", exact=True).fill("Malmö")
    builder.get_by_role("button", name="Use the filter").click()
    builder.get_by_text("The condition as it is kept").click()
    expect(builder.locator("pre")).to_contain_text('"Malmö"')
    assert violations(page) == []
    rules.last.get_by_role("button", name="Remove the condition").click()
    expect(rules).to_have_count(before)
    assert page.evaluate("() => window.isSamePage")


def test_a_refused_form_shows_its_faults_in_place(server: Server, reader: Reader) -> None:
    page = opened(server, reader())
    form = page.get_by_role("form", name="A touchpoint")
    form.get_by_label("What customers feel").fill("Äntligen framme")
    form.get_by_role("button", name="Save the touchpoint").click()
    name = form.get_by_label("Name of the touchpoint")
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(form.get_by_label("What customers feel")).to_have_value("Äntligen framme")
    assert page.locator(".failure").count() == 0


FAILURES = {
    "server gone": (lambda route: route.abort("connectionrefused"), "No answer"),
    "500": (lambda route: route.fulfill(status=500, body="<html>down</html>"), "on our side"),
    "403": (lambda route: route.fulfill(status=403, body="<!DOCTYPE html>no"), "You may not"),
    "404": (lambda route: route.fulfill(status=404, body="none"), "no longer there"),
    "whole page as 400": (
        lambda route: route.fulfill(status=400, body="<!DOCTYPE html><h1>Bad Request</h1>"),
        "on our side",
    ),
}


@pytest.mark.parametrize("kind", FAILURES)
def test_what_fails_says_so_keeps_the_text_and_is_tried_again(
    server: Server, browser_page: Page, kind: str
) -> None:
    fail, said = FAILURES[kind]
    page = browser_page
    page.goto(server.address + PATTERNS)
    form = page.get_by_role("form", name="A touchpoint")
    form.get_by_label("Name of the touchpoint").fill("Växeln i Malmö")
    form.get_by_label("Channel").select_option("web")
    page.route("**/patterns/form/", fail, times=1)
    form.get_by_role("button", name="Save the touchpoint").click()
    failure = form.get_by_role("alert")
    expect(failure).to_contain_text(said)
    expect(failure).to_contain_text("What you typed is still here.")
    expect(form.get_by_label("Name of the touchpoint")).to_have_value("Växeln i Malmö")
    expect(form.get_by_label("Channel")).to_have_value("web")
    failure.get_by_role("button", name="Try again").press("Enter")
    expect(form.get_by_role("status")).to_contain_text("It is good.")
    expect(page.locator(".failure")).to_have_count(0)


@pytest.fixture
def browser_page(browser: object, server: Server) -> object:
    """A page whose failures are meant, and not watched."""
    context = browser.new_context(locale="en", reduced_motion="reduce")  # type: ignore[attr-defined]
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


def test_without_script_everything_is_there(server: Server, browser: object) -> None:
    context = browser.new_context(locale="en", java_script_enabled=False)  # type: ignore[attr-defined]
    page = context.new_page()
    page.goto(server.address + PATTERNS)
    expect(page.get_by_text("I had to explain everything twice.")).to_be_visible()
    expect(page.get_by_text("31 of 104 ask")).to_be_visible()
    builder = page.get_by_role("form", name="Filter")
    builder.get_by_role("button", name="Add a condition").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Patterns")
    expect(page.get_by_label("Ask for").last).to_be_visible()
    context.close()
