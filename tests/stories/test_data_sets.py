"""Real files of many kinds become the events that their publishers count.

The files are not ours to give on. They lie in ``shared/data`` beside the project, each set in a
folder with a README.md that says where it comes from and what is known of it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kundresa.events.sources import Contents, read_mapped, read_mapping
from kundresa.store import EventTable
from kundresa.store.rows import table_from_rows
from tests.conftest import DATA_SETS as DATA

MAPPINGS = Path(__file__).resolve().parents[1] / "support/mappings"
pytestmark = pytest.mark.data_sets


def read(mapping: str, data_set: str) -> Contents:
    return read_mapped(replace(read_mapping(MAPPINGS / mapping), folder=DATA / data_set))


def names(table: EventTable) -> Counter[str]:
    return Counter(table.events[code] for code in table.event)


def texts(table: EventTable, name: str) -> Counter[str]:
    codes, words = table.text_column("property", name)
    return Counter(words[code] for code in codes if code >= 0)


def variants(table: EventTable) -> Counter[tuple[int, ...]]:
    """Count the different orders of events, as they stand in the file."""
    traces: dict[int, list[int]] = {}
    for profile, event in zip(table.profile.tolist(), table.event.tolist(), strict=True):
        traces.setdefault(profile, []).append(event)
    return Counter(map(tuple, traces.values()))


LOGS = [
    # mapping, folder, cases, events, activities, variants, cases of the most frequent one
    ("bpic2013_csv.yaml", "bpic2013_incidents", 7_554, 65_533, 4, 1_511, 1_754),
    ("bpic2013_xes.yaml", "bpic2013_incidents", 7_554, 65_533, 4, 1_511, 1_754),
    ("receipt_csv.yaml", "receipt_permit", 1_434, 8_577, 27, 116, 713),
    ("receipt_xes.yaml", "receipt_permit", 1_434, 8_577, 27, 116, 713),
    # One case is called NA, and stays.
    ("sepsis.yaml", "sepsis", 1_050, 15_214, 16, 846, 35),
]


@pytest.mark.parametrize(
    ("mapping", "folder", "cases", "events", "activities", "orders", "most"),
    LOGS, ids=[log[0] for log in LOGS],
)  # fmt: skip
def test_an_event_log_has_the_published_counts(
    mapping: str, folder: str, cases: int, events: int, activities: int, orders: int, most: int
) -> None:
    reading = read(mapping, folder)
    table = reading.table()
    assert not reading.rejected
    assert (len(table.profiles), len(table), len(table.events)) == (cases, events, activities)
    found = variants(table)
    assert (len(found), max(found.values())) == (orders, most)


@pytest.mark.parametrize(
    ("name", "folder"), [("bpic2013", "bpic2013_incidents"), ("receipt", "receipt_permit")]
)
def test_xes_and_csv_of_one_log_are_the_same_events(name: str, folder: str) -> None:
    def rows(kind: str) -> list[tuple[object, ...]]:
        table = read(f"{name}_{kind}.yaml", folder).table()
        profiles = [table.profiles[code] for code in table.profile]
        events = [table.events[code] for code in table.event]
        return sorted(zip(profiles, events, table.time.tolist(), strict=True))

    assert rows("xes") == rows("csv")


def test_invoices_of_a_hospital_refuse_the_one_without_a_case() -> None:
    reading = read("hospital_billing.yaml", "hospital_billing")
    table = reading.table()
    assert [(bad.line, bad.reason) for bad in reading.rejected] == [(214, "profile is missing.")]
    assert (reading.rows, len(table), len(table.profiles)) == (49_951, 49_950, 9_999)
    assert len(table.events) == 16
    assert max(variants(table).values()) == 3_617


def test_orders_of_a_marketplace() -> None:
    table = read("olist.yaml", "olist").table()
    assert names(table)["Ordered"] == 6_136
    assert names(table)["Reviewed"] == 6_207
    answers = table.score_raw[~np.isnan(table.score_raw)]
    assert answers.mean() == pytest.approx(3.271951, abs=5e-7)
    assert texts(table, "message").total() == 3_108
    ordered = np.flatnonzero(table.event == table.events.index("Ordered"))
    codes, words = table.text_column("property", "status")
    assert Counter(words[code] for code in codes[ordered]) == {
        "delivered": 3_898, "shipped": 840, "unavailable": 468, "canceled": 448,
        "invoiced": 254, "processing": 224, "created": 3, "approved": 1,
    }  # fmt: skip


def test_page_requests_make_the_publishers_sessions() -> None:
    table = read("reader_sessions.yaml", "reader_sessions").table()
    assert (len(table), len(table.profiles)) == (63_524, 10_000)
    order = np.lexsort((table.time, table.profile))
    gap = np.diff(table.time[order]) / 1e6
    is_same = np.diff(table.profile[order]) == 0
    assert len(table.profiles) + int((is_same & (gap >= 1_800)).sum()) == 22_226
    assert gap[is_same & (gap < 1_800)].mean() == pytest.approx(146.4932, abs=5e-5)


def test_sessions_of_a_shop_are_lists_in_json() -> None:
    table = read("otto.yaml", "otto_sample").table()
    assert names(table) == {"clicks": 800, "carts": 52, "orders": 10}
    assert len(table.profiles) == 20
    carts, orders = (
        {p for p, e in zip(table.profile.tolist(), table.event, strict=True)
         if table.events[e] == name}
        for name in ("carts", "orders")
    )  # fmt: skip
    assert (len(carts), len(orders)) == (7, 3)


def test_households_of_a_grocer() -> None:
    reading = read("complete_journey.yaml", "complete_journey")
    assert not reading.rejected
    table = reading.table()
    profiles = {
        name: len(set(table.profile[table.event == code].tolist()))
        for code, name in enumerate(table.events)
    }
    assert names(table) == {"Bought": 75_000, "Received coupons": 6_589, "Redeemed a coupon": 2_102}
    assert profiles == {"Bought": 2_377, "Received coupons": 1_559, "Redeemed a coupon": 410}
    assert len(texts(table, "basket")) == 47_243
    assert table.value.sum() == 233_935_240_000


def test_one_broken_line_in_ten_thousand_is_kept_with_its_reason() -> None:
    reading = read("access_log.yaml", "apache_access_logs")
    [bad] = reading.rejected
    assert bad.row.startswith("46.118.127.106 - - [20/May/2015:12:05:17 +0000]")
    assert bad.reason == "doesn't fit the pattern."
    table = reading.table()
    assert (reading.rows, len(table)) == (10_000, 9_999)
    addresses = {*table.profiles, bad.row.split()[0]}
    assert len(addresses) == 1_753
    assert texts(table, "status") == {
        "200": 9_125, "304": 445, "404": 213, "301": 164, "206": 45, "500": 3, "403": 2, "416": 2,
    }  # fmt: skip
    assert texts(table, "method") == {"GET": 9_951, "HEAD": 42, "POST": 5, "OPTIONS": 1}
    assert texts(table, "referrer").total() == 5_927


def test_comments_of_patients_have_days_before_months() -> None:
    reading = read("patient_feedback.yaml", "nhs_patient_feedback")
    # Some rows have the month first after all, against the publisher's word; they are kept aside.
    days = [bad.row["Date"].split("/") for bad in reading.rejected]
    assert days
    assert all(int(month) > 12 for _, month, _ in days)
    table = reading.table()
    assert len(table) + len(days) == 7_908
    aside = Counter(bad.row["FFT categorical answer"] for bad in reading.rejected)
    assert texts(table, "answer") + aside == {
        "1": 5_074, "2": 1_294, "3": 366, "4": 299, "5": 435, "6": 24, "7": 416,
    }  # fmt: skip
    respondents = {*table.profiles, *(bad.row["Respondent ID"] for bad in reading.rejected)}
    assert len(respondents) == 4_466


@pytest.mark.long
def test_half_a_million_ratings() -> None:
    table = table_from_rows(read("reviews.yaml", "anon_reviews").tables)
    assert (len(table), len(table.profiles)) == (578_805, 400_141)
    ratings = table.number_column("property", "rating")
    assert Counter(ratings.tolist()) == {
        5: 466_852, 4: 74_205, 3: 14_971, 1: 11_870, 2: 10_377, 0: 530,
    }  # fmt: skip
    ends = np.array([table.time.min(), table.time.max()]).astype("M8[us]").astype("M8[m]")
    assert [str(end) for end in ends] == ["2003-05-07T18:09", "2008-02-23T00:59"]
