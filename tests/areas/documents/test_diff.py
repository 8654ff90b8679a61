"""A difference tells what the map says otherwise, by ids, and never how it is written."""

from __future__ import annotations

import pytest

from kundresa.documents import diff, to_json

BASE = """\
journey-map: 1
id: m
title: Map
kind: current_state
stages:
  - id: a
    name: Look
    steps:
      - {id: s1, name: Search, emotion: -1, questions: [Why, How]}
      - {id: s2, name: Read}
      - {id: s3, name: Ask}
  - {id: b, name: Buy, steps: [{id: s4, name: Pay}]}
"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("name: Look", "name: See", ("renamed", "stage", "a", "name")),
        ("emotion: -1", "emotion: 1", ("rescored", "emotion", "s1.drawn", "value")),
        ("title: Map", "title: Chart", ("renamed", "map", "m", "title")),
        ("name: Map", "x", None),
        ("questions: [Why, How]", "questions: [Hm, Why, How]",
         ("added", "card", "s1.questions.0", "")),
        ("questions: [Why, How]", "questions: [How, Why]", None),
        ("questions: [Why, How]", "questions: [Why, When]",
         ("renamed", "card", "s1.questions.1", "text")),
        ("      - {id: s2, name: Read}\n", "", ("removed", "step", "s2", "")),
        ("name: Read}", "name: Read, planned: optional}", ("changed", "step", "s2", "planned")),
        ("kind: current_state", "kind: current_state\nmine: 1", ("changed", "map", "m", "mine")),
        ("title: Map", "# said\ntitle:   'Map'  # well", None),
        ("title: Map", "title: {en: Map}", None),
    ],
)  # fmt: skip
def test_one_change_is_told_as_one(old, new, expected):
    changes = diff(BASE, BASE.replace(old, new))
    told = [(c.what, c.record, c.id, c.field) for c in changes]
    assert told == ([expected] if expected else [])


def test_a_step_moved_to_another_stage_is_moved_and_not_lost():
    moved = BASE.replace("      - {id: s3, name: Ask}\n", "").replace(
        "steps: [{id: s4", "steps: [{id: s3, name: Ask}, {id: s4"
    )
    (change,) = diff(BASE, moved)
    assert (change.what, change.id, change.before, change.after) == ("moved", "s3", "a", "b")
    assert change.sentence == "Step s3 (Ask) was moved from “a” to “b”."


def test_one_step_put_first_moves_only_itself():
    lines = BASE.splitlines(keepends=True)
    lines.insert(8, lines.pop(10))
    changes = diff(BASE, "".join(lines))
    assert [(c.what, c.id, c.before, c.after) for c in changes] == [("moved", "s3", 3, 1)]


def test_changes_as_data_carry_their_sentence():
    (change,) = to_json(diff(BASE, BASE.replace("emotion: -1", "emotion: 1")))
    assert change["before"] == -1
    assert change["sentence"] == "Emotion s1.drawn was rescored from -1.0 to 1.0."
