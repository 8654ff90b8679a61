"""Faults come all at once, each with its line, its place and the remedy."""

from __future__ import annotations

import pytest

from kundresa.core.errors import BadInputError
from kundresa.documents import lint, read_map

HEAD = "journey-map: 1\nid: m\ntitle: Map\nkind: current_state\n"
STEP = HEAD + "stages:\n  - id: a\n    name: Look\n    steps:\n      - id: s\n"


def errors(text: str) -> dict[str, str]:
    return {f.place: f"{f.message} {f.hint}" for f in lint(text) if f.severity == "error"}


def warnings(text: str) -> list[str]:
    return [fault.message for fault in lint(text) if fault.severity == "warning"]


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("a: &x 1\nb: 2\n", "An anchor is not allowed.", 1),
        ("a: 1\nb: *x\n", "An alias is not allowed.", 2),
        ("a: !!str 1\n", "A tag is not allowed.", 1),
        ("a: 1\nb: 2\na: 3\n", "The key 'a' stands here for the second time.", 3),
        ("a:\n\tb: 1\n", "A tab stands in the indentation.", 2),
        ("a: 1\n---\nb: 2\n", "A second document begins here.", 2),
        ("%YAML 1.1\n---\na: 1\n", "A directive is not allowed.", 1),
        ("[" * 50 + "]" * 50, "The text is nested deeper than 40 levels.", 1),
        ("? [a]\n: b\n", "A key must be a word, not a list or mapping.", 1),
        ("a: .nan\n", ".nan is no number that can be counted with.", 1),
        ("# nothing\n", "The text is empty.", 1),
    ],
)
def test_text_we_cannot_keep_safe_is_refused_with_its_line(text, message, line):
    faults = lint(text)
    assert (faults[0].message, faults[0].line) == (message, line)
    assert faults[0].hint


def test_a_text_that_is_too_large_is_refused():
    assert "larger than 4 MiB" in lint("# " + "x" * (4 * 1024 * 1024))[0].message


def test_broken_yaml_names_the_line():
    fault = lint("a: 1\nb: [1, 2\nc: 3\n")[0]
    assert fault.line in (2, 3)
    assert "no YAML" in fault.message


def test_no_is_a_word_and_not_a_truth_value():
    assert read_map(STEP.replace("title: Map", "title: no")).title.in_language("en") == "no"


def test_a_newer_form_is_refused_in_words():
    (fault,) = lint(HEAD.replace("journey-map: 1", "journey-map: 2"))
    assert "form 2" in fault.message
    assert "Upgrade" in fault.hint


def test_all_faults_come_at_once_with_place_and_remedy():
    found = errors(
        HEAD.replace("current_state", "curent_state")
        + "language: Swedish\n"
        + "library:\n  touchpoints:\n    - {id: web, name: Web, channel: wep, matcher: {evnt: x}}\n"
        + "stages:\n  - id: a\n    name: {svenska: hej}\n    patience: 3 moons\n    steps:\n"
        + "      - {id: s, touchpoint: wbe, emotion: {drawn: 3, measured: 1}}\n"
        + "      - {id: s, next: [{to: t}], time: {at: noon}}\n"
        + "  - {id: b, steps: []}\n"
        + "placements: [{id: p, lane: l, from: s}]\n"
    )
    assert "Did you mean 'current_state'?" in found["kind"]
    assert "language code" in found["language"]
    assert "Did you mean 'web'?" in found["library.touchpoints[0].channel"]
    assert "condition" in found["library.touchpoints[0].matcher"]
    assert "language code" in found["stages[0].name.svenska"]
    assert "duration" in found["stages[0].patience"]
    assert "Did you mean 'web'?" in found["stages[0].steps[0].touchpoint"]
    assert "off the scale" in found["stages[0].steps[0].emotion.drawn"]
    assert "drawn or desired" in found["stages[0].steps[0].emotion.measured"]
    assert "taken by stages[0].steps[0]" in found["stages[0].steps[1].id"]
    assert "no step or stage 't'" in found["stages[0].steps[1].next[0].to"]
    assert "clock time" in found["stages[0].steps[1].time.at"]
    assert "no step" in found["stages[1]"]
    assert "no lane" in found["placements[0].lane"]


def test_a_fault_knows_its_line_and_column():
    fault = next(f for f in lint(STEP + "        touchpoint: tp\n") if f.severity == "error")
    assert (fault.place, fault.line, fault.column) == ("stages[0].steps[0].touchpoint", 10, 21)


def test_reading_a_faulty_map_raises_every_fault():
    with pytest.raises(BadInputError) as caught:
        read_map(STEP + "        touchpoint: tp\n        emotion: 7\n")
    assert len(caught.value.faults) == 2


@pytest.mark.parametrize(
    ("more", "warning"),
    [
        ("", "The stage has no touchpoint."),
        ("        questions: [Why]\n", "A question has no content that answers it."),
        (
            "        questions: [Why]\n        content: [Because]\n",
            "The content has no search term that leads to it.",
        ),
        ("        emotion: -1\n", "The feeling falls to -1 and no opportunity answers it."),
        ("        opportunities: [Mend]\n", "The opportunity has no action."),
        ("        actions_plan: [Mend]\n", "The action has no owner and no metric."),
        ("        pains: {text: Ow, evidence: assumption}\n", "Everything on the map is assumed."),
    ],
)
def test_a_map_that_promises_little_is_warned_about(more, warning):
    assert warning in warnings(STEP + more)


def test_library_records_are_warned_about():
    text = STEP.replace("Look", "Marketing") + (
        "library:\n  personas: [{id: p, name: P}]\n  touchpoints:\n"
        "    - {id: t, name: T}\n    - {id: u, name: U, matcher: X}\n"
        "    - {id: v, name: V, matcher: [X]}\n"
    )
    said = " ".join(warnings(text))
    for each in ("named after a department", "researched", "no matcher", "same as that of 'u'"):
        assert each in said


def test_a_placement_counts_for_every_step_it_spans():
    text = (
        STEP + "        questions: [Why]\n      - {id: s2, questions: [How]}\n"
        "lanes: [{id: l, kind: content}]\n"
        "placements: [{id: p, lane: l, from: s, to: s2, text: Because}]\n"
    )
    assert "A question has no content that answers it." not in warnings(text)


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ("lanes:\n  - {id: {}, kind: actions, title: L}\n", "lanes[0].id"),
        ("library:\n  items:\n    - {id: {}, text: T}\n", "library.items[0].id"),
        ("library:\n  personas:\n    - {id: {a: 1}, name: N}\n", "library.personas[0].id"),
        ("        feels:\n          - {text: T, evidence: {}}\n", "stages[0].steps[0].feels[0].evidence"),
        ("        next:\n          - {to: s, probability: {}}\n", "stages[0].steps[0].next[0].probability"),
        ("placements:\n  - {lane: {}, from: {}, text: T}\n", "placements[0].lane"),
    ],
)  # fmt: skip
def test_a_mapping_where_a_word_or_number_belongs_is_a_fault(more: str, place: str) -> None:
    found = errors(STEP + more)
    assert "{" in found[place], found


def test_a_kind_that_is_a_mapping_is_a_fault():
    assert "kind" in errors(STEP.replace("kind: current_state", "kind: {}"))
