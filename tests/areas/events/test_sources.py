"""Files become events, and every row is accounted for."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from kundresa.core.errors import BadInputError
from kundresa.core.records import parse_event
from kundresa.events.sources import fingerprint, read_events, read_jsonl, read_mapped, read_mapping
from kundresa.events.sources.csv_file import CsvFile
from kundresa.events.sources.table_file import whole
from tests.support.orders import ROW, as_events, lay


def read_whole(path: Path) -> dict[str, Any]:
    """Read a CSV file as a table to join."""
    file = CsvFile(path)
    file.check()
    return whole(file, file.header())


def test_a_wide_row_becomes_an_event_for_each_of_its_times(tmp_path: Path) -> None:
    table = read_events(lay(tmp_path, ROW))
    noon = parse_event({"profile": "a", "event": "b", "time": "2026-03-01T11:00:00+00:00"})
    rows = {row[1]: row for row in as_events(table)}
    assert rows.keys() == {"Ordered", "Delivered", "Reviewed"}
    assert rows["Ordered"][2:6] == (noon.moment.time, noon.moment.time, 99.5, "SEK")
    assert rows["Ordered"][7:] == ("Umeå", 1)
    assert rows["Delivered"][3] - rows["Delivered"][2] == 86_400_000_000 - 1
    assert rows["Reviewed"][6] == 2.0


def test_times_without_a_zone_stand_in_the_mappings_zone_and_others_keep_theirs(
    tmp_path: Path,
) -> None:
    other = ROW.replace("2026-03-01T12:00:00", "2026-03-01T12:00:00-05:00").replace("ann", "bob")
    rows = as_events(read_events(lay(tmp_path, ROW, other)))
    ordered = [row[2] for row in rows if row[1] == "Ordered"]
    assert ordered[1] - ordered[0] == 6 * 3_600_000_000


def test_a_row_whose_times_are_empty_gives_no_event_and_is_not_rejected(tmp_path: Path) -> None:
    reading = read_mapped(read_mapping(lay(tmp_path, "o1,ann,s1,,,,,,")))
    assert (reading.rows, reading.event_count, reading.rejected) == (1, 0, [])


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (ROW.replace("ann", ""), "profile is missing"),
        (ROW.replace("ann", "  "), "profile is missing"),
        (ROW.replace("99.5", "much"), "amount is 'much', not a number"),
        (ROW.replace("99.5", "1e400"), "amount is '1e400', not a number"),
        (ROW.replace("99.5", "9e13"), "value is beyond"),
        (ROW.replace("true", "maybe"), "gift is 'maybe', not true or false"),
        (ROW.replace(",5", ",6"), "score is outside its scale, which goes from 1 to 5"),
        (ROW.replace("2026-03-01T12:00:00", "1 March"), "'1 March' is not a time"),
        (ROW + ",more", "has 10 fields where the header has 9"),
    ],
)
def test_a_bad_row_is_kept_with_its_line_and_reason(tmp_path: Path, row: str, said: str) -> None:
    good = ROW.replace("o1", "o2").replace("ann", "bob")
    reading = read_mapped(read_mapping(lay(tmp_path, row, good)))
    assert [(bad.file, bad.line) for bad in reading.rejected] == [("orders.csv", 2)]
    assert said in reading.rejected[0].reason
    # All of a bad row stays out: half of an order would count wrongly.
    assert {row[0] for row in as_events(reading.table())} == {"bob"}
    with pytest.raises(BadInputError, match="1 of 2 rows") as caught:
        read_events(tmp_path / "mapping.yaml")
    assert said in str(caught.value)
    assert len(read_events(tmp_path / "mapping.yaml", skip_bad=True)) == 3


def test_lines_count_through_quoted_line_breaks(tmp_path: Path) -> None:
    quoted = ROW.replace("o1", '"o\n1"')
    reading = read_mapped(read_mapping(lay(tmp_path, quoted, ROW.replace("ann", ""))))
    assert [bad.line for bad in reading.rejected] == [4]


def test_na_is_a_name_unless_the_mapping_says_it_is_missing(tmp_path: Path) -> None:
    row = ROW.replace("ann", "NA")
    assert {each[0] for each in as_events(read_events(lay(tmp_path, row)))} == {"NA"}
    reading = read_mapped(read_mapping(lay(tmp_path, row, missing=["", "NA"])))
    assert "profile is missing" in reading.rejected[0].reason


def test_missing_columns_are_told_all_at_once(tmp_path: Path) -> None:
    mapping = lay(tmp_path, ROW)
    (tmp_path / "orders.csv").write_text("order,shop,ordered\no1,s1,2026-03-01\n")
    with pytest.raises(BadInputError) as caught:
        read_events(mapping)
    for name in ("customer", "delivered", "amount", "stars"):
        assert f"orders.csv: has no column '{name}'" in str(caught.value)
    assert "Known: city, order, ordered, shop." in str(caught.value)


def test_a_join_that_finds_nothing_leaves_its_columns_empty(tmp_path: Path) -> None:
    rows = as_events(read_events(lay(tmp_path, ROW.replace("s1", "s9"))))
    assert {row[7] for row in rows} == {None}


def test_a_join_that_would_double_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"shops\.csv has 2 rows with shop = s1"):
        read_events(lay(tmp_path, ROW, shops="shop,city\ns1,Umeå\ns1,Luleå\n"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"a,a\n1,2\n", "has the column 'a' twice"),
        (b"a,b\n1,\xe5\n", "is not UTF-8: it holds the byte 0xe5"),
        (b'a,b\n1,"2\n', "can't be read"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_sentence(
    tmp_path: Path, content: bytes, said: str
) -> None:
    (tmp_path / "x.csv").write_bytes(content)
    with pytest.raises(BadInputError, match=said):
        read_whole(tmp_path / "x.csv")


def test_a_broken_gzip_and_a_missing_file_are_sentences(tmp_path: Path) -> None:
    whole = gzip.compress(b"a,b\n" + b"1,2\n" * 9_999)
    (tmp_path / "x.csv.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadInputError, match="can't be read"):
        read_whole(tmp_path / "x.csv.gz")
    (tmp_path / "y.csv.gz").write_bytes(b"plain")
    with pytest.raises(BadInputError, match="can't be read"):
        read_whole(tmp_path / "y.csv.gz")
    with pytest.raises(BadInputError, match="No such file"):
        read_whole(tmp_path / "z.csv")


def test_a_bad_mapping_tells_every_fault_with_its_place(tmp_path: Path) -> None:
    bad = {
        "kundresa_mapping": 2,
        "zone": "Nowhere",
        "types": {"amount": "money"},
        "dates": {"start": {"column": "c", "values": {"x": "soon"}}},
        "tables": {"orders": {"file": "../orders.csv"}},
        "rows": [
            {
                "table": "order",
                "profile": {"columns": []},
                "events": [
                    {"event": "", "time": 3},
                    {"event": "x", "time": {"day": None, "from": "begin"}, "value": {"value": "9"}},
                    {"event": "y", "time": "t", "precision": "week", "score": {"value": "s"}},
                ],
            }
        ],
    }
    with pytest.raises(BadInputError) as caught:
        read_mapping(lay(tmp_path, ROW, **bad))
    places = {fault.place for fault in caught.value.faults}
    assert places == {
        "kundresa_mapping", "zone", "types.amount", "dates.start.values.x", "tables.orders.file",
        "rows[0].table", "rows[0].profile", "rows[0].events[0].event", "rows[0].events[0].time",
        "rows[0].events[1].time.from", "rows[0].events[1].time.day",
        "rows[0].events[1].value.value", "rows[0].events[2].precision", "rows[0].events[2].score",
    }  # fmt: skip


def test_the_fingerprint_follows_the_content(tmp_path: Path) -> None:
    first = fingerprint(read_mapping(lay(tmp_path, ROW)))
    assert fingerprint(read_mapping(lay(tmp_path, ROW))) == first
    assert fingerprint(read_mapping(lay(tmp_path, ROW, ROW))) != first
    assert fingerprint(read_mapping(lay(tmp_path, ROW, zone="UTC"))) != first


def test_event_records_read_line_by_line(tmp_path: Path) -> None:
    good = {"profile": "ann", "event": "Bought", "time": "2026-03-01"}
    lines = [json.dumps(good), "", "{", json.dumps({**good, "time": "soon"}), json.dumps(good)]
    (tmp_path / "e.jsonl").write_text("\n".join(lines))
    reading = read_jsonl(tmp_path / "e.jsonl")
    assert (reading.rows, reading.event_count) == (4, 2)
    assert [bad.line for bad in reading.rejected] == [3, 4]
    assert "is not JSON" in reading.rejected[0].reason
    assert "'soon' is not a time" in reading.rejected[1].reason
