"""The canonical form, shown; its laws are in the property tests."""

from __future__ import annotations

from kundresa.documents import fmt

UNTIDY = """\
# About this file

kind: current_state   # what it shows
id: m
"journey-map": 1
own: {z: 1, a: 2}
# the phases
stages:
- name: {en: "Look", sv: 'Titta'}
  # stable
  id: a
  steps:
        # the first
        - {id: s, questions: ["Why?", "yes"], time: {at: "07:30"}}
        # nothing more
title: |   # said
  One
  two
"""

TIDY = """\
# About this file

journey-map: 1
id: m

title: |  # said
  One
  two
kind: current_state  # what it shows

# the phases
stages:
  # stable
  - id: a
    name: {en: Look, sv: Titta}
    steps:
      # the first
      - id: s
        time: {at: "07:30"}
        questions: ["Why?", "yes"]
      # nothing more
own: {z: 1, a: 2}
"""


def test_order_indentation_and_quotes_become_canonical_and_comments_stay():
    assert fmt(UNTIDY) == TIDY
    assert fmt(TIDY) == TIDY


def test_windows_line_breaks_and_a_byte_order_mark_go():
    assert fmt("\ufeff" + UNTIDY.replace("\n", "\r\n")) == TIDY


def test_a_text_too_long_for_one_line_becomes_a_block():
    long = "word " * 12
    shown = fmt(f"title: {{sv: {long}, en: {long}}}\n")
    assert shown == f"title:\n  sv: {long.strip()}\n  en: {long.strip()}\n"
