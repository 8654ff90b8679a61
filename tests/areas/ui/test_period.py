"""Periods: half-open, by ISO weeks, compared with as many of the same days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from kundresa.ui.period import Span, in_weeks, in_words, picker_of, presets

DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))
DEFAULT = Span(date(2026, 1, 5), date(2026, 2, 2))


@given(DAYS)
def test_every_preset_has_whole_weeks_that_begin_on_monday(today: date) -> None:
    for _name, span in presets(today):
        assert span.start.isoweekday() == 1
        assert (span.end - span.start).days % 7 == 0
        assert span.start < span.end <= today + timedelta(days=7)


@given(DAYS, st.integers(1, 800))
def test_what_is_compared_is_as_long_and_comes_before(start: date, length: int) -> None:
    span = Span(start, start + timedelta(days=length))
    assert span.before().end == span.start
    year = span.year_before()
    assert year.start.isoweekday() == span.start.isoweekday()
    for other in (span.before(), year):
        assert other.end - other.start == span.end - span.start


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (date(2026, 1, 5), date(2026, 1, 12), "vecka 2, 2026"),
        (date(2026, 1, 5), date(2026, 1, 13), "vecka 2–3, 2026"),
        # The first of January 2027 still belongs to week 53 of 2026.
        (date(2026, 12, 21), date(2027, 1, 2), "vecka 52–53, 2026"),
        (date(2026, 12, 21), date(2027, 1, 12), "vecka 52/2026–2/2027"),
    ],
)
def test_weeks_are_those_of_iso(start: date, end: date, said: str) -> None:
    with translation.override("sv"):
        assert in_weeks(Span(start, end)) == said


def test_the_last_day_in_words_is_in_the_period() -> None:
    with translation.override("sv"):
        assert in_words(DEFAULT) == "5 januari 2026 – 1 februari 2026"
        assert in_words(Span(date(2026, 1, 5), date(2026, 1, 6))) == "5 januari 2026"


def test_a_picker_shows_what_was_asked_for() -> None:
    asked = {"start": "2026-03-02", "end": "2026-03-09", "compare": "before"}
    picker = picker_of(asked, date(2026, 4, 1), DEFAULT)
    assert picker.span == Span(date(2026, 3, 2), date(2026, 3, 9))
    assert picker.compared == in_words(Span(date(2026, 2, 23), date(2026, 3, 2)))
    assert picker_of({}, date(2026, 4, 1), DEFAULT).span == DEFAULT


@pytest.mark.parametrize(
    "asked", [{"start": "32/3"}, {"start": "2026-03-09", "end": "2026-03-02"}, {"compare": "none"}]
)
def test_a_wrong_choice_is_told_and_stays_typed(asked: dict[str, str]) -> None:
    picker = picker_of(asked, date(2026, 4, 1), DEFAULT)
    assert picker.form.errors
    for name, value in asked.items():
        assert picker.form[name].value() == value
