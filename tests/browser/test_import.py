"""Importing a file in a real browser: by mouse, by keyboard, without script; and how it looks."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.conftest import PATIENCE, ROOT, Reader, sign_in
from tests.browser.watch import too_wide, violations
from tests.support.server import Server

SAMPLE = ROOT / "src/kundresa/events/static/events/sample-orders.csv"
IMPORTS = "/w/new/imports/"


def a_file(folder: Path, name: str, *, bad: bool = False) -> Path:
    """Write orders that no other test has: the same content comes in once."""
    wrong = "1 March" if bad else "2026-03-05"
    lines = [
        f"{name}{n},{name}-customer-{n % 5},2026-03-0{n % 8 + 1}T10:00,{n}.50" for n in range(30)
    ]
    lines.append(f"{name}30,{name}-customer-1,{wrong},4")
    file = folder / f"{name}.csv"
    file.write_text("\n".join(["order,customer,ordered,amount", *lines, ""]))
    return file


def uploaded(page: Page, server: Server, file: Path, workspace: str = "new") -> None:
    page.goto(f"{server.address}/w/{workspace}/imports/")
    page.locator("#upload-file").set_input_files(file)
    expect(page.get_by_role("heading", level=1)).to_have_text(file.name)


def test_a_file_is_chosen_changed_and_imported(
    server: Server, reader: Reader, tmp_path: Path
) -> None:
    page = reader()
    page.goto(server.address + "/w/new/maps/")
    page.get_by_role("link", name="Import a file of events").click()
    page.locator("#upload-file").set_input_files(a_file(tmp_path, "spring", bad=True))
    expect(page.get_by_role("heading", level=1)).to_have_text("spring.csv")
    expect(page.get_by_text("All 31 rows give 30 events; rows put aside: 1.")).to_be_visible()
    page.get_by_label("Name of the event at ordered").fill("Bought")
    page.get_by_label("Name of the event at ordered").press("Tab")
    expect(page.get_by_role("region", name="The first events")).to_contain_text("Bought")
    expect(page.locator("[data-said-here]")).to_have_text("The events below follow your choices.")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.locator(".outcome")).to_have_text("30 events were added.")
    expect(page.get_by_role("region", name="Rows put aside")).to_contain_text(
        "“1 March” is not a time"
    )
    assert violations(page) == []

    with page.expect_download() as download:
        page.get_by_role("link", name="Download all of them").click()
    row = json.loads(Path(download.value.path()).read_text())
    row["row"]["ordered"] = "2026-03-05"
    mended = tmp_path / "mended.jsonl"
    mended.write_text(json.dumps(row))
    page.get_by_label("Mended file").set_input_files(mended)
    page.get_by_role("button", name="Import the mended rows").click()
    expect(page.locator(".outcome")).to_have_text("1 event was added.")


@pytest.mark.parametrize("width", [390, 1280])
def test_readings_are_seen_and_imported(
    server: Server, reader: Reader, tmp_path: Path, width: int
) -> None:
    page = reader(width=width)
    file = tmp_path / "ads.csv"
    days = [f"2026-03-0{day},Spring {width},{day * 1000},{day}.50" for day in range(1, 6)]
    file.write_text("\n".join(["Date,Campaign,Impressions,Cost (SEK)", *days, "Total,,15000,17.5"]))
    uploaded(page, server, file)
    expect(page.get_by_text("All 6 rows give 10 readings; rows put aside: 1.")).to_be_visible()
    expect(page.get_by_role("region", name="The first readings")).to_contain_text("5.50 SEK")
    for details in page.locator("main summary").all():
        details.click()
    assert too_wide(page) == []
    assert violations(page) == []
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.locator(".outcome")).to_have_text("10 readings were added.")
    assert too_wide(page) == []
    assert violations(page) == []
    page.get_by_role("link", name="Import another file").click()
    expect(page.locator(".history tbody tr").first).to_contain_text("10 readings")
    assert too_wide(page) == []


@pytest.mark.parametrize(
    ("language", "width"), [("en", 1280), ("sv", 390), ("nb", 320), ("da", 320)]
)
def test_identifiers_and_nordic_numbers_are_seen_and_changed(
    server: Server, reader: Reader, tmp_path: Path, language: str, width: int
) -> None:
    page = reader(language, width=width)
    file = tmp_path / f"kunder-{language}.csv"
    rows = [f"k{n};a{n}@x.se;070-123 45 0{n};2026-03-0{n};1 23{n},50" for n in range(1, 6)]
    file.write_text("\n".join(["Kundnummer;E-post;Mobil;Datum;Belopp", *rows, ""]), "utf-8")
    uploaded(page, server, file)
    events = page.locator("table.events")
    expect(events).to_contain_text("a1@x.se")
    expect(page.locator("#becomes-1")).to_have_value("identifier:email")
    expect(page.locator("#plan-decimal")).to_have_value(",")
    for details in page.locator("main summary").all():
        details.click()
    assert too_wide(page) == []
    assert violations(page) == []
    page.locator("#becomes-2").select_option("identifier:device")
    page.locator("#plan-currency").fill("sek")
    page.locator("#plan-currency").press("Enter")
    expect(events).to_contain_text("SEK")
    page.locator("#plan-decimal").select_option("")
    expect(events).to_have_count(0)
    page.locator("#plan-decimal").select_option(",")
    expect(events).to_contain_text("SEK")
    expect(page.locator("#becomes-2")).to_have_value("identifier:device")
    assert violations(page) == []


def test_choices_are_made_by_keyboard_and_keep_the_focus(
    server: Server, reader: Reader, tmp_path: Path
) -> None:
    page = reader()
    uploaded(page, server, a_file(tmp_path, "keys"))
    channel = page.get_by_label("order becomes")
    channel.focus()
    page.keyboard.type("Acc")
    expect(channel).to_have_value("group")
    expect(page.get_by_label("order becomes")).to_be_focused()
    currency = page.get_by_label("Currency of amounts")
    currency.fill("sek")
    currency.press("Enter")
    expect(page.get_by_role("region", name="The first events")).to_contain_text("SEK")
    expect(page.get_by_role("button", name="Import", exact=True)).to_be_visible()


def test_what_is_typed_while_a_preview_is_on_its_way_stays(
    server: Server, reader: Reader, tmp_path: Path
) -> None:
    page = reader()
    uploaded(page, server, a_file(tmp_path, "slow"))
    held: list[Route] = []

    def hold_first(route: Route) -> None:
        held.append(route)
        if len(held) > 1:
            route.continue_()

    page.route("**/preview/", hold_first)
    with page.expect_request("**/preview/"):
        page.get_by_label("order becomes").select_option("group")
    page.get_by_label("Currency of amounts").fill("SEK")
    held[0].continue_()
    expect(page.get_by_role("region", name="The first events")).to_contain_text("SEK")
    expect(page.get_by_label("Currency of amounts")).to_have_value("SEK")


def test_a_dropped_file_is_taken_and_a_wrong_one_told(
    server: Server, reader: Reader, tmp_path: Path
) -> None:
    page = reader()
    page.goto(server.address + IMPORTS)
    drop(page, "picture.png", "\0\0\0")
    expect(page.get_by_role("alert")).to_contain_text("The file is not a table.")
    drop(page, "dropped.csv", a_file(tmp_path, "dropped").read_text())
    expect(page.get_by_role("heading", level=1)).to_have_text("dropped.csv")


def drop(page: Page, name: str, text: str) -> None:
    page.evaluate(
        """([name, text]) => {
          const data = new DataTransfer();
          data.items.add(new File([text], name));
          const event = new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
          document.querySelector(".drop").dispatchEvent(event);
        }""",
        [name, text],
    )


def test_it_works_without_script(server: Server, browser: Browser, tmp_path: Path) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en")
    sign_in(context, server)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(server.address + IMPORTS)
    page.locator("#upload-file").set_input_files(a_file(tmp_path, "plain"))
    page.get_by_role("button", name="Upload").click()
    page.get_by_label("ordered becomes").select_option("")
    page.get_by_role("button", name="Show what comes of it").click()
    expect(page.get_by_text("No column is a time.")).to_be_visible()
    page.get_by_label("ordered becomes").select_option("time")
    page.get_by_role("button", name="Import", exact=True).click()
    until = time.monotonic() + PATIENCE / 1000
    while page.locator(".outcome").count() == 0 and time.monotonic() < until:
        page.reload()
    expect(page.locator(".outcome")).to_have_text("31 events were added.")
    context.close()


@pytest.mark.parametrize("language", ["sv", "en"])
def test_the_pages_hold_on_a_phone_in_the_dark(
    server: Server, reader: Reader, tmp_path: Path, language: str
) -> None:
    page = reader(language, scheme="dark", width=390)
    page.goto(server.address + "/w/drawn/imports/")
    assert too_wide(page) == []
    assert violations(page) == []
    uploaded(page, server, SAMPLE, "drawn")
    for details in page.locator("main summary").all():
        details.click()
    assert too_wide(page) == []
    assert violations(page) == []
    page.locator("form.plan button.primary").click()
    expect(page.locator(".outcome")).to_be_visible()
    assert too_wide(page) == []
    assert violations(page) == []


@pytest.mark.parametrize("language", ["nb", "da"])
def test_nothing_sticks_out_in_the_other_languages(
    server: Server, reader: Reader, language: str
) -> None:
    page = reader(language, width=320)
    page.goto(server.address + "/w/drawn/imports/")
    assert too_wide(page) == []
    uploaded(page, server, SAMPLE, "drawn")
    for details in page.locator("main summary").all():
        details.click()
    assert too_wide(page) == []
