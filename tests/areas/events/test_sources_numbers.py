"""Numbers are read as people write them, by the sign before decimals that a table says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kundresa.core.errors import BadInputError
from kundresa.events.sources import Contents, mapping_of, read_mapped


def read(folder: Path, amounts: list[str], **table: str) -> Contents:
    """Read one order for each amount."""
    rows = [f"k{number};2026-03-01;{amount}" for number, amount in enumerate(amounts)]
    (folder / "orders.csv").write_text("\n".join(["who;at;amount", *rows, ""]), "utf-8")
    data: dict[str, Any] = {
        "kundresa_mapping": 1,
        "tables": {"rows": {"file": "orders.csv", "delimiter": ";", **table}},
        "types": {"amount": "number"},
        "rows": [{"table": "rows", "profile": "who", "currency": {"value": "SEK"},
                  "properties": {"amount": "amount"},
                  "events": [{"event": "Ordered", "time": "at", "value": "amount"}]}],
    }  # fmt: skip
    return read_mapped(mapping_of(data, folder, "m"))


def amounts_of(contents: Contents) -> list[float | None]:
    found = [value for table in contents.tables for value in table["value"].to_pylist()]
    same = [value for table in contents.tables for value in table["p/number/amount"].to_pylist()]
    assert same == [None if value is None else value / 1e6 for value in found]
    return same


@pytest.mark.parametrize(
    ("decimal", "written", "amount"),
    [
        (",", "1 234,50", 1234.5), (",", "1\N{NO-BREAK SPACE}234,50", 1234.5),
        (",", "1\N{NARROW NO-BREAK SPACE}234\N{NARROW NO-BREAK SPACE}567", 1_234_567),
        (",", "1.234,50", 1234.5), (",", "1.234", 1234), (",", "12,5", 12.5), (",", "7", 7),
        (",", "\N{MINUS SIGN}1 234,5", -1234.5), (",", "-0,25", -0.25), (",", " 3,0 ", 3),
        (".", "1,234.50", 1234.5), (".", "1 234.5", 1234.5), (".", "12.5", 12.5), (".", "", None),
    ],
)  # fmt: skip
def test_groups_and_decimals_are_read(
    tmp_path: Path, decimal: str, written: str, amount: float | None
) -> None:
    found = read(tmp_path, [written], decimal=decimal)
    assert amounts_of(found) == [amount]


@pytest.mark.parametrize(
    ("table", "written"),
    [
        ({}, "1234,50"), ({}, "1 234"), ({"decimal": ","}, "12.5"), ({"decimal": ","}, "1 23"),
        ({"decimal": ","}, "1.234 567"), ({"decimal": ","}, ","), ({"decimal": "."}, "12,5"),
        ({"decimal": ","}, "1,2,3"), ({"decimal": ","}, "12 kr"),
    ],
)  # fmt: skip
def test_what_is_written_otherwise_puts_its_row_aside(
    tmp_path: Path, table: dict[str, str], written: str
) -> None:
    found = read(tmp_path, ["2", written], **table)
    assert amounts_of(found) == [2]
    assert [bad.reason for bad in found.rejected] == [f"amount is {written!r}, not a number."]


def test_each_table_of_a_join_has_its_own_sign(tmp_path: Path) -> None:
    (tmp_path / "o.csv").write_text("who;at;shop;paid\nk;2026-03-01;s;1,5\n", "utf-8")
    (tmp_path / "s.csv").write_text("shop,size\ns,2.5\n", "utf-8")
    data = {
        "kundresa_mapping": 1,
        "tables": {"o": {"file": "o.csv", "delimiter": ";", "decimal": ","}, "s": {"file": "s.csv"}},
        "types": {"paid": "number", "size": "number"},
        "rows": [{"table": "o", "join": [{"table": "s", "on": ["shop"]}], "profile": "who",
                  "properties": {"paid": "paid", "size": "size"},
                  "events": [{"event": "Ordered", "time": "at"}]}],
    }  # fmt: skip
    found = read_mapped(mapping_of(data, tmp_path, "m"))
    assert found.rejected == []
    [row] = found.tables[0].to_pylist()
    assert (row["p/number/paid"], row["p/number/size"]) == (1.5, 2.5)


@pytest.mark.parametrize("decimal", ["", ";", 3, None, [","]])
def test_another_sign_is_a_fault(tmp_path: Path, decimal: Any) -> None:
    with pytest.raises(BadInputError) as caught:
        read(tmp_path, ["1"], decimal=decimal)
    [fault] = caught.value.faults
    assert (fault.place, "1.234,50" in fault.hint) == ("tables.rows.decimal", True)
