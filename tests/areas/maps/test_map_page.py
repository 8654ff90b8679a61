"""The page of a map: what it shows, what it refuses, and that its numbers are the measures'."""

from __future__ import annotations

import json
from dataclasses import replace
from html import unescape

import pytest
from django.test import Client

import kundresa
from kundresa.accounts.api import Workspace
from kundresa.documents import read_map
from kundresa.documents.layout.words import number, per_cent, per_cent_span
from kundresa.measures.from_map import spec_of
from kundresa.measures.living_map import living_map
from kundresa.store import EventTable
from tests.areas.maps.conftest import Fill
from tests.areas.maps.tables import records_of, tables_of
from tests.areas.maps.worked import FOLDER, MAP, crowd, worked

pytestmark = [pytest.mark.db, pytest.mark.django_db]
ALICES = "/w/alice/maps/bicycle/"
BOBS = "/w/bob/maps/bobs/"


def text_of(client: Client, address: str, **asked: str) -> str:
    answer = client.get(address, asked)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_numbers_are_those_worked_out_by_hand(client: Client, alice: Workspace) -> None:
    stages = records_of(tables_of(text_of(client, ALICES))["The stages in numbers"])
    expected = json.loads((FOLDER / "expected.json").read_text("utf-8"))["stages"]
    for name, key in (("Discover", "discover"), ("Choose", "choose"), ("Buy", "buy")):
        parts = ("reached", "went_on", "came_back", "lost", "open", "completed", "stopped_here")
        shown = {part: stages[name][part.replace("_", " ").capitalize()] for part in parts}
        assert shown == {part: str(expected[key][part]) for part in parts}
        assert stages[name]["Go on"] == "", "under 30 journeys only counts are shown"


def test_the_numbers_are_those_of_the_measure(client: Client, fill: Fill) -> None:
    events = worked() + crowd()
    fill("Crowd", events)
    measured = living_map(EventTable.from_events(events), spec_of(read_map(MAP))).to_json()
    page = text_of(client, "/w/crowd/maps/bicycle/")
    found = tables_of(page)
    stages = list(records_of(found["The stages in numbers"]).values())
    for shown, stage in zip(stages, measured["stages"], strict=True):
        assert shown["Reached"] == number(stage["reached"], "en")
        assert shown["Lost"] == number(stage["lost"], "en")
        if not stage["counts_only"]:
            assert shown["Go on"] == per_cent(stage["go_on_rate"], "en")
            span = per_cent_span(stage["go_on_low"], stage["go_on_high"], "en")
            assert shown["95% interval"] == span
            assert f">{shown['Go on']} go on<" in page, "the drawing says the same"
    touchpoints = list(records_of(found["The touchpoints in numbers"]).values())
    shown = [(row["Reach"], row["Exits"]) for row in touchpoints[:5]]
    rows = measured["touchpoints"][:5]
    assert shown == [(str(row["reach"]), str(row["exits"])) for row in rows]
    assert touchpoints[2]["State"] == "Dead end"
    assert "(−0.4 – +0.4; 60 answers)" in page


def test_the_query_on_the_page_gives_the_numbers_on_it(client: Client, alice: Workspace) -> None:
    page = text_of(client, ALICES, start="2026-01-05", end="2026-01-09", mode="activity")
    query = json.loads(unescape(page.split("<pre")[-1].split(">", 1)[1].split("</pre>")[0]))
    assert query["type"] == "living_map"
    assert query["mode"] == "activity"
    assert query["period"] == {"from": "2026-01-05", "to": "2026-01-09"}


def test_a_period_chooses_its_journeys(client: Client, alice: Workspace) -> None:
    def reached(**asked: str) -> int:
        found = tables_of(text_of(client, ALICES, **asked))
        return int(records_of(found["The stages in numbers"])["Discover"]["Reached"])

    every, some = reached(), reached(end="2026-01-08")
    rest = reached(start="2026-01-08")
    assert 0 < some < every
    assert some + rest == every
    assert reached(start="2027-01-01") == 0
    assert reached(end="2020-01-01") == 0


def test_without_events_only_the_drawn_map_is_shown(client: Client, bob: Workspace) -> None:
    page = text_of(client, BOBS)
    assert "I look around" in page
    assert set(tables_of(page)) == {"The map as a table", "Emotion, −2 to +2"}
    for word in ("reached", "Dead end", "not measured yet", "How the numbers are counted", "0%"):
        assert word not in page
    assert 'name="start"' not in page
    assert page.count("Add data") == 1


def test_without_an_open_source_no_key_is_offered(client: Client, fill: Fill) -> None:
    fill("Quiet", ())
    page = text_of(client, "/w/quiet/maps/bicycle/")
    assert "Nothing is recorded" in page
    assert "writeKey" not in page


