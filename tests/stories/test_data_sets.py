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


# --- files that tell no time or no customer -----------------------------------------------------


def one_each(mapping: str, data_set: str, count: int) -> EventTable:
    """Read a file whose every row is a profile of its own, and nothing is put aside."""
    reading = read(mapping, data_set)
    assert not reading.rejected
    table = reading.table()
    assert (reading.rows, len(table.profiles)) == (count, count)
    return table


def of_profiles(table: EventTable, event: str, name: str) -> Counter[str]:
    """Count the texts of a property over the events of one name."""
    codes, words = table.text_column("property", name)
    return Counter(words[code] for code in codes[table.event == table.events.index(event)])


def test_questions_to_a_bank_in_two_files() -> None:
    table = one_each("banking77.yaml", "banking77", 13_083)
    assert len(table.events) == 77
    files = Counter(name.split("-")[0] for name in table.profiles)
    assert files == {"train": 10_003, "test": 3_080}
    assert table.profiles[table.profile[0]] == "train-1"


def test_calls_of_a_bank_without_customers_or_days() -> None:
    table = one_each("bank_marketing.yaml", "bank_marketing", 41_188)
    assert names(table) == {"Called": 41_188, "Subscribed": 4_640}
    channel, words = table.channel, table.channels
    shares = {}
    for name in ("cellular", "telephone"):
        here = channel == words.index(name)
        by_event = Counter(table.events[code] for code in table.event[here])
        shares[name] = 100 * by_event["Subscribed"] / by_event["Called"]
    assert shares == pytest.approx({"cellular": 14.7376, "telephone": 5.2313}, abs=5e-5)


def test_sessions_of_a_shop_as_totals() -> None:
    table = one_each("online_shoppers.yaml", "online_shoppers", 12_330)
    assert names(table) == {"Visited": 12_330, "Bought": 1_908}


def test_norwegian_sentences() -> None:
    table = one_each("norec_sentence.yaml", "norec_sentence", 7_973)
    assert texts(table, "label") == {"Positive": 2_624, "Negative": 1_270, "Neutral": 4_079}


def test_danish_comments_have_no_header_and_no_quotes() -> None:
    table = one_each("danish_comments.yaml", "danish_comments", 9_008)
    assert texts(table, "label") == {"0": 4_087, "-1": 2_610, "1": 1_007, "-2": 862, "2": 442}
    assert table.profiles[table.profile[-1]] == "comment-9008"


def test_paths_over_channels_with_what_they_brought() -> None:
    table = one_each("paths.yaml", "channel_attribution_pathdata", 10_000)
    conversions = table.number_column("property", "conversions")
    assert (conversions.sum(), (conversions > 0).sum()) == (19_785, 8_199)
    assert table.number_column("property", "without").sum() == 68_602
    # Money is kept to the millionth, so each of the rows may be off by half of one.
    assert table.number_column("field", "value").sum() == pytest.approx(74_802.971587, abs=5e-3)
    channels = {channel for path in texts(table, "path") for channel in path.split(" > ")}
    assert len(channels) == 12


def test_comments_of_patients_without_days() -> None:
    table = one_each("patient_feedback_phase_1.yaml", "nhs_patient_feedback", 10_334)
    assert texts(table, "label") == {
        "Care received": 3_363, "Staff": 2_844, "Couldn't be improved": 1_703,
        "Communication": 874, "Environment/ facilities": 499, "Access": 411,
        "Miscellaneous": 353, "Transition/coordination": 145, "Dignity": 142,
    }  # fmt: skip


def test_customers_who_left_and_who_stayed() -> None:
    table = one_each("telco_churn.yaml", "telco_churn", 7_043)
    assert names(table) == {"Left": 1_869, "Stayed": 5_174}
    assert np.isnan(table.number_column("property", "charges")).sum() == 11


def test_letters_before_an_election_have_the_published_turnout() -> None:
    table = one_each("social_pressure.yaml", "social_pressure_experiment", 305_866)
    sent, voted = (of_profiles(table, name, "arm") for name in ("Assigned", "Voted"))
    assert sent == {
        "Control": 191_243, "Civic Duty": 38_218, "Hawthorne": 38_204, "Neighbors": 38_201,
    }  # fmt: skip
    turnout = {arm: 100 * voted[arm] / sent[arm] for arm in sent}
    assert turnout == pytest.approx(
        {"Control": 29.6638, "Civic Duty": 31.4538, "Hawthorne": 32.2375, "Neighbors": 37.7948},
        abs=5e-5,
    )


def test_passengers_who_left_the_question_open_recommend_nothing() -> None:
    table = one_each("sfo_survey.yaml", "sfo_survey_2017", 2_831)
    # 84 wrote 11, which stands for no answer, and one nothing at all.
    assert names(table) == {"Flew": 2_831, "Recommended": 2_831 - 84 - 1}
    answers = table.score_raw[~np.isnan(table.score_raw)]
    assert (len(answers), answers.max()) == (2_746, 10)
    assert ((answers >= 9).sum(), (answers <= 6).sum()) == (1_436, 342)


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
