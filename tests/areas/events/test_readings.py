"""Readings come from files, count once, are corrected in sight, and are read for a period."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kundresa.accounts.api import make_workspace
from kundresa.accounts.models import AuditLine
from kundresa.core.readings import Reading
from kundresa.core.times import microseconds
from kundresa.events import actions, models
from kundresa.events.api import (
    reading_series,
    reading_totals,
    readings_within,
    take_in_pieces,
)
from kundresa.events.contracts import Imported, SeriesKept
from kundresa.events.queries import store_in
from kundresa.events.sources import (
    Quarantine,
    jsonl,
    mapping_of,
    origin_of,
    origin_of_mended,
)
from kundresa.store import Store

pytestmark = [pytest.mark.db, pytest.mark.django_db(transaction=True)]
STOCKHOLM = ZoneInfo("Europe/Stockholm")
ADS = {
    "kundresa_mapping": 1,
    "zone": "Europe/Stockholm",
    "tables": {"ads": {"file": "ads.csv"}},
    "readings": [
        {
            "table": "ads",
            "period": "date",
            "campaign": "campaign",
            "source": {"value": "ad account"},
            "series": [
                {"series": "clicks", "value": "clicks", "unit": {"value": "clicks"}},
                {"series": "spend", "value": "cost", "unit": {"value": "SEK"}},
            ],
        }
    ],
}


def record(value: float = 5, begins: str = "2026-03-01", **more: Any) -> dict[str, Any]:
    day = int(begins[-2:])
    period = {"from": begins, "to": f"{begins[:-2]}{day + 1:02}"}
    return {"series": "footfall", "period": period, "value": value, "unit": "visitors",
            "source": "door", **more}  # fmt: skip


def write(folder: Path, *records: Any, name: str = "r.jsonl") -> Path:
    file = folder / name
    file.write_text("".join(json.dumps(each) + "\n" for each in records), "utf-8")
    return file


def bring_in(workspace: Any, folder: Path, origin: Any) -> Imported:
    return take_in_pieces(
        workspace.id, folder / "store", origin.pieces,
        name=origin.name, fingerprint=origin.fingerprint, actor="Alice",
        quarantine=Quarantine(folder / "bad.jsonl"), may_correct=origin.mended is None,
    )  # fmt: skip


def bring_file(workspace: Any, folder: Path, file: Path, zone: str = "UTC") -> Imported:
    return bring_in(workspace, folder, origin_of(file, file.name, zone=zone))


def bring_ads(workspace: Any, folder: Path, *rows: str, **changes: Any) -> Imported:
    text = "\n".join(["date,campaign,clicks,cost", *rows, ""])
    (folder / "ads.csv").write_text(text, "utf-8")
    mapping = mapping_of({**ADS, **changes}, folder, "ads")
    return bring_in(workspace, folder, origin_of(mapping, "ads"))


def at(*when: int, zone: ZoneInfo = STOCKHOLM) -> int:
    return microseconds(datetime(*when, tzinfo=zone))  # type: ignore[arg-type, misc]


EVER = (-(1 << 62), 1 << 62)


def kept(workspace: Any) -> list[tuple[Any, ...]]:
    found = readings_within(workspace.id, *EVER).readings
    return sorted((r.series, r.place, r.begins, r.ends, r.value, r.unit) for r in found)


def bad(folder: Path) -> list[tuple[int, str]]:
    lines = (folder / "bad.jsonl").read_text("utf-8").splitlines()
    return [(each["line"], each["reason"]) for each in map(json.loads, lines)]


def test_a_record_is_kept_as_it_is_and_the_same_content_adds_nothing(tmp_path: Path) -> None:
    shop = make_workspace("Shop")
    file = write(tmp_path, record(41, channel="store"), record(0.5, "2026-03-02"))
    done = bring_file(shop, tmp_path, file, zone="Europe/Stockholm")
    assert done == Imported(2, 0, 0, 0, readings=2, readings_added=2)
    assert bring_file(shop, tmp_path, file, zone="Europe/Stockholm") == Imported(
        2, 0, 0, 0, readings=2
    )
    day = at(2026, 3, 1), at(2026, 3, 2)
    first, second = readings_within(shop.id, *EVER).readings
    assert first == Reading(
        "footfall", *day, 41, "visitors", "door", "channel", "store", "Europe/Stockholm"
    )
    assert (second.place_kind, second.place, second.value) == ("", "", 0.5)
    assert store_in(shop.id, tmp_path / "store").event_count == 0


def test_events_and_readings_stand_in_one_file(tmp_path: Path) -> None:
    shop = make_workspace("Shop")
    event = {"profile": "ann", "event": "Bought", "time": "2026-03-01"}
    done = bring_file(shop, tmp_path, write(tmp_path, event, record(), {**event, "time": "soon"}))
    assert done == Imported(3, 1, 1, 1, readings=1, readings_added=1, profiles=1)


def test_money_is_whole_millionths_and_other_numbers_are_not(tmp_path: Path) -> None:
    shop = make_workspace("Shop")
    file = write(tmp_path, record(0.1, unit="SEK"), record(0.1, "2026-03-02"))
    bring_file(shop, tmp_path, file)
    rows = models.Reading.objects.order_by("begins").values_list("micro", "number")
    assert list(rows) == [(100_000, None), (None, 0.1)]


def test_a_wide_row_gives_a_reading_for_each_of_its_numbers(tmp_path: Path) -> None:
    shop = make_workspace("Shop")
    done = bring_ads(
        shop, tmp_path, "2026-03-28,Spring,20,120.5", "2026-03-29,Spring,,80", "2026-03-29,,7,"
    )
    assert done == Imported(3, 0, 0, 0, readings=4, readings_added=4)
    # The night of the 29th is an hour short.
    days = [(at(2026, 3, 28), at(2026, 3, 29)), (at(2026, 3, 29), at(2026, 3, 30))]
    assert kept(shop) == [
        ("clicks", "", *days[1], 7, "clicks"),
        ("clicks", "Spring", *days[0], 20, "clicks"),
        ("spend", "Spring", *days[0], 120.5, "SEK"),
        ("spend", "Spring", *days[1], 80, "SEK"),
    ]
    assert days[1][1] - days[1][0] == 23 * 3_600_000_000


@pytest.mark.parametrize(
    ("period", "row", "begins", "ends"),
    [
        ("day", "2026-03-29", (2026, 3, 29), (2026, 3, 30)),
        ({"column": "day", "length": "week"}, "2026-03-23", (2026, 3, 23), (2026, 3, 30)),
        ({"column": "day", "length": "week"}, "2026-03-29", (2026, 3, 29), (2026, 4, 5)),
        ({"column": "day", "length": "week"}, "2026-W13", (2026, 3, 23), (2026, 3, 30)),
        ({"column": "day", "length": "week"}, "2026-10-20", (2026, 10, 20), (2026, 10, 27)),
        ({"column": "day", "length": "month", "form": "%Y-%m"}, "2026-12", (2026, 12, 1),
         (2027, 1, 1)),
        ({"column": "day", "length": "year", "form": "%Y"}, "2026", (2026, 1, 1), (2027, 1, 1)),
        ({"column": "day", "length": "hour"}, "2026-03-02T10:00", (2026, 3, 2, 10), (2026, 3, 2, 11)),
        ({"column": "day", "form": "%d/%m/%Y"}, "02/03/2026", (2026, 3, 2), (2026, 3, 3)),
        ({"from": "day", "to": "end"}, "2026-03-01", (2026, 3, 1), (2026, 4, 1)),
        ({"from": "day", "last": {"column": "end"}}, "2026-03-01", (2026, 3, 1), (2026, 4, 2)),
    ],
)  # fmt: skip
def test_a_period_is_of_the_calendar_of_the_zone(
    tmp_path: Path, period: Any, row: str, begins: Any, ends: Any
) -> None:
    shop = make_workspace("Shop")
    (tmp_path / "t.csv").write_text(f"day,end,n\n{row},2026-04-01,5\n")
    rule = {"table": "t", "period": period, "unit": {"value": "n"}, "source": {"value": "s"},
            "series": [{"series": "n", "value": "n"}]}  # fmt: skip
    data = {**ADS, "tables": {"t": {"file": "t.csv"}}, "readings": [rule]}
    done = bring_in(shop, tmp_path, origin_of(mapping_of(data, tmp_path, "t"), "t"))
    assert done.rejected == 0, bad(tmp_path)
    assert [row[2:4] for row in kept(shop)] == [(at(*begins), at(*ends))]


def test_rows_that_say_nothing_sound_are_put_aside_whole(tmp_path: Path) -> None:
    shop = make_workspace("Shop")
    done = bring_ads(
        shop, tmp_path, "2026-03-01,Spring,20,much", "Total,,20,1", ",Spring,1,2",
        f"2026-03-01,{'x' * 201},1,", "2026-03-01,a,1,1e14", "2026-03-01,b,3,4",
    )  # fmt: skip
    assert (done.readings, done.rejected) == (2, 5)
    assert [place for _, place, *_ in kept(shop)] == ["b", "b"]
    reasons = dict(bad(tmp_path))
    assert reasons[2] == "cost is 'much', not a number."
    assert "'Total' is not a time" in reasons[3]
    assert reasons[4] == "period is missing."
    assert "longer than 200 letters" in reasons[5]
    assert reasons[6] == "value is beyond 9e+12."


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_tables_of_other_kinds_hold_readings_as_well(tmp_path: Path, kind: str) -> None:
    shop = make_workspace("Shop")
    rows = [{"date": "2026-03-01", "campaign": "Spring", "clicks": 3, "cost": 2.5}]
    if kind == "jsonl":
        write(tmp_path, *rows, name="ads.jsonl")
    else:
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / "ads.parquet")
    done = bring_ads(shop, tmp_path, tables={"ads": {"file": f"ads.{kind}"}})
    assert (done.readings, done.rejected) == (2, 0)
    assert [row[4] for row in kept(shop)] == [3, 2.5]


# --- corrections --------------------------------------------------------------------------------


def corrections(workspace: Any) -> list[dict[str, Any]]:
    lines = AuditLine.objects.filter(workspace=workspace, action="corrected readings")
    return [each for line in lines.order_by("id") for each in line.details["readings"]]


def test_another_number_for_the_same_replaces_it_and_leaves_an_audit_line(tmp_path: Path) -> None:
    shop = make_workspace("Shop")
    bring_ads(shop, tmp_path, "2026-03-01,Spring,20,5", "2026-03-02,Spring,7,1")
    done = bring_ads(shop, tmp_path, "2026-03-01,Spring,20,6", "2026-03-03,Spring,8,")
    assert (done.readings, done.readings_added, done.readings_corrected) == (3, 1, 1)
    assert [row[4] for row in kept(shop)] == [20, 7, 8, 6, 1]
    assert corrections(shop) == [{
        "series": "spend", "campaign": "Spring", "source": "ad account",
        "from": "2026-02-28T23:00:00+00:00", "to": "2026-03-01T23:00:00+00:00",
        "before": {"value": 5, "unit": "SEK"}, "after": {"value": 6, "unit": "SEK"},
    }]  # fmt: skip


def test_another_place_source_or_period_is_another_reading(tmp_path: Path) -> None:
    shop = make_workspace("Shop")
    others: list[dict[str, Any]] = [
        {}, {"channel": "a"}, {"campaign": "a"}, {"channel": "b"}, {"source": "x"}, {"series": "y"},
    ]  # fmt: skip
    records = [record(n, **more) for n, more in enumerate(others)]
    file = write(tmp_path, *records, record(9, "2026-03-02"))
    assert bring_file(shop, tmp_path, file).readings_added == 7
    assert corrections(shop) == []


@pytest.mark.parametrize("before", [None, 1, 2, 3])
def test_two_numbers_for_the_same_in_one_file_are_not_chosen_between_in_silence(
    tmp_path: Path, before: int | None
) -> None:
    shop = make_workspace("Shop")
    if before:
        bring_file(shop, tmp_path, write(tmp_path, record(before)))
    done = bring_file(shop, tmp_path, write(tmp_path, record(1), record(2), record(1)))
    assert (done.readings, done.rejected) == (2, 1)
    assert [row[4] for row in kept(shop)] == [1]
    [(line, reason)] = bad(tmp_path)
    assert line == 2
    assert reason.startswith("footfall is 1 visitors for the same period, place and source in")


def test_a_mended_row_is_added_but_corrects_nothing(tmp_path: Path) -> None:
    shop = make_workspace("Shop")
    bring_ads(shop, tmp_path, "2026-03-01,Spring,1,", "2026-03-01,Spring,2,", "no,Spring,9,")
    aside = tmp_path / "bad.jsonl"
    aside.write_text(aside.read_text().replace('"no"', '"2026-03-09"'))
    aside.rename(tmp_path / "mended.jsonl")
    mapping = mapping_of(ADS, tmp_path, "ads")
    done = bring_in(shop, tmp_path, origin_of_mended(tmp_path / "mended.jsonl", mapping))
    assert (done.readings_added, done.readings_corrected, done.rejected) == (1, 0, 1)
    assert [row[4] for row in kept(shop)] == [1, 9]
    [(line, reason)] = bad(tmp_path)
    assert line == 3
    assert "import the row as a file of its own" in reason


def test_each_workspace_has_its_own(tmp_path: Path) -> None:
    one, other = make_workspace("One"), make_workspace("Other")
    bring_file(one, tmp_path / "1", write(tmp_path, record(1)))
    bring_file(other, tmp_path / "2", write(tmp_path, record(2)))
    assert [kept(one)[0][4], kept(other)[0][4]] == [1, 2]
    assert corrections(one) == corrections(other) == []


class Crash(Exception):  # noqa: N818 - it is no error of ours
    """A process that ends here."""


@pytest.mark.parametrize("crash_at", range(1, 7))
def test_after_a_crash_every_reading_counts_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, crash_at: int
) -> None:
    shop = make_workspace("Shop")
    records = [record(n, f"2026-03-{n + 1:02}") for n in range(20)]
    bring_file(shop, tmp_path, write(tmp_path, record(99)))
    file = write(tmp_path, *records[:10], record(7), *records[10:])
    monkeypatch.setattr(jsonl, "BATCH", 4)
    monkeypatch.setattr(actions, "CHUNK", 8)
    append, calls = Store.append_rows, 0

    def crashing(self: Store, *arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == (crash_at + 1) // 2 and crash_at % 2:
            raise Crash
        version = append(self, *arguments, **named)
        if calls == crash_at // 2 and not crash_at % 2:
            raise Crash
        return version

    with monkeypatch.context() as patch:
        patch.setattr(Store, "append_rows", crashing)
        with pytest.raises(Crash):
            bring_file(shop, tmp_path, file)
    done = bring_file(shop, tmp_path, file)
    assert (done.rows, done.readings, done.rejected) == (21, 20, 1)
    assert [row[4] for row in kept(shop)] == list(range(20))
    assert [each["before"]["value"] for each in corrections(shop)] == [99]
    assert [line for line, _ in bad(tmp_path)] == [11]


# --- reading them -------------------------------------------------------------------------------


def test_what_lies_wholly_in_a_period_is_given_and_what_is_cut_is_counted(tmp_path: Path) -> None:
    shop = make_workspace("Shop")
    bring_ads(shop, tmp_path, *(f"2026-03-{day:02},Spring,{day},{day}.1" for day in range(1, 11)))
    within = readings_within(shop.id, at(2026, 3, 3), at(2026, 3, 6), series="clicks")
    assert ([reading.value for reading in within.readings], within.cut) == ([3, 4, 5], 0)
    cut = readings_within(shop.id, at(2026, 3, 3, 1), at(2026, 3, 5, 12), series="clicks")
    assert ([reading.value for reading in cut.readings], cut.cut) == ([4], 2)
    clicks, spend = reading_totals(shop.id, at(2026, 3, 3, 1), at(2026, 3, 6))
    assert (clicks.total, clicks.last, clicks.count, clicks.cut) == (9, 5, 2, 1)
    assert (spend.total, spend.unit, spend.place_kind, spend.place) == (
        9.2, "SEK", "campaign", "Spring",
    )  # fmt: skip
    assert reading_totals(shop.id, at(2025, 1, 1), at(2025, 2, 1)) == []


def test_readings_that_overlap_are_not_added_up(tmp_path: Path) -> None:
    shop = make_workspace("Shop")
    month = record(70) | {"period": {"from": "2026-03-01", "to": "2026-04-01"}}
    bring_file(shop, tmp_path, write(tmp_path, record(1), record(2, "2026-03-02"), month))
    [total] = reading_totals(shop.id, *EVER)
    assert (total.total, total.last, total.count) == (None, 70, 3)


def test_series_are_listed_with_what_they_cover(tmp_path: Path) -> None:
    shop = make_workspace("Shop")
    bring_ads(shop, tmp_path, "2026-03-01,Spring,1,", "2026-03-05,Spring,2,", "2026-03-05,Brand,2,")
    assert reading_series(shop.id) == [
        SeriesKept("clicks", "campaign", "Brand", "ad account", "clicks", 1,
                   at(2026, 3, 5), at(2026, 3, 6)),
        SeriesKept("clicks", "campaign", "Spring", "ad account", "clicks", 2,
                   at(2026, 3, 1), at(2026, 3, 6)),
    ]  # fmt: skip
