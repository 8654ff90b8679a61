"""The campaigns of a grocer, kept as readings of the days that each of them ran."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from kundresa.accounts.api import make_workspace
from kundresa.core.times import microseconds
from kundresa.events.api import reading_series, reading_totals, readings_within, take_in_pieces
from kundresa.events.contracts import Imported
from kundresa.events.sources import origin_of, read_mapping
from tests.conftest import DATA_SETS as DATA

MAPPINGS = Path(__file__).resolve().parents[1] / "support/mappings"
pytestmark = [pytest.mark.data_sets, pytest.mark.db, pytest.mark.django_db(transaction=True)]
THERE = ZoneInfo("America/New_York")


def at(year: int, month: int, day: int) -> int:
    return microseconds(datetime(year, month, day, tzinfo=THERE))


def test_campaigns_of_a_grocer_are_readings_of_the_days_they_ran(tmp_path: Path) -> None:
    shop = make_workspace("Grocer")
    mapping = replace(read_mapping(MAPPINGS / "campaigns.yaml"), folder=DATA / "complete_journey")

    def bring_in() -> Imported:
        origin = origin_of(mapping, "campaigns.yaml")
        return take_in_pieces(
            shop.id, tmp_path, origin.pieces,
            name=origin.name, fingerprint=origin.fingerprint, actor="Alice",
        )  # fmt: skip

    assert bring_in() == Imported(27, 0, 0, 0, readings=27, readings_added=27)
    assert bring_in() == Imported(27, 0, 0, 0, readings=27)
    assert Counter(kept.series for kept in reading_series(shop.id)) == {
        "Type A": 4, "Type B": 17, "Type C": 6,
    }  # fmt: skip
    totals = reading_totals(shop.id, at(2016, 1, 1), at(2019, 1, 1))
    assert sum(each.total or 0 for each in totals) == 27
    # Campaign 1 ran from 3 March to 9 April 2017, the last day included.
    [first] = [kept for kept in reading_series(shop.id) if kept.place == "1"]
    assert (first.begins, first.ends) == (at(2017, 3, 3), at(2017, 4, 10))
    inside = readings_within(shop.id, at(2017, 3, 1), at(2017, 4, 10))
    assert "1" in {reading.place for reading in inside.readings}
    assert readings_within(shop.id, at(2017, 3, 1), at(2017, 4, 9)).cut == inside.cut + 2
