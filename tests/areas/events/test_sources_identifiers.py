"""Columns of a table become identifiers, as event records carry them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kundresa.core.errors import BadInputError
from kundresa.events.sources import Contents, mapping_of, read_jsonl, read_mapped

HEADER = "customer,ordered,sent,mail,phone,country"
EVENTS = [{"event": "Ordered", "time": "ordered"}, {"event": "Sent", "time": "sent"}]


def read(folder: Path, text: str, **rule: Any) -> Contents:
    """Read a table of orders by one rule."""
    (folder / "orders.csv").write_text(text, "utf-8")
    data = {
        "kundresa_mapping": 1,
        "tables": {"rows": {"file": "orders.csv"}},
        "rows": [{"table": "rows", "profile": "customer", "events": EVENTS[:1], **rule}],
    }
    return read_mapped(mapping_of(data, folder, "m"))


def carried(contents: Contents) -> list[dict[str, str]]:
    """Give what each event carries."""
    found = [rest for table in contents.tables for rest in table["rest"].to_pylist()]
    return [json.loads(rest or "{}").get("identifiers", {}) for rest in found]


def test_a_column_an_object_and_several_columns_can_be_identifiers(tmp_path: Path) -> None:
    row = "k1,2026-03-01,,ann@x.se,701234567,+46"
    phone = {"columns": ["country", "phone"], "join": " "}
    found = read(tmp_path, f"{HEADER}\n{row}\n",
                 identifiers={"email": {"column": "mail"}, "phone": phone, "user_id": "customer"})  # fmt: skip
    assert carried(found) == [
        {"email": "ann@x.se", "phone": "+46 701234567", "user_id": "k1"}
    ]  # fmt: skip


def test_a_row_without_a_value_carries_none_and_is_no_bad_row(tmp_path: Path) -> None:
    rows = "k1,2026-03-01,,,,\nk2,2026-03-01,,  ,1,\nk3,2026-03-01,,c@x.se,,\n"
    found = read(tmp_path, f"{HEADER}\n{rows}", identifiers={"email": "mail", "phone": "phone"})
    assert carried(found) == [{}, {"phone": "1"}, {"email": "c@x.se"}]
    assert found.rejected == []


def test_an_event_may_carry_more_than_its_row(tmp_path: Path) -> None:
    events = [{**EVENTS[0], "identifiers": {"phone": "phone"}}, EVENTS[1]]
    row = "k1,2026-03-01,2026-03-02,a@x.se,1,"
    found = read(tmp_path, f"{HEADER}\n{row}\n", identifiers={"email": "mail"}, events=events)
    assert carried(found) == [{"email": "a@x.se", "phone": "1"}, {"email": "a@x.se"}]


def test_a_table_carries_what_records_carry(tmp_path: Path) -> None:
    odd = 'Å"sa\\@x.se'
    cell = odd.replace('"', '""')
    row = f'k1,2026-03-01,,"{cell}",07,'
    found = read(tmp_path, f"{HEADER}\n{row}\n", identifiers={"email": "mail", "phone": "phone"})
    record = {"profile": "k1", "event": "Ordered", "time": "2026-03-01",
              "identifiers": {"email": odd, "phone": "07"}}  # fmt: skip
    (tmp_path / "r.jsonl").write_text(json.dumps(record) + "\n", "utf-8")
    [own], [other] = found.tables, read_jsonl(tmp_path / "r.jsonl").tables
    assert own["rest"].to_pylist() == other["rest"].to_pylist()


def test_identifiers_are_in_no_list_of_words(tmp_path: Path) -> None:
    rows = "k1,2026-03-01,,ann@x.se,1,\n" * 3
    [table] = read(tmp_path, f"{HEADER}\n{rows}", identifiers={"email": "mail"}).tables
    assert table["rest"].type == pa.string()
    coded = [column for column in table.columns if pa.types.is_dictionary(column.type)]
    words = [word for column in coded for part in column.chunks for word in part.dictionary]
    assert "ann@x.se" not in map(str, words)


def test_whole_numbers_of_parquet_are_written_without_a_point(tmp_path: Path) -> None:
    table = pa.table({"customer": ["k1"], "ordered": ["2026-03-01"], "phone": [46701234567]})
    pq.write_table(table, tmp_path / "orders.parquet")
    data = {
        "kundresa_mapping": 1,
        "tables": {"rows": {"file": "orders.parquet"}},
        "rows": [{"table": "rows", "profile": "customer", "identifiers": {"phone": "phone"},
                  "events": EVENTS[:1]}],
    }  # fmt: skip
    found = read_mapped(mapping_of(data, tmp_path, "m"))
    assert carried(found) == [{"phone": "46701234567"}]


def test_a_row_put_aside_keeps_its_identifiers_for_who_mends_it(tmp_path: Path) -> None:
    found = read(tmp_path, f"{HEADER}\nk1,soon,,a@x.se,,\n", identifiers={"email": "mail"})
    assert found.rejected[0].row == {"customer": "k1", "ordered": "soon", "mail": "a@x.se"}


def test_all_faults_are_told_with_their_places(tmp_path: Path) -> None:
    wrong = {"e-mail": "mail", "phone": {"value": "1"}, "email": 3}
    events = [{**EVENTS[0], "identifiers": ["mail"]}]
    with pytest.raises(BadInputError) as caught:
        read(tmp_path, f"{HEADER}\n", identifiers=wrong, events=events)
    told = {fault.place: fault.hint for fault in caught.value.faults}
    assert told.keys() == {
        "rows[0].identifiers.e-mail", "rows[0].identifiers.phone", "rows[0].identifiers.email",
        "rows[0].events[0].identifiers",
    }  # fmt: skip
    assert (
        "Known: anonymous_id, device, email, phone, user_id" in told["rows[0].identifiers.e-mail"]
    )
    assert "Name a column" in told["rows[0].identifiers.phone"]


def test_a_column_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="has no column 'epost'"):
        read(tmp_path, f"{HEADER}\nk1,2026-03-01,,,,\n", identifiers={"email": "epost"})
