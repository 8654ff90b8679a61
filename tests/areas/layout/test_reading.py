"""From a map document, and the answer of its measure, to what is drawn."""

from __future__ import annotations

from kundresa.documents import read_map
from kundresa.documents.drawing.html import to_html
from kundresa.documents.drawing.svg import to_svg
from kundresa.documents.layout import layout, view_of

SOURCE = """
journey-map: 1
id: map_t
title: {sv: Jag byter elavtal, en: I switch contract}
kind: service_blueprint
language: sv
personas: [p1]
library:
  personas: [{id: p1, name: {sv: Barnfamiljen}}]
  touchpoints: [{id: tp_site, name: {sv: Prissidan}, channel: web}]
lanes:
  - {id: l1, kind: touchpoints, zone: customer}
  - {id: l2, kind: systems, zone: frontstage, title: {sv: Disken}}
stages:
  - id: st
    name: {sv: Köp}
    steps:
      - {id: sp, action: {sv: Läser priset}, touchpoint: tp_site, emotion: {drawn: {p1: -1}}}
"""
LIVE = {
    "stages": [
        {
            "id": "st", "reached": 50, "went_on": 0, "completed": 50, "lost": 0, "open": 0,
            "came_back": 0, "counts_only": True, "go_on_rate": None, "stopped_here": 0,
            "steps": [{"id": "sp", "emotion": {"n": 40, "mean": 0.5, "low": 0.2, "high": 0.8}}],
        }
    ],
    "touchpoints": [
        {
            "id": "tp_site", "reach": 40, "touches": 60, "exits": 3, "state": "live",
            "share_of_stage": {"st": 0.8}, "dead_end": {"is_dead_end": True},
        }
    ],
}  # fmt: skip


def test_a_document_is_read_in_one_language_with_the_numbers_beside() -> None:
    view = view_of(read_map(SOURCE), "", LIVE)
    assert (view.title, view.language) == ("Jag byter elavtal", "sv")
    assert [(point.layer, point.value) for point in view.emotions] == [
        ("drawn", -1),
        ("measured", 0.5),
    ]
    assert view.lanes[0].line_after == "interaction"
    assert view.lanes[0].cards[0].channel == "web"


def test_a_lane_that_only_repeats_the_steps_is_left_out() -> None:
    assert [lane.kind for lane in view_of(read_map(SOURCE)).lanes] == ["touchpoints", "systems"]


def test_the_numbers_of_the_measure_are_drawn() -> None:
    picture = to_svg(layout(read_map(SOURCE), live=LIVE))
    for text in ("80\u00a0%", "Återvändsgränd", "nådde hit: 50", "avhopp: 3"):
        assert text in picture


def test_a_page_of_its_own_holds_picture_and_tables() -> None:
    page = to_html(read_map(SOURCE), language="en", live=LIVE, embed_font=False)
    assert "<svg" in page
    assert "The touchpoints in numbers" in page
