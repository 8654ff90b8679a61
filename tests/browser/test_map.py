"""What a reader does on the page of a map, by mouse and by keyboard."""

from __future__ import annotations

import json

import httpx
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Reader
from tests.support.server import PATIENCE, Server

MAP = "/w/bicycles/maps/bicycle/"


def period_of(page: Page) -> Locator:
    return page.locator(".page-head summary")


def journeys_at(page: Page, stage: str) -> int:
    table = page.get_by_role("region", name="The stages in numbers")
    row = table.get_by_role("row").filter(has=page.get_by_role("rowheader", name=stage))
    return int(row.get_by_role("cell").first.inner_text())


def test_the_skip_link_comes_first_and_leads_to_the_content(server: Server, reader: Reader) -> None:
    page = reader()
    page.goto(server.address + MAP)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    assert (skip.bounding_box() or {"x": -1})["x"] >= 0
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_the_board_scrolls_by_keyboard_and_keeps_the_names_in_sight(
    server: Server, reader: Reader
) -> None:
    page = reader(width=390)
    page.goto(server.address + MAP)
    board = page.get_by_role("region", name="Map: I buy a bicycle")
    board.focus()
    names = board.locator("svg.k-labels")
    before = names.bounding_box()
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('.map-board').scrollLeft > 100")
    assert names.bounding_box() == before


def test_the_form_is_used_by_keyboard_alone(server: Server, reader: Reader) -> None:
    page = reader()
    page.goto(server.address + MAP)
    every = journeys_at(page, "Discover")
    period_of(page).press("Enter")
    page.get_by_label("From").focus()
    page.keyboard.type("01102026")
    page.keyboard.press("Enter")
    page.wait_for_url("**start=2026-01-10**")
    assert 0 < journeys_at(page, "Discover") < every
    expect(period_of(page)).to_contain_text("10 January 2026")
    period_of(page).press("Enter")
    expect(page.get_by_label("From")).to_have_value("2026-01-10")
    page.get_by_role("link", name="All that is recorded").press("Enter")
    page.wait_for_url(lambda address: "start=" not in address)
    assert journeys_at(page, "Discover") == every


def test_details_open_by_keyboard(server: Server, reader: Reader) -> None:
    page = reader()
    page.goto(server.address + MAP)
    told = page.get_by_text("Journeys with an event in the stage.")
    expect(told).to_be_hidden()
    page.get_by_text("How the numbers are counted").focus()
    page.keyboard.press("Enter")
    expect(told).to_be_visible()


def test_the_other_way_to_count_shows_in_field_and_query(server: Server, reader: Reader) -> None:
    page = reader()
    page.goto(server.address + MAP)
    page.get_by_label("Count").select_option(label="What happened then")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_label("Count")).to_have_value("activity")
    page.get_by_text("The query behind the numbers").click()
    assert json.loads(page.locator("pre").inner_text())["mode"] == "activity"


def test_a_wrong_period_is_told_beside_its_field_and_stays_typed(
    server: Server, reader: Reader
) -> None:
    page = reader()
    page.goto(server.address + MAP)
    period_of(page).click()
    page.get_by_label("From").fill("2026-01-20")
    page.get_by_label("To, not included").fill("2026-01-05")
    page.get_by_role("form", name="Period").get_by_role("button", name="Show").click()
    wrong = page.get_by_label("To, not included")
    expect(wrong).to_have_accessible_description("Choose a day after the first one.")
    expect(wrong).to_have_value("2026-01-05")
    expect(page.get_by_label("From")).to_have_value("2026-01-20")
    above, field = page.locator("#id_end_error").bounding_box(), wrong.bounding_box()
    assert above
    assert field
    assert 0 <= field["y"] - (above["y"] + above["height"]) < 12


def test_what_is_no_day_stays_to_be_mended(server: Server, reader: Reader) -> None:
    page = reader()
    page.goto(f"{server.address}{MAP}?start=31/1/2026")
    expect(page.get_by_label("From")).to_have_value("31/1/2026")
    page.get_by_label("From").fill("2026-01-02")
    page.get_by_role("form", name="Period").get_by_role("button", name="Show").click()
    expect(page.locator(".error")).to_have_count(0)


def test_changing_the_language_keeps_the_place_and_the_period(
    server: Server, reader: Reader
) -> None:
    page = reader()
    page.goto(f"{server.address}{MAP}?start=2026-01-03")
    page.locator("header.frame details.member > summary").click()
    page.get_by_role("button", name="Dansk").click()
    expect(page.locator("html")).to_have_attribute("lang", "da")
    expect(page.get_by_role("heading", level=1)).to_have_text("Jeg køber en cykel")
    page.locator(".page-head summary").click()
    expect(page.get_by_label("Fra")).to_have_value("2026-01-03")
    page.get_by_role("link", name="Bicycles").click()
    expect(page.locator("html")).to_have_attribute("lang", "da")


def test_the_way_from_the_start_to_a_map_and_back(server: Server, reader: Reader) -> None:
    page = reader()
    page.goto(server.address)
    page.get_by_role("link", name="Bicycles").click()
    page.get_by_role("link", name="I buy a bicycle").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("I buy a bicycle")
    page.goto(f"{server.address}/w/bicycles/maps/none/")
    page.get_by_role("link", name="Go to the start").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Workspaces")


def test_the_example_under_add_data_is_taken_in(server: Server, reader: Reader) -> None:
    page = reader()
    page.goto(f"{server.address}/w/sent/maps/bicycle/")
    page.get_by_text("Add data").click()
    command = page.locator("details pre").inner_text()
    address, body = command.split()[2], command.split("-d '")[1].rstrip("'")
    assert address == f"{server.address}/v1/batch"
    answer = httpx.post(address, content=body, headers={"Content-Type": "application/json"},
                        trust_env=False, timeout=PATIENCE)  # fmt: skip
    assert answer.status_code == 200, answer.text
