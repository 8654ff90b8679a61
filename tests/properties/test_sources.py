"""Reading by columns says what a plain reading, row by row, says."""

from __future__ import annotations

import csv
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kundresa.core.errors import BadInputError, KundresaError
from kundresa.core.records import parse_event
from kundresa.core.times import parse_moment
from kundresa.events.sources import read_mapped, read_mapping
from kundresa.events.sources.batch import Batch, coded
from kundresa.events.sources.contents import collected
from kundresa.events.sources.csv_file import CsvFile
from kundresa.events.sources.identifiers import rest_with
from kundresa.events.sources.moments import Clock, arrow_zone, read_moments
from kundresa.events.sources.rows import mapped_pieces
from kundresa.store import EventTable
from tests.support.orders import HEADER, ORDERS, as_events, lay


def plain(rows: list[dict[str, str]], cities: dict[str, str]) -> tuple[list[Any], set[int]]:
    """Read orders one by one through the event record."""
    records: list[Any] = []
    bad: set[int] = set()
    for number, row in enumerate(rows):
        try:
            records += [parse_event(r, zone="Europe/Stockholm") for r in plain_records(row, cities)]
        except (KundresaError, ValueError):
            bad.add(number)
    return records, bad


def plain_records(row: dict[str, str], cities: dict[str, str]) -> list[dict[str, Any]]:
    truth = {"": None, "true": True, "false": False}
    properties = {"shop": row["shop"], "city": cities.get(row["shop"]), "gift": truth[row["gift"]]}
    base = {
        "profile": row["customer"],
        "currency": "SEK",
        "properties": {k: v for k, v in properties.items() if v not in ("", None)},
    }
    stars = float(row["stars"]) if row["stars"] else None
    found = []
    if row["ordered"]:
        amount = {"value": float(row["amount"])} if row["amount"] else {}
        found.append({**base, "event": "Ordered", "time": row["ordered"], **amount})
    if row["delivered"]:
        found.append({**base, "event": "Delivered", "time": row["delivered"], "precision": "day"})
    if row["reviewed"] and stars is not None:
        score = {"value": stars, "scale": "stars5"}
        found.append({**base, "event": "Reviewed", "time": row["reviewed"], "score": score})
    return found


DAYS = st.integers(0, 400).map(lambda n: (date(2025, 12, 20) + timedelta(days=n)).isoformat())
TIMES = st.one_of(
    st.just(""),
    DAYS,
    st.builds(lambda day, hour: f"{day}T{hour:02d}:30:00", DAYS, st.integers(0, 23)),
    st.builds(lambda day: f"{day}T02:30:00Z", DAYS),
    st.just("never"),
)
LINES = st.fixed_dictionaries(
    {
        "order": st.sampled_from(["", "o1", "o2"]),
        "customer": st.sampled_from(["ann", "bob", 'å"b,c', "", " "]),
        "shop": st.sampled_from(["s1", "s2", "s9", ""]),
        "ordered": TIMES,
        "delivered": TIMES,
        "reviewed": TIMES,
        "amount": st.sampled_from(["", "0", "12.25", "-3", "+1", "1e3", "much"]),
        "gift": st.sampled_from(["", "true", "false"]),
        "stars": st.sampled_from(["", "1", "5", "2.5", "6"]),
    }
)