def test_a_map_that_is_written_in_tags_stays_text(client: Client, fill: Fill) -> None:
    fill("Evil", worked(), MAP.replace("I weigh the models", "<script>alert(1)</script>"))
    page = text_of(client, "/w/evil/maps/bicycle/")
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_pages_are_only_read(client: Client, alice: Workspace) -> None:
    for address in (ALICES, "/w/alice/maps/", "/"):
        for method in (client.post, client.put, client.patch, client.delete):
            answer = method(address)
            assert answer.status_code == 405
            assert "GET" in answer["Allow"]


def test_what_is_not_here_is_not_found(client: Client, alice: Workspace, bob: Workspace) -> None:
    said = {"en": "Nothing at this address", "sv": "Ingenting på den här adressen",
            "nb": "Ingenting på denne adressen", "da": "Intet på denne adresse"}  # fmt: skip
    absent = ("/w/nobody/maps/", "/w/nobody/maps/bicycle/", "/w/alice/maps/none/", "/somewhere")
    of_another_workspace = "/w/alice/maps/bobs/"
    for address in (*absent, of_another_workspace):
        for language, title in said.items():
            answer = client.get(address, headers={"accept-language": language})
            page = answer.content.decode()
            assert answer.status_code == 404
            assert f"<h1>{title}</h1>" in page
            assert '<a class="button" href="/">' in page


@pytest.mark.parametrize(
    ("asked", "field", "said"),
    [
        ({"start": "2026-02-31"}, "start", "Write the day as 2026-01-31."),
        ({"start": "0001-01-01"}, "start", "Choose a day between 1900 and 2200."),
        ({"end": "9999-12-31"}, "end", "Choose a day between 1900 and 2200."),
        ({"start": "2026-01-09", "end": "2026-01-09"}, "end", "Choose a day after the first one."),
        ({"mode": "guess"}, "mode", "guess is not one of the available choices."),
        ({"language": "xx"}, "language", "xx is not one of the available choices."),
    ],
)
def test_a_wrong_choice_is_told_beside_its_field(
    client: Client, alice: Workspace, asked: dict[str, str], field: str, said: str
) -> None:
    answer = client.get(ALICES, asked)
    page = answer.content.decode()
    assert answer.status_code == 400
    error = page.split(f'id="id_{field}_error"')[1].split("</div>")[0]
    assert said in unescape(error)
    assert f'aria-describedby="id_{field}_error"' in page
    assert "The stages in numbers" in page, "the rest still stands"
    for name, typed in asked.items():
        if name in {"start", "end"}:
            assert f'name="{name}" value="{typed}"' in page.replace('type="date" ', "")


def test_a_wrong_choice_leaves_the_other_fields_as_shown(client: Client, alice: Workspace) -> None:
    page = client.get(ALICES, {"start": "x", "language": "sv"}).content.decode()
    assert '<option value="sv" selected>' in page
    assert "Upptäckandefasen" in page


def test_the_choice_of_language_is_the_drawings_alone(client: Client, alice: Workspace) -> None:
    page = text_of(client, ALICES, language="sv")
    assert '<html lang="en">' in page
    assert '<h1 lang="sv">Jag köper en cykel</h1>' in page


def test_a_notice_is_told_in_the_readers_language(client: Client, fill: Fill) -> None:
    text = MAP.replace("personas: [commuter]", "personas: [commuter]\nmeasure: {currency: NOK}", 1)
    fill("Money", worked(), text)
    answer = client.get("/w/money/maps/bicycle/", headers={"accept-language": "sv"})
    page = answer.content.decode()
    assert "värdehändelser i SEK är inte räknade" in page
    assert "value events" not in page


def test_a_page_names_its_request_and_closes_the_doors(client: Client, alice: Workspace) -> None:
    for address in (ALICES, "/w/alice/maps/", "/somewhere"):
        answer = client.get(address)
        assert len(answer["X-Request-Id"]) > 10
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["X-Frame-Options"] == "DENY"
        policy = answer["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
    assert client.get(ALICES)["X-Request-Id"] != client.get(ALICES)["X-Request-Id"]


def test_a_foreign_name_is_refused(client: Client, alice: Workspace) -> None:
    for host in ("kundresa.example", "127.0.0.1.evil.example"):
        assert client.get(ALICES, headers={"host": host}).status_code == 400
    assert client.get(ALICES, headers={"host": "localhost:8600"}).status_code == 200


def test_the_page_says_of_how_many_the_numbers_are_and_what_is_made_up(
    client: Client, fill: Fill, alice: Workspace
) -> None:
    page = text_of(client, ALICES)
    live = kundresa.measure_map(kundresa.read_map(MAP), EventTable.from_events(worked()))
    journeys, profiles = (live["totals"][name] for name in ("journeys", "profiles"))
    assert f"{journeys} journeys of {profiles} customers that began in the period" in page
    assert "Simulated data" not in page
    made_up = [replace(event, properties={"simulated": True}) for event in worked()]
    carol = fill("Carol", made_up, MAP.replace("id: bicycle", "id: carols"))
    assert "Simulated data" in text_of(client, f"/w/{carol.slug}/maps/carols/")
