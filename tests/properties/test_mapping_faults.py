"""Whatever somebody writes into a mapping, they get a sentence with its place, or an import."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kundresa.core.errors import BadInputError, Fault
from kundresa.events.sources import mapping_of, origin_of, read_mapping
from tests.support.orders import HEADER, ORDERS, ROW

CSV = HEADER + ",week,term,day\n" + ROW + ",2026-03-02,spring,3\n" + "o2,,,,,,,,,,,\n"
READINGS: dict[str, Any] = {
    "table": "orders",
    "join": [{"table": "shops", "on": ["shop"]}],
    "period": {"column": "week", "form": "%Y-%m-%d", "length": "week"},
    "channel": "shop",
    "source": {"value": "till"},
    "series": [
        {"series": "amount", "value": "amount", "unit": {"value": "SEK"}},
        {"series": {"column": "city"}, "value": {"value": 1}, "unit": "shop", "campaign": "order"},
    ],
}
SPAN: dict[str, Any] = {
    "table": "orders",
    "period": {"from": "ordered", "last": {"column": "delivered"}},
    "unit": {"columns": ["shop", "customer"], "join": "/"},
    "source": "shop",
    "series": [{"series": "stars", "value": {"column": "stars"}, "touchpoint": "shop"}],
}
WHOLE: dict[str, Any] = copy.deepcopy(ORDERS) | {
    "title": "Orders",
    "missing": ["", "NA"],
    "dates": {"start": {"column": "term", "values": {"spring": "2026-01-19"}}},
    "readings": [READINGS, SPAN],
}
WHOLE["tables"]["log"] = {"file": "log.txt", "format": "lines", "pattern": "(?P<who>.) (?P<at>.+)"}
WHOLE["tables"]["bare"] = {
    "file": "bare.csv",
    "columns": ["said"],
    "header": False,
    "quote": "none",
}
WHOLE["tables"]["sessions"] = {"file": "s.jsonl", "each": "events", "encoding": "utf-8"}
WHOLE["tables"]["orders"] |= {"delimiter": ",", "encoding": "utf-8", "decimal": "."}
WHOLE["rows"][0]["identifiers"] = {"email": "customer", "phone": {"columns": ["shop", "order"]}}
WHOLE["rows"][0]["events"] += [
    {"event": {"column": "shop"}, "time": {"day": "day", "from": "start"}, "precision": "day"},
    {"event": "Due", "time": {"day": 3, "from": "start"}, "value": {"value": 2.5}},
    {"event": "Seen", "time": {"column": "week", "form": "%Y-%m-%d"}, "id": {"column": "order"},
     "identifiers": {"device": {"column": "shop"}}},
]  # fmt: skip
WHOLE["rows"] += [
    {"table": "log", "profile": "who", "events": [{"event": "Asked", "time": "at"}]},
    {"table": "bare", "profile": {"row": "caller "},
     "events": [{"event": "Called", "time": {"value": "2026-03-01"}}]},
    {
        "table": "sessions",
        "profile": {"columns": ["id", "events.n"]},
        "group": "id",
        "events": [
            {"event": "Clicked", "time": "events.at", "when": {"property": "id", "value": "a"}}
        ],
    },
]  # fmt: skip

ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(min_value=10**300), st.floats(),
    st.text(max_size=5), st.sampled_from(["", " ", "\0", "%", "%Y%Y", "%Q", "(", "é", "\ud800", "..",
        "/", "orders", "shop", "amount", "2026-13-01", "utf-16", "rot13", "hex", "number", "a" * 300]),
    st.sampled_from([[], {}, [1], [[]], ["x"], {"x": 1}, {"": {}}, {1: 2}, {"column": 1}, {"value": []},
        {"column": "shop"}, {"value": 10**400}, {"value": float("nan")}, {"columns": [1]},
        {"columns": ["shop"], "join": 1}, {"day": 0, "from": {}}, {"from": "x"}, {"all": [1]}]),
    st.recursive(st.none() | st.integers() | st.text(max_size=3),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
        max_leaves=6),
).map(copy.deepcopy)  # fmt: skip


def places(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if not isinstance(document, (dict, list)):
        return []
    inner = document.items() if isinstance(document, dict) else enumerate(document)
    return [place for key, value in inner for place in [(*path, key), *places(value, (*path, key))]]


@st.composite
def spoiled(draw: st.DrawFn) -> Any:
    """Draw the mapping with something in it dropped, replaced or added."""
    document = copy.deepcopy(WHOLE)
    for _ in range(draw(st.integers(1, 3))):
        *way, last = draw(st.sampled_from(places(document)))
        where = document
        for key in way:
            where = where[key]
        change = draw(st.sampled_from(["drop", "replace", "replace", "add"]))
        if change == "drop":
            del where[last]
        elif change == "replace" or not isinstance(where, dict):
            where[last] = draw(ODD)
        else:
            where[draw(st.sampled_from(["x", "value", "column", "day", "from", "to", 1, ""]))] = (
                draw(ODD)
            )
        if not document:
            break
    return document


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mapped")
    (folder / "orders.csv").write_text(CSV, "utf-8")
    (folder / "shops.csv").write_text("shop,city\ns1,Umeå\n", "utf-8")
    (folder / "log.txt").write_text("a 2026-03-01\nb soon\n", "utf-8")
    (folder / "bare.csv").write_text('so\n"so\n', "utf-8")
    line = {"id": "a", "events": [{"n": 1, "at": "2026-03-01"}, {"n": 2}]}
    (folder / "s.jsonl").write_text(json.dumps(line) + "\n", "utf-8")
    return folder


def take(document: Any, folder: Path) -> int:
    """Read everything by a mapping; give how many rows that was."""
    origin = origin_of(mapping_of(document, folder, "m"), "m")
    rows = 0
    for piece in origin.pieces(skip=0):
        rows = piece.rows
        for bad in piece.rejected:
            json.dumps(bad.to_json())
        for readings in piece.readings:
            assert len(list(readings.each())) == len(readings)
    return rows


def faults(document: Any, folder: Path) -> tuple[Fault, ...]:
    try:
        take(document, folder)
    except BadInputError as error:
        return error.faults
    return ()


def test_the_mapping_as_it_is_reads_everything(folder: Path) -> None:
    assert take(WHOLE, folder) == 2 * 3 + 2 + 2 + 2


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(document=spoiled())
@example(document=WHOLE | {"dates": [1]})
@example(document=WHOLE | {"dates": {"start": {"column": "term", "values": [1]}}})
@example(document=WHOLE | {"types": None, "dates": None, "zone": ["UTC"], "missing": None})
@example(document=[1])
def test_any_mapping_is_read_or_refused_with_a_place(folder: Path, document: Any) -> None:
    for fault in faults(document, folder):
        assert fault.message
        assert fault.place or document == [1]
        assert len(str(fault)) < 2_000


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("dates: [1]", "dates"),
        ("dates: {x: {column: a, values: [1]}}", "dates.x.values"),
        ("readings: {}", "rows"),
        ("readings: [{table: orders}]", "readings[0].period"),
        ("missing: NA", "missing"),
        ("title: {a: 1}", "title"),
        ("dates: &all {a: *all}", "dates.a"),
        ("rows: &all [*all]", "rows[0]"),
        ("rows: [{identifiers: {mail: a}}]", "rows[0].identifiers.mail"),
        ("rows: [{identifiers: {email: {value: a@x.se}}}]", "rows[0].identifiers.email"),
        ("rows: [{events: [{identifiers: [email]}]}]", "rows[0].events[0].identifiers"),
    ],
)
def test_a_fault_says_where_it_is(folder: Path, line: str, place: str) -> None:
    file = folder / "bad.yaml"
    file.write_text("kundresa_mapping: 1\ntables: {orders: {file: orders.csv}}\n" + line)
    with pytest.raises(BadInputError) as caught:
        read_mapping(file)
    assert place in {fault.place for fault in caught.value.faults}


@pytest.mark.parametrize("text", ["title: 2026-13-45", f"x: {'9' * 5000}", "x: " + "[" * 100_000])
def test_yaml_that_no_value_can_be_made_of_is_refused_in_words(folder: Path, text: str) -> None:
    file = folder / "bad.yaml"
    file.write_text(text)
    with pytest.raises(BadInputError, match=r"bad\.yaml"):
        read_mapping(file)
