"""Files become events, and every row is accounted for."""

from __future__ import annotations

import gzip
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kundresa.core.errors import BadInputError
from kundresa.core.records import parse_event
from kundresa.events.sources import (
    Contents,
    Quarantine,
    fingerprint,
    guess_mapping,
    is_quarantine,
    mapping_of,
    origin_of,
    origin_of_mended,
    read_events,
    read_jsonl,
    read_mapped,
    read_mapping,
)
from kundresa.events.sources.contents import collected
from kundresa.events.sources.csv_file import CsvFile
from kundresa.events.sources.json_file import JsonFile
from kundresa.events.sources.table_file import whole
from kundresa.events.sources.xes_file import XesFile
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
        (b'a,b\n1,"2\n', "a quote that nothing closes"),
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
    with pytest.raises(BadInputError, match="isn't packed with gzip"):
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


@pytest.mark.parametrize(
    ("table", "place"),
    [
        ({"file": "t.csv", "delimiter": ";;"}, "delimiter"),
        ({"file": "t.csv", "delimiter": '"'}, "delimiter"),
        ({"file": "t.csv", "encoding": "latin-99"}, "encoding"),
        ({"file": "t.csv", "encoding": "base64"}, "encoding"),
        ({"file": "t.csv", "pattern": "(?P<a>.)"}, "pattern"),
        ({"file": "t.csv", "format": "xls"}, "format"),
        ({"file": "t.parquet", "delimiter": ";"}, "delimiter"),
        ({"file": "t.log"}, "pattern"),
        ({"file": "t.log", "pattern": "(.*)"}, "pattern"),
        ({"file": "t.log", "pattern": "(?P<a"}, "pattern"),
        ({"file": "t.jsonl", "each": 3}, "each"),
    ],
)
def test_what_does_not_fit_a_kind_of_table_is_a_fault(
    tmp_path: Path, table: dict[str, Any], place: str
) -> None:
    with pytest.raises(BadInputError) as caught:
        read_mapping(lay(tmp_path, ROW, tables={"orders": table, "shops": {"file": "shops.csv"}}))
    assert [fault.place for fault in caught.value.faults] == [f"tables.orders.{place}"]


EVENT = {"event": {"column": "what"}, "time": "at"}
LOG: dict[str, Any] = {
    "kundresa_mapping": 1,
    "zone": "Europe/Stockholm",
    "tables": {"log": {"file": "log.csv"}},
    "rows": [{"table": "log", "profile": "who", "events": [EVENT]}],
}


def read_log(folder: Path, content: bytes, **table: Any) -> Contents:
    """Read a small log as a CSV file."""
    (folder / "log.csv").write_bytes(content)
    data = {**LOG, "tables": {"log": {"file": "log.csv", **table}}}
    return read_mapped(mapping_of(data, folder, "log"))


def told(reading: Contents) -> list[tuple[str, str]]:
    """Give who did what."""
    table = reading.table()
    who = [table.profiles[code] for code in table.profile]
    return list(zip(who, [table.events[code] for code in table.event], strict=True))


@pytest.mark.parametrize("encoding", ["windows-1252", "utf-16", "utf-8-sig", "mac-roman"])
def test_other_encodings_and_delimiters_are_named_in_the_mapping(
    tmp_path: Path, encoding: str
) -> None:
    content = 'who;what;at\nÅsa;"Köpte; igen";2026-03-01\n'.encode(encoding)
    reading = read_log(tmp_path, content, encoding=encoding, delimiter=";")
    assert told(reading) == [("Åsa", "Köpte; igen")]


def test_a_wrong_encoding_is_told_before_anything_is_taken(tmp_path: Path) -> None:
    good = "who,what,at\n" + "ann,Bought,2026-03-01\n" * 300_000
    content = good.encode() + "Åsa,Bought,2026-03-01\n".encode("windows-1252")
    (tmp_path / "log.csv").write_bytes(content)
    with pytest.raises(BadInputError, match="is not UTF-8: it holds the byte 0xc5") as caught:
        origin_of(mapping_of(LOG, tmp_path, "log"), "log")
    assert "encoding: windows-1252" in caught.value.hint


def test_a_broken_quote_costs_its_own_row(tmp_path: Path) -> None:
    content = b'who,what,at\nann,Bought,2026-03-01\n"bob,Bought,2026-03-01\neve,"Said ""hi""",2026-03-01\n'
    reading = read_log(tmp_path, content)
    assert told(reading) == [("ann", "Bought"), ("eve", 'Said "hi"')]
    [bad] = reading.rejected
    assert (bad.line, bad.row) == (3, '"bob,Bought,2026-03-01')
    assert "a quote that nothing closes" in bad.reason


