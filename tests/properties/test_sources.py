"""Reading by columns says what a plain reading, row by row, says."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kundresa.core.errors import KundresaError
from kundresa.core.records import parse_event
from kundresa.events.sources import read_mapped, read_mapping
from kundresa.events.sources.csv_file import CsvFile
from kundresa.store import EventTable
from tests.support.orders import HEADER, as_events, lay


def plain(rows: list[dict[str, str]], cities: dict[str, str]) -> tuple[list[Any], set[int]]:
    """Read orders one by one through the event record."""
    records: list[Any] = []
    bad: set[int] = set()
    for number, row in enumerate(rows):
        try:
            records += [parse_event(r, zone="Europe/Stockholm") for r in plain_records(row, cities)]
        except (KundresaError, ValueError):
            bad.add(number)
    return records, bad


def plain_records(row: dict[str, str], cities: dict[str, str]) -> list[dict[str, Any]]:
    truth = {"": None, "true": True, "false": False}
    properties = {"shop": row["shop"], "city": cities.get(row["shop"]), "gift": truth[row["gift"]]}
    base = {
        "profile": row["customer"],
        "currency": "SEK",
        "properties": {k: v for k, v in properties.items() if v not in ("", None)},
    }
    stars = float(row["stars"]) if row["stars"] else None
    found = []
    if row["ordered"]:
        amount = {"value": float(row["amount"])} if row["amount"] else {}
        found.append({**base, "event": "Ordered", "time": row["ordered"], **amount})
    if row["delivered"]:
        found.append({**base, "event": "Delivered", "time": row["delivered"], "precision": "day"})
    if row["reviewed"] and stars is not None:
        score = {"value": stars, "scale": "stars5"}
        found.append({**base, "event": "Reviewed", "time": row["reviewed"], "score": score})
    return found


DAYS = st.integers(0, 400).map(lambda n: (date(2025, 12, 20) + timedelta(days=n)).isoformat())
TIMES = st.one_of(
    st.just(""),
    DAYS,
    st.builds(lambda day, hour: f"{day}T{hour:02d}:30:00", DAYS, st.integers(0, 23)),
    st.builds(lambda day: f"{day}T02:30:00Z", DAYS),
    st.just("never"),
)
LINES = st.fixed_dictionaries(
    {
        "order": st.sampled_from(["", "o1", "o2"]),
        "customer": st.sampled_from(["ann", "bob", 'å"b,c', "", " "]),
        "shop": st.sampled_from(["s1", "s2", "s9", ""]),
        "ordered": TIMES,
        "delivered": TIMES,
        "reviewed": TIMES,
        "amount": st.sampled_from(["", "0", "12.25", "-3", "+1", "1e3", "much"]),
        "gift": st.sampled_from(["", "true", "false"]),
        "stars": st.sampled_from(["", "1", "5", "2.5", "6"]),
    }
)


@settings(max_examples=50, deadline=None)
@given(rows=st.lists(LINES, max_size=30), size=st.integers(1, 7))
def test_columns_say_what_the_plain_reading_says(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]], size: int
) -> None:
    folder = tmp_path_factory.mktemp("orders")
    mapping = lay(folder, shops="shop,city\ns1,Umeå\ns2,Luleå\n")
    with (folder / "orders.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, HEADER.split(","))
        writer.writeheader()
        writer.writerows(rows)
    expected, bad = plain(rows, {"s1": "Umeå", "s2": "Luleå"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CsvFile.batches, "__defaults__", (size,))
        reading = read_mapped(read_mapping(mapping))
    assert {line - 2 for line in (each.line for each in reading.rejected)} == bad
    assert as_events(reading.table()) == as_events(EventTable.from_events(expected))
