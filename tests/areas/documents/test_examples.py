"""The worked examples: spotless, canonical, and readable in every form."""

from __future__ import annotations

from pathlib import Path

import pytest

from kundresa.documents import FORMATS, convert, diff, fmt, lint, read_map

EXAMPLES = sorted(Path("examples/maps").glob("*.journey.yaml"))
NAMES = {path.name.split(".")[0] for path in EXAMPLES}


def test_the_examples_are_there():
    assert {
        "colleen-vacuum-cleaner", "colleen-future", "colleen-day", "colleen-empathy",
        "restaurant-owner",
    } <= NAMES  # fmt: skip


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_has_no_fault_and_no_warning(path):
    assert [str(fault) for fault in lint(path.read_text("utf-8"))] == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_is_canonical(path):
    text = path.read_text("utf-8")
    assert fmt(text) == text


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_survives_json(path):
    there = convert(path, "json").result
    back = convert(there, "yaml", "json").result
    assert diff(path, back) == []


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_form_writes_every_example_and_reads_it_back(name):
    for path in EXAMPLES:
        written = convert(path, name).result
        again = convert(written, name, name).result
        assert again == written


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_name_on_an_example_is_said_in_all_its_languages(path):
    document = read_map(path)
    for record in (*document.stages, *document.steps, *document.touchpoints, document):
        text = getattr(record, "name", None) or record.title
        assert set(text.texts) == set(document.languages)


def test_colleens_five_actions_have_an_owner_and_a_number_to_move():
    document = read_map(Path("examples/maps/colleen-vacuum-cleaner.journey.yaml"))
    actions = [document.details_on(card) for card in document.cards_of_kind("actions_plan")]
    assert len(actions) == 5
    assert all(action["owner"] and action["metric"] for action in actions)


def test_the_restaurant_is_told_more_of_us_the_nearer_it_comes():
    document = read_map(Path("examples/maps/restaurant-owner.journey.yaml"))
    tones = [stage.message_tone for stage in document.stages]
    assert tones == ["factual", "useful", "selling", "useful"]
    assert document.languages == ("nb", "sv", "en")
    assert {each.kind for each in document.persona_library} >= {"decision_maker", "gatekeeper"}
