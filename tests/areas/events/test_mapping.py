"""A mapping that holds something else than it should is refused, each fault with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kundresa.core.errors import BadInputError
from kundresa.events.sources import read_mapping
from tests.support.orders import ROW, lay

ROWS = {"profile": "customer", "events": [{"event": "Ordered", "time": "ordered"}]}


def refused(tmp_path: Path, **changes: Any) -> dict[str, str]:
    with pytest.raises(BadInputError) as caught:
        read_mapping(lay(tmp_path, ROW, **changes))
    return {fault.place: f"{fault.message} {fault.hint}" for fault in caught.value.faults}


@pytest.mark.parametrize("types", [["x"], "number", 3])
def test_types_that_are_no_object_are_a_fault(tmp_path: Path, types: Any) -> None:
    assert "{column: number}" in refused(tmp_path, types=types)["types"]


@pytest.mark.parametrize("sort", [["text"], {}, "texts", None])
def test_a_type_that_is_none_is_a_fault(tmp_path: Path, sort: Any) -> None:
    assert "Known: boolean, number, text" in refused(tmp_path, types={"paid": sort})["types.paid"]


@pytest.mark.parametrize("table", [["a"], {}, None, 3, "ordres"])
def test_a_table_that_has_no_such_name_is_a_fault(tmp_path: Path, table: Any) -> None:
    join = [{"table": table, "on": ["id"]}]
    found = refused(tmp_path, rows=[{**ROWS, "table": table, "join": join}])
    assert "Known: " in found["rows[0].table"]
    assert "Known: " in found["rows[0].join[0].table"]


@pytest.mark.parametrize(
    ("join", "place"),
    [
        (["x"], "rows[0].join[0]"),
        ([None], "rows[0].join[0]"),
        ("x", "rows[0].join"),
        ({"table": "orders", "on": ["id"]}, "rows[0].join"),
        ([{"table": "orders"}], "rows[0].join[0].on"),
    ],
)
def test_a_join_that_names_no_tables_and_columns_is_a_fault(
    tmp_path: Path, join: Any, place: str
) -> None:
    found = refused(tmp_path, rows=[{**ROWS, "table": "orders", "join": join}])
    assert "on: [order_id]" in found[place]
