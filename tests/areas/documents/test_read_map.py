"""Keys on steps become cards; what is unknown survives; what is missing gets its default."""

from __future__ import annotations

import pytest

from kundresa.core.errors import BadInputError, NotFoundError
from kundresa.core.times import DAY
from kundresa.documents import convert, read_data, read_map, text_of

TEXT = """\
journey-map: 1
id: m
title: {sv: Karta, en: Map}
kind: current_state
language: sv
colour_of_the_day: blue
library:
  personas: [{id: per_a, name: Anna}]
  touchpoints: [{id: tp, name: Butik, channel: store, matcher: Visit, weather: fine}]
  items: [{id: it_page, kind: content, text: Prissida, status: draft}]
lanes:
  - {id: l_pains, kind: pain_points}
stages:
  - id: st
    name: Titta
    steps:
      - id: sp
        action: Ser en annons
        touchpoint: tp
        emotion: {drawn: {per_a: -1}, desired: 2}
        content: [it_page, En broschyr]
        pains: [{text: Dyrt, severity: 0.6}]
        next: [{to: exit, when: trött}]
placements:
  - {id: c1, lane: l_pains, from: sp, text: Mer}
"""


def test_keys_on_steps_become_cards_in_the_lane_of_that_kind():
    document = read_map(TEXT)
    kinds = {lane.id: lane.kind for lane in document.lanes}
    cards = {card.id: (kinds[card.lane], document.text_on(card).in_language("sv"))
             for card in document.placements}  # fmt: skip
    assert cards == {
        "c1": ("pain_points", "Mer"),
        "sp.touchpoints.tp": ("touchpoints", "Butik"),
        "sp.action.0": ("actions", "Ser en annons"),
        "sp.content.0": ("content", "Prissida"),
        "sp.content.1": ("content", "En broschyr"),
        "sp.pains.0": ("pain_points", "Dyrt"),
    }
    assert document.lanes[0].made is False
    assert all(lane.made for lane in document.lanes[1:])


def test_a_card_says_what_its_item_says():
    document = read_map(TEXT)
    card = next(card for card in document.placements if card.item == "it_page")
    assert document.details_on(card)["status"] == "draft"


def test_a_step_without_a_name_is_called_by_what_the_customer_does():
    assert read_map(TEXT).steps[0].name.in_language("en") == "Ser en annons"


def test_feelings_have_a_layer_and_perhaps_a_persona():
    points = [(p.persona, p.layer, p.value) for p in read_map(TEXT).emotions]
    assert points == [("per_a", "drawn", -1.0), (None, "desired", 2.0)]


def test_plain_text_is_in_the_language_of_the_map():
    document = read_map(TEXT)
    assert document.languages == ("sv", "en")
    assert document.stages[0].name.texts == {"sv": "Titta"}
    assert document.title.in_language("nb") == "Map"
    assert document.title.in_language("sv-FI") == "Karta"


def test_unknown_keys_survive():
    document = read_map(TEXT)
    assert document.extra == {"colour_of_the_day": "blue"}
    assert document.touchpoints[0].extra == {"weather": "fine"}
    assert "weather: fine" in convert(TEXT, "yaml").result


def test_what_is_missing_gets_its_default():
    measure = read_map(TEXT).measure
    assert (measure.journey_gap_us, measure.patience_us) == (90 * DAY, 30 * DAY)
    assert measure.unit == "profile"


def test_a_file_is_read_by_its_ending(tmp_path):
    path = tmp_path / "a.journey.json"
    path.write_text(convert(TEXT, "json").result, "utf-8")
    assert read_data(path).result == read_data(TEXT).result


@pytest.mark.parametrize(
    ("content", "said"), [("a: ö".encode("latin-1"), "UTF-8"), (b"\xff\xfea\x00", "UTF-8")]
)
def test_a_file_in_another_encoding_is_refused(tmp_path, content, said):
    path = tmp_path / "a.journey.yaml"
    path.write_bytes(content)
    with pytest.raises(BadInputError) as caught:
        read_map(path)
    assert said in str(caught.value)


def test_a_missing_file_and_an_unknown_ending_are_told(tmp_path):
    with pytest.raises(NotFoundError):
        read_map(tmp_path / "none.journey.yaml")
    with pytest.raises(BadInputError, match="ending"):
        read_map(tmp_path / "map.docx")


def test_text_of_keeps_canonical_order():
    text = text_of({"stages": [], "title": "T", "own": 1, "journey-map": 1})
    assert text == "journey-map: 1\ntitle: T\nstages: []\nown: 1\n"
