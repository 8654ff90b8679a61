"""Times are instants or the whole span that is known; durations are absolute."""

import pytest

from kundresa.core.errors import BadInputError
from kundresa.core.times import (
    DAY,
    HOUR,
    LONGEST,
    MINUTE,
    SECOND,
    parse_duration,
    parse_moment,
)


@pytest.mark.parametrize(
    ("text", "length"),
    [("1h", HOUR), ("90d", 90 * DAY), ("1h 30m", 90 * MINUTE), ("1.5h", 90 * MINUTE), (20, 20 * SECOND),
     ("2w", 14 * DAY), ("500ms", SECOND // 2)],
)  # fmt: skip
def test_durations_are_microseconds(text: object, length: int) -> None:
    assert parse_duration(text) == length


@pytest.mark.parametrize("text", ["", "h", "1 hour", "-1d", None, True, "1h x"])
def test_what_is_no_duration_is_refused_with_an_example(text: object) -> None:
    with pytest.raises(BadInputError, match="90d"):
        parse_duration(text)


@pytest.mark.parametrize("text", [1e308, 10**400, float("inf"), "9" * 400 + "d", "366001d"])
def test_a_duration_of_more_than_a_thousand_years_is_refused(text: object) -> None:
    with pytest.raises(BadInputError, match="longer than 1,000 years") as caught:
        parse_duration(text)
    assert len(str(caught.value)) < 200


def test_the_longest_duration_is_taken() -> None:
    assert parse_duration("366000d") == parse_duration(366_000 * 86_400) == LONGEST


@pytest.mark.parametrize(
    ("day", "hours"),
    [("2026-03-28", 24), ("2026-03-29", 23), ("2026-10-25", 25)],
)
def test_a_date_is_its_own_local_day_also_when_the_clocks_change(day: str, hours: int) -> None:
    moment = parse_moment(day, zone="Europe/Stockholm")
    assert moment.precision == "day"
    assert moment.until - moment.time + 1 == hours * HOUR


def test_an_offset_beats_the_zone() -> None:
    with_offset = parse_moment("2026-01-01T12:00:00+01:00", zone="Asia/Tokyo")
    assert with_offset.time == parse_moment("2026-01-01T11:00:00Z").time == with_offset.until


def test_epoch_milliseconds_are_read() -> None:
    assert parse_moment(1_760_000_000_000).time == 1_760_000_000_000_000


def test_one_is_a_time_and_true_is_not() -> None:
    assert parse_moment(1).time == 1000
    with pytest.raises(BadInputError):
        parse_moment(True)


def test_a_month_lasts_until_the_next() -> None:
    moment = parse_moment("2024-02-11", precision="month")
    assert moment.until - moment.time + 1 == 29 * DAY


@pytest.mark.parametrize("precision", ["day", "month", "year"])
def test_what_would_end_after_the_calendar_does_is_refused(precision: str) -> None:
    with pytest.raises(BadInputError, match="too near the end of the calendar"):
        parse_moment("9999-12-31", precision=precision)
    assert parse_moment("9999-12-31", precision="hour").precision == "hour"


@pytest.mark.parametrize("value", ["", "31/12/2026", None, float("inf"), 10**30])
def test_what_is_no_time_is_refused(value: object) -> None:
    with pytest.raises(BadInputError):
        parse_moment(value)
