"""Laws of the simulated shop, for any seed and period."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from kundresa.project.appliance_shop import Chunk, Period, Shop
from kundresa.project.appliance_shop.chance import BLOCK
from kundresa.project.appliance_shop.parameters import Truth
from kundresa.project.appliance_shop.rhythm import Calendar, add_working_days, weekday
from kundresa.project.appliance_shop.texts import numbered

ZONE = ZoneInfo("Europe/Stockholm")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SEEDS = st.integers(0, 2**63)
FEW = settings(max_examples=4, deadline=None)


def whole(chunks: list[Chunk]) -> pa.Table:
    """Put chunks together, texts as texts, so that only what is said is compared."""
    tables = [
        pa.table({n: c.cast(pa.string()) if pa.types.is_dictionary(c.type) else c
                  for n, c in zip(chunk.events.column_names, chunk.events.columns, strict=True)})
        for chunk in chunks
    ]  # fmt: skip
    return pa.concat_tables(tables).combine_chunks()


@FEW
@given(SEEDS, st.integers(1, 4), st.integers(1, 60_000))
def test_neither_the_size_of_chunks_nor_more_events_change_what_happened(
    seed: int, blocks_at_once: int, fewer: int
) -> None:
    shop = Shop(seed=seed)
    single = list(shop.chunks(110_000, blocks_at_once=1))
    many = list(shop.chunks(110_000, blocks_at_once=blocks_at_once))
    assert sum(c.profiles for c in single) == sum(c.profiles for c in many) > BLOCK
    everything = whole(single)
    assert whole(many).equals(everything)
    first = whole(list(shop.chunks(fewer)))
    assert first.num_rows >= fewer
    assert everything.slice(0, first.num_rows).equals(first)
    after = everything.slice(first.num_rows, 1).column("profile").to_pylist()
    assert after[0] not in set(first.column("profile").to_pylist())


@FEW
@given(SEEDS, st.dates(date(1990, 1, 1), date(2035, 1, 1)), st.integers(1, 800))
def test_any_period_holds_all_its_events_in_order(seed: int, first: date, days: int) -> None:
    period = Period(first, first + timedelta(days - 1))
    chunk = next(Shop(seed=seed, period=period).chunks(5000))
    time = chunk.events.column("time").to_numpy()
    start, end = (
        datetime(day.year, day.month, day.day, tzinfo=ZONE).timestamp() * 1e6
        for day in (first, first + timedelta(days))
    )
    assert start <= time.min()
    assert time.max() < end
    profile = chunk.events.column("profile").to_pylist()
    rows = list(zip(profile, time.tolist(), strict=True))
    assert rows == sorted(rows)
    assert len(set(profile)) == chunk.profiles


@settings(max_examples=40, deadline=None)
@given(st.datetimes(datetime(2025, 1, 1), datetime(2026, 6, 30)))  # noqa: DTZ001
def test_a_local_clock_time_is_the_instant_that_the_zone_says(wall: datetime) -> None:
    calendar = Calendar(Period(), Truth())
    milliseconds = (wall.replace(tzinfo=UTC) - EPOCH) // timedelta(milliseconds=1)
    found = calendar.instant(np.array([milliseconds]))
    aware = (EPOCH + timedelta(milliseconds=milliseconds)).replace(tzinfo=ZONE, fold=1)
    # In the hour that the spring change leaves out there is nothing to find; any offset will do.
    if aware.astimezone(UTC).astimezone(ZONE).replace(tzinfo=None) == aware.replace(tzinfo=None):
        assert EPOCH + timedelta(milliseconds=int(found[0])) == aware
    assert (calendar.wall(found) - found)[0] in {3_600_000, 7_200_000}


@given(st.integers(0, 40_000), st.integers(1, 30))
def test_working_days_are_counted_one_by_one(day: int, count: int) -> None:
    start, left = date(1970, 1, 1) + timedelta(day), count
    while left:
        start += timedelta(1)
        left -= start.weekday() < 5
    found = add_working_days(np.array([day]), np.array([count]))
    assert date(1970, 1, 1) + timedelta(int(found[0])) == start
    assert weekday(found)[0] == start.weekday()


@given(st.lists(st.integers(0, 9999), min_size=1))
def test_numbered_texts_are_what_formatting_gives(numbers: list[int]) -> None:
    column = np.array(numbers)
    assert numbered("a####-##", column, column % 100).to_pylist() == [
        f"a{number:04d}-{number % 100:02d}" for number in numbers
    ]