@settings(max_examples=50, deadline=None)
@given(rows=st.lists(LINES, max_size=30), size=st.integers(20, 200))
def test_columns_say_what_the_plain_reading_says(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]], size: int
) -> None:
    folder = tmp_path_factory.mktemp("orders")
    mapping = lay(folder, shops="shop,city\ns1,Umeå\ns2,Luleå\n")
    with (folder / "orders.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, HEADER.split(","))
        writer.writeheader()
        writer.writerows(rows)
    expected, bad = plain(rows, {"s1": "Umeå", "s2": "Luleå"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(CsvFile.__init__.__kwdefaults__, "piece", size)
        reading = read_mapped(read_mapping(mapping))
    assert {line - 2 for line in (each.line for each in reading.rejected)} == bad
    assert as_events(reading.table()) == as_events(EventTable.from_events(expected))


@settings(max_examples=50, deadline=None)
@given(rows=st.lists(LINES, max_size=20), skip=st.integers(0, 42), size=st.integers(20, 200))
def test_going_on_after_some_rows_reads_the_others(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]], skip: int, size: int
) -> None:
    folder = tmp_path_factory.mktemp("orders")
    twice = ORDERS["rows"] * 2  # a second table, which may begin before or after the stop
    # A row of another width is rejected before it is taken apart, and counts as well.
    lines = [",".join(quoted(value) for value in row.values()) for row in rows]
    lines = [line + ",more" if "s9" in line else line for line in lines]

    def read(some: list[str], rules: list[Any], skip: int = 0) -> tuple[list[Any], list[Any]]:
        mapping = read_mapping(lay(folder, *some, rows=rules))
        found = collected(mapped_pieces(mapping, skip=skip))
        assert found.rows == (len(some) * len(rules) if skip < len(some) * len(rules) else 0)
        return as_events(found.table()), [(each.reason, each.row) for each in found.rejected]

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(CsvFile.__init__.__kwdefaults__, "piece", size)
        first, second = lines[skip:], lines[max(skip - len(lines), 0) :]
        expected = [read(some, ORDERS["rows"]) for some in (first, second)]
        events, bad = read(lines, twice, skip)
        assert events == sorted(expected[0][0] + expected[1][0], key=repr)
        assert bad == expected[0][1] + expected[1][1]


TEXTS = st.one_of(
    st.lists(st.text(max_size=3)),
    *(st.lists(st.text("ab\0ö", min_size=n, max_size=n)) for n in (1, 2, 4, 8, 9)),
)


@settings(max_examples=200, deadline=None)
@given(texts=TEXTS, before=st.integers(0, 2), after=st.integers(0, 2), null=st.booleans())
def test_texts_are_coded_in_the_order_of_their_first_places(
    texts: list[str], before: int, after: int, null: bool
) -> None:
    whole = pa.array([*["x"] * before, *texts, *[None] * null, *["y"] * after], pa.string())
    column = whole.slice(before, len(texts) + null)
    assert coded(column).equals(column.dictionary_encode())
    coded(column).validate(full=True)


# --- the quick way and the careful way ------------------------------------------------------------

SIGNS = st.sampled_from(['"', ",", "\n", "\r\n", "\r", "a", "ö", " ", '""', ',"', '",', "\0"])
CLEAN = st.lists(
    st.lists(st.sampled_from(["", "a", "NA", 'q"', "x,y", "l\nm", " s "]), min_size=3, max_size=3),
    max_size=12,
)


def all_rows(
    path: Path, piece: int, *, is_careful: bool, has_quotes: bool = True
) -> tuple[list[Any], list[Any]]:
    absent = frozenset({"", "NA"})
    file = CsvFile(path, absent, piece=piece, is_careful=is_careful, has_quotes=has_quotes)
    good: list[Any] = []
    bad: list[Any] = []
    for rows in file.batches(["a", "c"]):
        columns = [rows.columns[name].to_pylist() for name in ("a", "c")]
        good += zip(rows.lines.tolist(), *columns, strict=True)
        bad += [(each.line, each.reason, each.row) for each in rows.rejected]
    return good, bad


@settings(max_examples=200, deadline=None)
@given(
    body=st.one_of(
        st.lists(SIGNS, max_size=60).map("".join),
        CLEAN.map(lambda rows: "".join(",".join(quoted(v) for v in row) + "\n" for row in rows)),
    ),
    piece=st.integers(8, 60),
    has_quotes=st.booleans(),
)
def test_blocks_say_what_rows_one_by_one_say(
    tmp_path_factory: pytest.TempPathFactory, body: str, piece: int, has_quotes: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / "t.csv"
    path.write_bytes(b"a,b,c\n" + body.encode())
    quick = all_rows(path, piece, is_careful=False, has_quotes=has_quotes)
    assert quick == all_rows(path, 1000, is_careful=True, has_quotes=has_quotes)


def quoted(value: str) -> str:
    return '"' + value.replace('"', '""') + '"' if set(value) & set('",\n') else value


@settings(max_examples=50, deadline=None)
@given(rows=CLEAN, piece=st.integers(8, 60))
def test_what_is_written_by_the_rules_comes_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], piece: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "t.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["a", "b", "c"], *rows])
    good, bad = all_rows(path, piece, is_careful=False)
    assert not bad
    said = [[None if v in ("", "NA") else v for v in (row[0], row[2])] for row in rows]
    assert [list(row[1:]) for row in good] == said


# --- times ----------------------------------------------------------------------------------------

CHANGES = [  # clock changes: spring, autumn, at midnight, by half an hour, by a day, by a minute
    ("Europe/Stockholm", "2026-03-29T02:00"),
    ("Europe/Stockholm", "2026-10-25T02:00"),
    ("America/Sao_Paulo", "2018-11-04T00:00"),
    ("America/Sao_Paulo", "2018-02-18T00:00"),
    ("Australia/Lord_Howe", "2026-04-05T02:00"),
    ("Pacific/Apia", "2011-12-30T00:00"),
    ("America/New_York", "2026-03-08T02:00"),
    ("Europe/London", "1971-10-31T02:00"),
    ("Europe/Stockholm", "1879-01-01T00:00"),
    ("UTC", "1970-01-01T00:00"),
    ("Asia/Kathmandu", "1986-01-01T00:00"),
    ("Africa/Casablanca", "2026-02-15T03:00"),
]
STAMPS = st.one_of(
    st.builds(
        lambda change, away: (change[0], datetime.fromisoformat(change[1]) + away),
        st.sampled_from(CHANGES),
        st.timedeltas(timedelta(hours=-50), timedelta(hours=50)),
    ),
    st.tuples(st.sampled_from([zone for zone, _ in CHANGES]), st.datetimes()),
)
SHAPES = st.sampled_from(
    [
        lambda t: t.isoformat(),
        lambda t: t.isoformat(" ", "seconds"),
        lambda t: t.isoformat(timespec="milliseconds"),
        lambda t: t.isoformat(timespec="minutes"),
        lambda t: t.date().isoformat(),
        lambda t: t.isoformat(timespec="seconds") + "Z",
        lambda t: t.isoformat(timespec="microseconds") + "+05:45",
        lambda t: t.isoformat(timespec="minutes") + "-03:30",
        lambda t: t.isoformat(timespec="seconds") + "+24:00",
        lambda t: f" {t.isoformat()} ",
        lambda t: t.isoformat().replace("-", "/"),
        lambda t: t.strftime("%Y%m%dT%H%M%S"),
        lambda t: t.isoformat(timespec="seconds").replace("0", "o"),
        lambda t: f"2026-{t.month:02}-{t.second:02}T{t.minute:02}:{t.hour:02}:{t.day:02}",
    ]
)


def one_by_one(value: Any, clock: Clock) -> tuple[Any, ...] | str:
    try:
        found = parse_moment(value, precision=clock.precision, zone=clock.zone)
    except (BadInputError, OverflowError):
        return "bad"
    return found.time, found.until, found.precision, found.offset_minutes


def at_once(column: pa.Array, clock: Clock) -> list[Any]:
    moments = read_moments(column, clock)
    columns = moments.columns()
    rows = zip(*(columns[n].to_pylist() for n in columns), strict=True)
    return ["bad" if n in moments.reasons else row for n, row in enumerate(rows)]


PRECISION = st.sampled_from([None, "microsecond", "second", "minute", "hour", "day", "month"])


@settings(max_examples=300, deadline=None)
@given(stamps=st.lists(st.tuples(STAMPS, SHAPES), min_size=1, max_size=8), precision=PRECISION)
def test_times_at_once_are_what_each_alone_is(stamps: list[Any], precision: str | None) -> None:
    clock = Clock(stamps[0][0][0], precision)
    texts = [shape(stamp) for (_, stamp), shape in stamps]
    expected = [one_by_one(text, clock) for text in texts]
    assert at_once(pa.array(texts), clock) == expected
    # A part of a longer array has an offset into its bytes.
    assert at_once(pa.array(["2026-03-01", *texts])[1:], clock) == expected


@settings(max_examples=200, deadline=None)
@given(stamps=st.lists(STAMPS, min_size=1, max_size=8), precision=PRECISION)
def test_typed_times_are_what_their_texts_are(stamps: list[Any], precision: str | None) -> None:
    clock = Clock(stamps[0][0], precision)
    walls = [stamp for _, stamp in stamps]
    texts = [one_by_one(stamp.isoformat(), clock) for stamp in walls]
    assert at_once(pa.array(walls, pa.timestamp("us")), clock) == texts
    days = [one_by_one(stamp.date().isoformat(), clock) for stamp in walls]
    assert at_once(pa.array([stamp.date() for stamp in walls], pa.date32()), clock) == days
    near = [stamp for stamp in walls if 1800 < stamp.year < 9000]
    for zone in ("UTC", "+05:45", "Europe/Stockholm"):
        column = pa.array(near, pa.timestamp("us")).cast(pa.timestamp("us", zone))
        utc = [stamp.replace(tzinfo=UTC).astimezone(arrow_zone(zone)).isoformat() for stamp in near]
        assert at_once(column, clock) == [one_by_one(text, clock) for text in utc]


@settings(max_examples=100, deadline=None)
@given(numbers=st.lists(st.one_of(st.integers(-(10**15), 10**15), st.floats(-1e13, 1e13))))
def test_numbers_are_milliseconds(numbers: list[float]) -> None:
    clock = Clock("Europe/Stockholm")
    floats = [float(number) for number in numbers]
    expected = [one_by_one(number, clock) for number in floats]
    assert at_once(pa.array(floats, pa.float64()), clock) == expected
    whole = [round(number) for number in numbers]
    assert at_once(pa.array(whole, pa.int64()), clock) == [one_by_one(n, clock) for n in whole]


NUMBERS = st.decimals(-(10**9), 10**9, places=2, allow_nan=False)


@settings(max_examples=200, deadline=None)
@given(numbers=st.lists(NUMBERS, min_size=1), between=st.sampled_from(["", " ", "\xa0", "other"]),
       decimal=st.sampled_from(",."))  # fmt: skip
def test_a_number_is_the_same_however_it_is_grouped(
    numbers: list[Decimal], between: str, decimal: str
) -> None:
    other = "." if decimal == "," else ","
    sign = other if between == "other" else between
    texts = [
        f"{number:,.2f}".replace(",", "_").replace(".", decimal).replace("_", sign)
        for number in numbers
    ]
    batch = Batch(
        np.arange(len(texts)), {"n": pa.array(texts)}, {}, decimals={"n": decimal}
    )  # fmt: skip
    found = batch.typed("n", "number", np.arange(len(texts)))
    assert found.to_pylist() == [float(number) for number in numbers]
    assert batch.faults.reasons == {}


WORDS = st.one_of(st.none(), st.text(st.characters(exclude_categories=("Cs",)), max_size=5))


@settings(max_examples=100, deadline=None)
@given(rows=st.lists(st.tuples(WORDS, WORDS), max_size=8))
def test_identifiers_of_columns_are_written_as_those_of_records(
    rows: list[tuple[str | None, str | None]],
) -> None:
    columns = {sort: pa.array([row[at] for row in rows], pa.string())
               for at, sort in enumerate(("email", "phone"))}  # fmt: skip
    found = rest_with(columns).to_pylist()
    for rest, (email, phone) in zip(found, rows, strict=True):
        said = {"email": email, "phone": phone}
        filled = {sort: text for sort, text in said.items() if text is not None}
        whole = json.dumps({"identifiers": filled}, ensure_ascii=False)
        assert rest == (whole if filled else None)
