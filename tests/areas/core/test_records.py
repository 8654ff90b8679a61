"""The event record takes what it promises and names everything that is wrong."""

import json

import pytest

from kundresa.core.errors import BadInputError
from kundresa.core.records import MICRO, emotion_of, parse_event

RECORD = {"profile": "p1", "event": "Bought", "time": "2026-03-01T12:00:00+01:00"}


def test_the_smallest_record_is_an_event() -> None:
    event = parse_event(RECORD)
    assert (event.profile, event.event, event.moment.precision) == ("p1", "Bought", "microsecond")
    assert event.moment.offset_minutes == 60


def test_money_becomes_whole_micro_units() -> None:
    event = parse_event({**RECORD, "value": 0.1, "currency": "sek"})
    assert (event.value, event.currency) == (MICRO // 10, "SEK")


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("profile", "", "profile"),
        ("event", None, "event"),
        ("time", "yesterday", "not a time"),
        ("time", True, "not a time"),
        ("value", "12", "Write a number"),
        ("value", float("nan"), "Write a number"),
        ("value", 10**400, "9 million million"),
        ("value", -(10**400), "9 million million"),
        ("time", 10**400, "outside the years"),
        ("time", float("inf"), "outside the years"),
        ("score", {"value": 10**400, "scale": "csat5"}, "too large a number"),
        ("properties", {"n": 10**400}, "properties.n: is too large a number"),
        ("properties", {"n": float("-inf")}, "properties.n: is too large a number"),
        ("currency", "KRONOR", "three letters"),
        ("score", {"value": 11, "scale": "nps"}, "from 0 to 10"),
        ("score", {"value": 1, "scale": "npss"}, "Did you mean 'nps'"),
        ("properties", [1], "Write an object"),
        ("items", {"sku": 1}, "list of objects"),
        ("identifiers", {"email": 3}, "identifiers.email"),
        ("precision", "dya", "Did you mean 'day'"),
        ("evnt", "x", "is not a key"),
    ],
)
def test_a_wrong_value_is_named_with_its_remedy(key: str, value: object, said: str) -> None:
    with pytest.raises(BadInputError) as caught:
        parse_event({**RECORD, key: value}, place="line 7")
    assert said in str(caught.value)
    assert "line 7" in str(caught.value)


@pytest.mark.parametrize(
    ("time", "precision"),
    [("9999-05-01", "year"), ("9999-12-05", "month"), ("9999-12-31", None), ("9999-12-31", "day")],
)
def test_a_time_whose_end_no_calendar_has_is_a_fault(time: str, precision: str | None) -> None:
    with pytest.raises(BadInputError) as caught:
        parse_event({**RECORD, "time": time, "precision": precision})
    assert [fault.place for fault in caught.value.faults] == ["time"]
    assert "too near the end of the calendar" in str(caught.value)


def test_the_largest_numbers_of_a_property_are_taken() -> None:
    numbers = {"float": 1.7976931348623157e308, "whole": 10**308, "truth": True, "text": "9" * 400}
    assert parse_event({**RECORD, "properties": numbers}).properties == numbers


def test_all_faults_come_at_once() -> None:
    with pytest.raises(BadInputError) as caught:
        parse_event({"event": "", "time": "x", "currency": 3})
    assert {fault.place for fault in caught.value.faults} == {
        "profile",
        "event",
        "time",
        "currency",
    }
    json.dumps(caught.value.to_json())


@pytest.mark.parametrize(
    ("value", "scale", "emotion"),
    [
        # The rule of all scales: ends on -2 and +2, a straight line between.
        (5, "csat5", 2), (1, "csat5", -2), (4, "csat7", 0), (7, "ces7", 2), (5, "nps", 0),
        (10, "nps", 2), (3, "1..5", 0), (1, "faces3", 1.5), (-1, "faces3", -1.5), (75, "percent", 1),
    ],
)  # fmt: skip
def test_answers_of_every_scale_share_one_axis(value: float, scale: str, emotion: float) -> None:
    assert emotion_of(value, scale) == pytest.approx(emotion)


def test_seven_point_scales_follow_the_published_rule() -> None:
    for answer in range(1, 8):
        assert emotion_of(answer, "csat7") == pytest.approx((answer - 4) * 2 / 3)
