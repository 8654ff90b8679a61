"""Mermaid carries stages, steps, actors and a whole number; the rest is told as lost."""

from __future__ import annotations

import pytest

from kundresa.core.errors import BadInputError
from kundresa.documents import convert, read_data, read_map

MAP = """\
journey-map: 1
id: m
title: {en: "My day: it rains", sv: Min dag}
kind: current_state
personas: [per_a]
library: {personas: [{id: per_a, name: "Anna, 30"}]}
stages:
  - id: a
    name: Look
    steps:
      - {id: s1, name: "Title: a search", emotion: -1.5, pains: [Ow]}
      - {id: s2, name: Pay}
"""


def test_a_map_becomes_a_diagram_with_our_ids_in_comments():
    written = convert(MAP, "mermaid")
    assert written.result.splitlines() == [
        "journey",
        "    %% kundresa: map m en",
        "    title My day: it rains",
        "    %% kundresa: persona per_a Anna 30",
        "    %% kundresa: stage a",
        "    section Look",
        "      %% kundresa: step s1",
        "      \u2060Title∶ a search: 2: Anna 30",
        "      %% kundresa: step s2",
        "      Pay: 3: Anna 30",
    ]
    told = " ".join(loss.message for loss in written.losses)
    for each in ("sv is left out", "rounded", "no feeling", "cards", "look-alikes"):
        assert each in told


def test_ids_come_back():
    again = read_map(convert(MAP, "mermaid").result, "mermaid")
    assert [step.id for step in again.steps] == ["s1", "s2"]
    assert (again.id, again.stages[0].id, again.personas) == ("m", "a", ("per_a",))


def test_a_diagram_made_elsewhere_becomes_a_map():
    found = read_data(
        "---\ntheme: x\n---\njourney\n  title My day\n  Wake: 5\n  section Work\n"
        "    Make tea: 9: Me, Cat: extra\n    Work: 1: Me # hm\n",
        "mermaid",
    )
    document = read_map(convert(
        "journey\n title My day\n section Work\n Make tea: 5: Me, Cat\n Make tea: 1: Me\n", "yaml",
        "mermaid",
    ).result)  # fmt: skip
    assert [step.id for step in document.steps] == ["sp_make_tea", "sp_make_tea_2"]
    assert [point.value for point in document.emotions] == [2, -2]
    assert document.personas == ("per_me", "per_cat")
    assert len(found.result["stages"]) == 2
    assert any("brought into 1 to 5" in loss.message for loss in found.losses)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("flowchart LR", "begin with 'journey'"),
        ("journey\n  section A\n  no score", "no score"),
        ("journey\n  Task: good", "not a score"),
        ("journey\n  title Only", "no task"),
    ],
)
def test_what_is_no_journey_is_refused_with_its_line(text, message):
    with pytest.raises(BadInputError) as caught:
        read_data(text, "mermaid")
    assert message in caught.value.faults[0].message
    assert caught.value.faults[0].line


def test_a_note_that_names_no_id_is_left_out_like_any_comment():
    found = read_data(
        "journey\n%% kundresa: map b!d en\n section A\n %% kundresa: step 1!!\n Go: 3", "mermaid"
    )
    assert (found.result["id"], found.result["stages"][0]["steps"][0]["id"]) == (
        "map_mermaid", "sp_go",
    )  # fmt: skip
    assert len(found.losses) == 2


def test_a_note_with_a_language_that_is_none_is_refused():
    with pytest.raises(BadInputError) as caught:
        read_data("journey\n%% kundresa: map m EN!\n section A\n Go: 3", "mermaid")
    assert [fault.place for fault in caught.value.faults] == ["language"]
