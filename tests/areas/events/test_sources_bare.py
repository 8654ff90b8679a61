"""Files that tell no time and no customer become events that the mapping completes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kundresa.core.errors import BadInputError
from kundresa.core.times import DAY
from kundresa.documents.schemas import validator
from kundresa.events.sources import (
    Contents,
    Quarantine,
    mapping_of,
    origin_of_mended,
    read_mapped,
    read_mapping,
)
from kundresa.events.sources.contents import collected
from kundresa.events.sources.rows import mapped_pieces
from kundresa.store import EventTable

ASKED = {"event": "Asked", "time": {"value": "2014-11-01"}}


def document(
    table: Mapping[str, Any], *, profile: Any = "who", event: Mapping[str, Any] = ASKED
) -> dict[str, Any]:
    rule = {"table": "asked", "profile": profile, "events": [dict(event)]}
    return {"kundresa_mapping": 1, "tables": {"asked": dict(table)}, "rows": [rule]}


def read(
    folder: Path, text: str, *, file: str = "asked.csv", zone: str = "UTC", **said: Any
) -> Contents:
    (folder / file).write_text(text, "utf-8")
    return read_mapped(mapping_of({**document({"file": file}, **said), "zone": zone}, folder, "m"))


def profiles(table: EventTable) -> list[str]:
    return [table.profiles[code] for code in table.profile]


def refused(folder: Path, **said: Any) -> dict[str, str]:
    data = document({"file": "asked.csv"}, **said)
    assert not validator("mapping").is_valid(json.loads(json.dumps(data, default=str)))
    with pytest.raises(BadInputError) as caught:
        mapping_of(data, folder, "m")
    return {fault.place: f"{fault.message} {fault.hint}" for fault in caught.value.faults}


# --- one time for all rows ----------------------------------------------------------------------


def test_one_day_for_all_rows_is_the_whole_day_in_the_mappings_zone(tmp_path: Path) -> None:
    table = read(tmp_path, "who\nann\nbob\n", zone="Europe/Stockholm").table()
    midnight = int(np.datetime64("2014-10-31T23:00", "us").astype(np.int64))
    assert table.time.tolist() == [midnight] * 2
    assert table.until.tolist() == [midnight + DAY - 1] * 2


@pytest.mark.parametrize(
    ("value", "utc"),
    [
        ("2014-11-01T09:30", "2014-11-01T08:30"),
        ("2014-11-01T09:30:00+05:00", "2014-11-01T04:30"),
        ("2014-11-01T09:30:00Z", "2014-11-01T09:30"),
    ],
)
def test_one_moment_for_all_rows_may_tell_its_offset(tmp_path: Path, value: str, utc: str) -> None:
    event = {**ASKED, "time": {"value": value}}
    table = read(tmp_path, "who\nann\n", zone="Europe/Stockholm", event=event).table()
    assert table.time.tolist() == table.until.tolist()
    assert table.time.astype("M8[us]") == [np.datetime64(utc)]


def test_yaml_may_hold_the_time_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "asked.csv").write_text("who\nann\n")
    head = "kundresa_mapping: 1\nzone: Europe/Oslo\ntables: {asked: {file: asked.csv}}\nrows:\n"
    event = "  - {table: asked, profile: who, events: [{event: A, time: {value: %s}}]}\n"
    found = {}
    for written in ("2014-11-01", "2014-11-01T09:30:00", "2014-11-01T09:30:00+05:00"):
        for text in (written, f'"{written}"'):
            (tmp_path / "m.yaml").write_text(head + event % text)
            table = read_mapped(read_mapping(tmp_path / "m.yaml")).table()
            found.setdefault(written, set()).add((int(table.time[0]), int(table.until[0])))
    assert [len(moments) for moments in found.values()] == [1, 1, 1]
    assert len({moment for moments in found.values() for moment in moments}) == 3


def test_one_time_may_be_known_to_the_year(tmp_path: Path) -> None:
    event = {**ASKED, "precision": "year"}
    table = read(tmp_path, "who\nann\n", event=event).table()
    assert table.time.astype("M8[us]") == [np.datetime64("2014-01-01")]
    assert (table.until + 1).astype("M8[us]") == [np.datetime64("2015-01-01")]


@pytest.mark.parametrize("value", ["", "soon", "2014-13-01", 2014, True, None, ["2014-11-01"]])
def test_one_time_that_is_none_is_a_fault_with_its_place(tmp_path: Path, value: Any) -> None:
    (tmp_path / "asked.csv").write_text("who\nann\n")
    with pytest.raises(BadInputError) as caught:
        mapping_of(
            document({"file": "asked.csv"}, event={**ASKED, "time": {"value": value}}),
            tmp_path,
            "m",
        )
    [fault] = caught.value.faults
    assert fault.place == "rows[0].events[0].time.value"
    assert "as 2014-11-01 or" in fault.hint


def test_one_time_stands_alone(tmp_path: Path) -> None:
    found = refused(tmp_path, event={**ASKED, "time": {"value": "2014-11-01", "form": "%Y"}})
    assert "Known: value" in found["rows[0].events[0].time.form"]


# --- each row a customer ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "file", "names"),
    [
        ("bank-", "asked.csv", ["bank-1", "bank-2", "bank-3"]),
        (True, "asked.2024.csv", ["asked-1", "asked-2", "asked-3"]),
    ],
)
def test_each_row_is_a_profile_of_its_own(
    tmp_path: Path, row: Any, file: str, names: list[str]
) -> None:
    reading = read(tmp_path, 'what\na\n"b\nb"\n\nc\n', file=file, profile={"row": row})
    assert not reading.rejected
    assert profiles(reading.table()) == names


def test_rows_that_are_put_aside_count_and_come_back_as_themselves(tmp_path: Path) -> None:
    text = "what,on\na,2026-01-01\nb\nc,soon\nd,2026-01-04\n"
    event = {"event": {"column": "what"}, "time": "on"}
    reading = read(tmp_path, text, profile={"row": "r"}, event=event)
    assert profiles(reading.table()) == ["r1", "r4"]
    aside = Quarantine(tmp_path / "bad.jsonl")
    aside.put(reading.rejected)
    lines = [json.loads(line) for line in aside.path.read_text().splitlines()]
    assert [(line["line"], line["number"]) for line in lines] == [(3, "2"), (4, "3")]
    lines[0]["row"], lines[1]["row"]["on"] = "b,2026-01-02", "2026-01-03"
    aside.path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    mapping = mapping_of(
        document({"file": "asked.csv"}, profile={"row": "r"}, event=event), tmp_path, "m"
    )
    again = collected(origin_of_mended(aside.path, mapping).pieces(skip=0))
    assert not again.rejected
    assert profiles(again.table()) == ["r2", "r3"]
    del lines[1]["number"]
    aside.path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with pytest.raises(BadInputError, match="Line 2 doesn't say which row of") as caught:
        collected(origin_of_mended(aside.path, mapping).pieces(skip=0))
    assert "Keep number" in caught.value.hint


def test_a_file_read_on_from_its_middle_counts_from_its_beginning(tmp_path: Path) -> None:
    (tmp_path / "asked.csv").write_text("what,n\na,1\nb\nc,3\nd,4\n")
    mapping = mapping_of(document({"file": "asked.csv"}, profile={"row": "r"}), tmp_path, "m")
    assert profiles(collected(mapped_pieces(mapping, skip=2)).table()) == ["r3", "r4"]


def test_rows_of_many_batches_are_counted_once_each(tmp_path: Path) -> None:
    count = 120_000
    text = "what\n" + "".join(f"{n}\n" for n in range(1, count + 1))
    found = read(tmp_path, text, profile={"row": "r"}, event={**ASKED, "event": {"column": "what"}})
    table = found.table()
    said = [table.events[code] for code in table.event]
    assert profiles(table) == [f"r{what}" for what in said]
    assert len(table.profiles) == count


def test_parquet_and_lists_in_json_count_their_rows(tmp_path: Path) -> None:
    pq.write_table(pa.table({"what": ["a", "b"]}), tmp_path / "asked.parquet")
    (tmp_path / "asked.jsonl").write_text('{"at": [1, 2]}\n{"at": [3]}\n')
    for table, names in (
        ({"file": "asked.parquet"}, ["asked-1", "asked-2"]),
        ({"file": "asked.jsonl", "each": "at"}, ["asked-1", "asked-2", "asked-3"]),
    ):
        data = document(table, profile={"row": True})
        assert profiles(read_mapped(mapping_of(data, tmp_path, "m")).table()) == names


@pytest.mark.parametrize("row", [False, None, "", " ", 1, ["x"]])
def test_a_row_that_names_nothing_is_a_fault_with_its_place(tmp_path: Path, row: Any) -> None:
    found = refused(tmp_path, profile={"row": row})
    assert "stands before the row's number" in found["rows[0].profile.row"]


def test_a_row_stands_alone_and_only_for_a_profile(tmp_path: Path) -> None:
    found = refused(tmp_path, profile={"row": True, "column": "who"})
    assert "Known: row" in found["rows[0].profile.column"]
    assert "rows[0].events[0].id" in refused(tmp_path, event={**ASKED, "id": {"row": True}})


# --- no header, no quotes -----------------------------------------------------------------------


def told(reading: Contents) -> list[tuple[str, str, str]]:
    table = reading.table()
    codes, words = table.text_column("property", "text")
    return [
        (profile, table.events[event], words[code])
        for profile, event, code in zip(profiles(table), table.event, codes, strict=True)
    ]


def bare(
    folder: Path, text: str, used: tuple[str, str], *, file: str = "bare.csv", **said: Any
) -> Contents:
    (folder / file).write_text(text, "utf-8")
    event = {"event": {"column": used[0]}, "time": ASKED["time"]}
    data = document({"file": file, **said}, profile={"row": "r"}, event=event)
    data["rows"][0]["properties"] = {"text": used[1]}
    assert validator("mapping").is_valid(data)
    return read_mapped(mapping_of(data, folder, "m"))


@pytest.mark.parametrize(
    ("said", "columns"),
    [
        ({"header": False}, ("column 1", "column 2")),
        ({"columns": ["label", "words"]}, ("label", "words")),
        ({"columns": ["label", "words"], "header": False}, ("label", "words")),
    ],
)
def test_without_a_header_the_first_line_is_a_row(
    tmp_path: Path, said: dict[str, Any], columns: tuple[str, str]
) -> None:
    reading = bare(tmp_path, 'good,well\nbad,"so, so"\n', columns, **said)
    assert told(reading) == [("r1", "good", "well"), ("r2", "bad", "so, so")]
    assert reading.rows == 2


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"header": False}, "has 3 fields where the first line has 2."),
        ({"columns": ["column 1", "column 2"]}, "has 3 fields where the mapping has 2."),
    ],
)
def test_a_row_of_another_width_is_put_aside_with_its_own_line(
    tmp_path: Path, said: dict[str, Any], reason: str
) -> None:
    reading = bare(tmp_path, "a,1\nb,2,3\nc,4\n", ("column 1", "column 2"), **said)
    assert [(bad.line, bad.reason, bad.number) for bad in reading.rejected] == [(2, reason, "2")]
    assert told(reading) == [("r1", "a", "1"), ("r3", "c", "4")]


def test_a_column_that_a_file_without_header_has_not_is_told_with_those_it_has(
    tmp_path: Path,
) -> None:
    with pytest.raises(BadInputError) as caught:
        bare(tmp_path, "a,1\n", ("label", "column 2"), header=False)
    assert "column 1" in str(caught.value.faults[0])


@pytest.mark.parametrize(("text", "said"), [("", "is empty"), ('"a\n', "line 1 has a quote")])
def test_a_first_line_that_counts_no_columns_asks_for_their_names(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(BadInputError, match=said) as caught:
        bare(tmp_path, text, ("column 1", "column 2"), header=False)
    assert "columns: [label, text]" in caught.value.hint


QUOTED = 'a\t"open\nb\tclosed"\nc\t"both"\n"d\tin "the" midst\n'


@pytest.mark.parametrize("more", ["", "e\tlone\rreturn\n"])
def test_without_quotes_every_line_is_a_row_and_a_quote_a_letter(tmp_path: Path, more: str) -> None:
    reading = bare(
        tmp_path, QUOTED + more, ("a", "b"), file="bare.tsv", columns=["a", "b"], quote="none"
    )
    assert told(reading)[:4] == [
        ("r1", "a", '"open'), ("r2", "b", 'closed"'), ("r3", "c", '"both"'),
        ("r4", '"d', 'in "the" midst'),
    ]  # fmt: skip
    # A lone return ends a line here as everywhere, and half a row is put aside.
    assert [bad.line for bad in reading.rejected] == ([6] if more else [])


@pytest.mark.parametrize(
    ("said", "place", "hint"),
    [
        ({"header": "no"}, "header", "Write false"),
        ({"columns": []}, "columns", "in the order of the file"),
        ({"columns": ["a", "a"]}, "columns", "each once"),
        ({"columns": ["a", " "]}, "columns", "each once"),
        ({"columns": "a"}, "columns", "[label, text]"),
        ({"quote": '"'}, "quote", "write none"),
        ({"quote": None}, "quote", "write none"),
    ],
)
def test_what_is_said_of_header_and_quotes_is_checked(
    tmp_path: Path, said: dict[str, Any], place: str, hint: str
) -> None:
    data = document({"file": "asked.csv", **said})
    assert not validator("mapping").is_valid(data)
    with pytest.raises(BadInputError) as caught:
        mapping_of(data, tmp_path, "m")
    [fault] = caught.value.faults
    assert fault.place == f"tables.asked.{place}"
    assert hint in fault.hint


def test_names_beside_a_header_are_a_fault(tmp_path: Path) -> None:
    data = document({"file": "asked.csv", "columns": ["who"], "header": True})
    with pytest.raises(BadInputError) as caught:
        mapping_of(data, tmp_path, "m")
    [fault] = caught.value.faults
    assert (fault.place, "leave one" in fault.hint) == ("tables.asked.columns", True)


def test_only_csv_has_a_header_and_quotes(tmp_path: Path) -> None:
    data = document({"file": "asked.jsonl", "header": False, "quote": "none"})
    with pytest.raises(BadInputError) as caught:
        mapping_of(data, tmp_path, "m")
    assert {f.place for f in caught.value.faults} == {"tables.asked.header", "tables.asked.quote"}
