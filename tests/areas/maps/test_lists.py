"""The way in: the start page, the workspaces and the list of a workspace's maps."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from django.test import Client

from kundresa.accounts.api import Workspace
from kundresa.documents import read_map
from kundresa.maps.rules import small_curve
from tests.areas.maps.conftest import Fill
from tests.areas.maps.worked import MAP, worked

pytestmark = [pytest.mark.db, pytest.mark.django_db]


def test_with_one_workspace_the_start_leads_to_its_maps(client: Client, alice: Workspace) -> None:
    answer = client.get("/")
    assert answer.status_code == 302
    assert answer["Location"] == "/w/alice/maps/"


def test_with_several_the_reader_chooses(client: Client, alice: Workspace, bob: Workspace) -> None:
    page = client.get("/").content.decode()
    assert '<a href="/w/alice/maps/">Alice</a>' in page
    assert '<a href="/w/bob/maps/">Bob</a>' in page
    assert page.count("1 map\n") == 2


def test_without_a_workspace_the_start_says_so(client: Client, db: None) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    assert "There is no workspace here yet." in answer.content.decode()


def test_the_list_names_the_maps_of_its_workspace_alone(
    client: Client, alice: Workspace, bob: Workspace
) -> None:
    page = client.get("/w/alice/maps/").content.decode()
    assert '<a href="/w/alice/maps/bicycle/">I buy a bicycle</a>' in page
    assert "/maps/bobs/" not in page
    for said in ("Current state", "3 stages", "3 steps", "6 touchpoints"):
        assert said in page


def test_a_workspace_without_maps_says_so(client: Client, fill: Fill) -> None:
    from kundresa.accounts.api import make_workspace

    make_workspace("Empty")
    assert "There is no map here yet." in client.get("/w/empty/maps/").content.decode()


def test_an_empathy_map_has_no_stages_to_count(client: Client, fill: Fill) -> None:
    text = MAP.replace("kind: current_state", "kind: empathy_map")
    fill("Feeling", worked(), text)
    page = client.get("/w/feeling/maps/").content.decode()
    assert "Empathy map" in page
    assert "3 steps" not in page


def test_the_language_is_kept_for_the_reader(client: Client, alice: Workspace) -> None:
    client.post("/i18n/setlang/", {"language": "da", "next": "/w/alice/maps/"})
    page = client.get("/w/alice/maps/").content.decode()
    assert '<html lang="da">' in page
    assert "Jeg køber en cykel" in page


def test_a_map_is_recognised_by_how_it_feels() -> None:
    document = read_map(MAP)
    curve = small_curve(document)
    places = [float(n) for n in re.findall(r"-?\d+", curve)]
    assert curve.startswith("M0 100C")
    assert places[-2:] == [1000, 0]
    assert all(0 <= n <= 400 for n in places[1::2])
    assert small_curve(replace(document, emotions=())) == ""