def test_a_quote_that_opens_a_long_file_costs_its_own_row(tmp_path: Path) -> None:
    rest = "eve,Bought,2026-03-01\n" * 10_000
    reading = read_log(tmp_path, f'who,what,at\nann,"Bought,2026-03-01\n{rest}'.encode())
    [bad] = reading.rejected
    assert (bad.line, bad.row, len(told(reading))) == (2, 'ann,"Bought,2026-03-01', 10_000)
    assert "a quote begins it that nothing closes" in bad.reason


def test_zones_may_be_mixed(tmp_path: Path) -> None:
    times = ["2026-03-29T01:30:00Z", "2026-03-29T03:30:00+02:00", "2026-03-29 03:30:00",
             "2026-03-29T02:30:00"]  # fmt: skip
    rows = "".join(f"ann,Bought,{time}\n" for time in times)
    table = read_log(tmp_path, f"who,what,at\n{rows}".encode()).table()
    # The last one lies in the hour that the clocks leave out, and counts on from before it.
    assert len(set(table.time.tolist())) == 1


def test_a_row_without_the_name_of_its_event_is_kept(tmp_path: Path) -> None:
    reading = read_log(tmp_path, b"who,what,at\nann, ,2026-03-01\n")
    assert [bad.reason for bad in reading.rejected] == ["event is missing."]


def test_types_of_parquet_are_kept_and_large_numbers_stay_whole(tmp_path: Path) -> None:
    big = 2**62 + 1
    columns = {
        "who": pa.array([big, None]),
        "at": pa.array([1_767_225_600_000_000] * 2, pa.timestamp("us", "Europe/Stockholm")),
        "paid": pa.array([True, False]),
        "sum": pa.array([Decimal("12.50"), None]),
        "tag": pa.array(["a", "b"]).dictionary_encode(),
        "shop": pa.array([{"city": "Umeå"}, None]),
    }
    pq.write_table(pa.table(columns), tmp_path / "log.parquet")
    rule = {"profile": "who", "currency": {"value": "SEK"},
            "properties": {"paid": "paid", "tag": "tag", "city": "shop.city"},
            "events": [{"event": "Paid", "time": "at", "value": "sum"}]}  # fmt: skip
    data = {"kundresa_mapping": 1, "tables": {"log": {"file": "log.parquet"}},
            "rows": [{"table": "log", **rule}]}  # fmt: skip
    reading = read_mapped(mapping_of(data, tmp_path, "log"))
    assert [(bad.line, bad.reason) for bad in reading.rejected] == [(2, "profile is missing.")]
    assert reading.rejected[0].row["at"] == "2026-01-01T01:00:00+01:00"
    table = reading.table()
    assert table.profiles == [str(big)]
    assert (table.value.tolist(), table.currencies) == ([12_500_000], ["SEK"])
    assert table.boolean_column("property", "paid").tolist() == [1]
    assert table.text_column("property", "tag")[1] == ["a"]
    assert table.text_column("property", "city")[1] == ["Umeå"]


def test_a_document_type_in_xes_is_refused(tmp_path: Path) -> None:
    laughs = '<!DOCTYPE log [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><log><trace/></log>'
    (tmp_path / "log.xes").write_text(laughs)
    file = XesFile(tmp_path / "log.xes", frozenset({""}))
    for read in (file.check, file.header, lambda: list(file.batches(["a"]))):
        with pytest.raises(BadInputError, match="declares a document type"):
            read()


def test_an_endless_tag_in_xes_is_refused_with_its_line(tmp_path: Path) -> None:
    event = '<event><string key="what" value="a"/></event>'
    text = f'<log>\n<trace>{event}\n<string key="note" value="{"x" * 30_000_000}"/></trace></log>'
    (tmp_path / "log.xes").write_text(text)
    file = XesFile(tmp_path / "log.xes", frozenset())
    for read in (file.check, file.header, lambda: list(file.batches(["what"]))):
        with pytest.raises(BadInputError, match=r"log\.xes, line 3 holds a text of more than"):
            read()


def test_attributes_of_a_trace_reach_its_events_wherever_they_stand(tmp_path: Path) -> None:
    (tmp_path / "log.xes").write_text(
        '<log><string key="name" value="of the log"/>'
        '<trace><event><string key="a" value="1"><string key="b" value="inner"/></string></event>'
        '<string key="a" value="of the trace"/></trace>'
        '<trace><event><int key="a" value="2"/></event></trace></log>'
    )
    file = XesFile(tmp_path / "log.xes", frozenset({""}))
    assert set(file.header()) == {"a", "case:a"}
    [rows] = file.batches(["a", "case:a"])
    assert rows.columns["a"].to_pylist() == ["1", "2"]
    assert rows.columns["case:a"].to_pylist() == ["of the trace", None]


def test_every_element_of_a_list_is_a_row(tmp_path: Path) -> None:
    lines = ['{"s": 1, "e": [{"t": 5, "k": {"x": true}}, {"t": 6}]}', '{"s": 2}', '{"e": 3}', "[]"]
    (tmp_path / "t.jsonl").write_text("\n".join(lines))
    file = JsonFile(tmp_path / "t.jsonl", frozenset({""}), each="e")
    assert file.header() == ("s", "e.t", "e.k.x")
    [rows] = file.batches(["s", "e.t", "e.k.x"])
    assert [rows.row(n) for n in range(2)] == [
        {"s": "1", "e.t": "5", "e.k.x": "true"}, {"s": "1", "e.t": "6", "e.k.x": None},
    ]  # fmt: skip
    assert [(bad.line, bad.reason) for bad in rows.rejected] == [
        (3, "e is not a list."), (4, "is not a JSON object."),
    ]  # fmt: skip


def test_a_key_that_shows_late_is_found_when_it_is_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kundresa.events.sources.json_file.SOON", 2)
    (tmp_path / "t.jsonl").write_text('{"a": 1}\n' * 9 + '{"late": 1}\n')
    file = JsonFile(tmp_path / "t.jsonl", frozenset({""}))
    assert file.header() == ("a",)
    assert file.header(["late"]) == ("a", "late")


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


@pytest.mark.parametrize(
    ("table", "content", "mended"),
    [
        ({"file": "log.csv"}, 'who,what,at\n"ann,Bought,2026-03-01\n', "ann,Bought,2026-03-01"),
        ({"file": "log.csv"}, "who,what,at\nann,Bought\n", ["ann", "Bought", "2026-03-01"]),
        ({"file": "log.jsonl"}, '{"who": "ann"\n', '{"who": "ann", "what": "B", "at": "2026-03-01"}'),
        ({"file": "log.jsonl"}, "[]\n", {"who": "ann", "what": "Bought", "at": "2026-03-01"}),
        ({"file": "log.log", "pattern": r"(?P<who>\w+) (?P<what>\w+) (?P<at>\S+)"},
         "ann Bought\n", "ann Bought 2026-03-01"),
    ],
)  # fmt: skip
def test_a_row_may_be_mended_as_text_list_or_object(
    tmp_path: Path, table: dict[str, Any], content: str, mended: object
) -> None:
    good = {"csv": "bob,Bought,2026-03-02\n", "log": "bob Bought 2026-03-02\n"}
    more = good.get(table["file"][4:], '{"who": "bob", "what": "B", "at": "2026-03-02"}\n')
    (tmp_path / table["file"]).write_text(content + more)
    # Both rules of the table refuse the row, and each takes it back for itself.
    mapping = mapping_of(
        {**LOG, "tables": {"log": table}, "rows": LOG["rows"] * 2}, tmp_path, "log"
    )
    reading = read_mapped(mapping)
    aside = Quarantine(tmp_path / "bad.jsonl")
    aside.put(reading.rejected)
    assert [who for who, _ in told(reading)] == ["bob", "bob"]
    lines = [json.loads(line) for line in aside.path.read_text().splitlines()]
    assert [line["rule"] for line in lines] == ["rows[0]", "rows[1]"]
    lines[1]["row"] = mended
    aside.path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    again = collected(origin_of_mended(aside.path, mapping).pieces(skip=0))
    assert [who for who, _ in told(again)] == ["ann"]
    [bad] = again.rejected
    assert (bad.rule, bad.line) == ("rows[0]", lines[0]["line"])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "line 1 is not JSON"),
        ('{"file": "log.csv", "line": 2}', "line 1 is no row put aside"),
        (
            '{"file": "log.csv", "line": 2, "reason": "", "row": [], "rule": "rows[7]"}',
            "rows\\[7\\]",
        ),
        ('{"file": "x.csv", "line": 2, "reason": "", "row": [], "rule": "rows[0]"}', "x.csv"),
    ],
)
def test_a_quarantine_file_that_says_too_little_is_refused(
    tmp_path: Path, line: str, said: str
) -> None:
    (tmp_path / "log.csv").write_text("who,what,at\n")
    (tmp_path / "bad.jsonl").write_text(line + "\n")
    with pytest.raises(BadInputError, match=said):
        origin_of_mended(tmp_path / "bad.jsonl", mapping_of(LOG, tmp_path, "log")).pieces(skip=0)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("t.csv", b"PK\x03\x04" + bytes(300), "is a workbook or a zip archive, and not text"),
        ("t.xlsx", b"PK\x03\x04" + bytes(300), "Save the sheet as CSV"),
        ("t.csv", b"%PDF-1.7", "is a PDF"),
        ("t.csv", b"PAR1....PAR1", "format: parquet"),
        ("t.csv", gzip.compress(b"customer,at\n", mtime=0), r"Name it \.gz"),
        ("t.csv.gz", b"customer,at\n", r"isn't packed with gzip.*Take \.gz off its name"),
        ("t.json", b'[\n {"customer": "a"}\n]', "is one JSON list"),
        ("t.csv", b"x" * (2 << 20), "line 1 is longer than 1,048,576 bytes"),
        ("t.csv", b'"customer,at\nann,2026-03-01\n', "line 1 has a quote that nothing closes"),
    ],
)
def test_a_file_that_is_something_else_is_told_by_what_it_is(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInputError) as caught:
        guess_mapping(tmp_path / name)
    assert re.search(said, str(caught.value)), caught.value
    assert name in str(caught.value)


@pytest.mark.parametrize("content", ["", "\n \n"])
def test_a_file_without_a_record_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "t.jsonl").write_text(content)
    with pytest.raises(BadInputError, match=r"t\.jsonl is empty"):
        origin_of(tmp_path / "t.jsonl", "t")


def test_records_in_one_list_are_refused_before_any_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "e.jsonl"
    file.write_text('[{"profile": "a", "event": "b", "time": "2026-03-01"}]')
    with pytest.raises(BadInputError, match=r"e\.jsonl is one JSON list, not an object on each"):
        origin_of(file, file.name)


def test_columns_without_names_are_called_by_their_place(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("customer,activity,,at,\nann,Bought,x,2026-03-01,\n")
    found = guess_mapping(tmp_path / "t.csv")
    assert found.data["rows"][0]["properties"] == {"column 3": "column 3"}
    reading = read_mapped(mapping_of(found.data, tmp_path, "t"))
    assert (reading.event_count, reading.rejected) == (1, [])


def test_thousands_of_digits_are_a_name_and_no_number(tmp_path: Path) -> None:
    digits = "9" * 5_000
    file = tmp_path / "e.jsonl"
    lines = [
        f'{{"profile": {digits}, "event": "b", "time": "2026-03-01"}}',
        f'{{"profile": "a", "event": "b", "time": "2026-03-01", "value": {digits}}}',
        f'{{"profile": "a", "event": "b", "time": {digits}}}',
        f'{{"series": "a", "unit": "b", "source": "c", "value": {digits}, "period": 1}}',
    ]
    file.write_text("\n".join(lines))
    reading = read_jsonl(file)
    assert list(reading.table().profiles) == [digits]
    said = [bad.reason for bad in reading.rejected]
    assert [each.split()[0] for each in said] == ["value", "time", "period"]
    assert not any("JSON" in each for each in said)


def test_a_row_that_is_put_aside_can_be_read_again_however_long_it_is(tmp_path: Path) -> None:
    record = {"profile": "ann", "event": "Wrote", "properties": {"text": '"' * 500_000}}
    (tmp_path / "t.jsonl").write_text(json.dumps(record) + "\n")
    [bad] = read_jsonl(tmp_path / "t.jsonl").rejected
    aside = Quarantine(tmp_path / "bad.jsonl")
    aside.put([bad])
    assert is_quarantine(aside.path)
    mended = aside.path.read_text().replace('"row": "{', '"row": "{\\"time\\": \\"2026-03-01\\", ')
    aside.path.write_text(mended)
    again = collected(origin_of_mended(aside.path, None).pieces(skip=0))
    assert (again.event_count, again.rejected) == (1, [])
