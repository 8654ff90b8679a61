"""Every kind of table gives the same rows, piece by piece, with lines, types and clear refusals."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kundresa.core.errors import BadInputError
from kundresa.events.sources import json_file, lines_file, parquet_file, table_file, xes_file
from kundresa.events.sources.batch import plain_text
from kundresa.events.sources.table_file import TableFile
from kundresa.events.sources.tables import kind_of, open_table

ROWS = [
    {"case": f"ö {number}", "what": "NA" if number == 3 else 'sa"id, so', "at": "2026-03-01"}
    for number in range(7)
]
NAMES = ("case", "what", "at")


def as_csv(rows: list[dict[str, str]], path: Path) -> None:
    lines = [",".join(NAMES)]
    lines += [",".join('"' + row[name].replace('"', '""') + '"' for name in NAMES) for row in rows]
    path.write_text("\n".join(lines) + "\n", "utf-8")


def as_jsonl(rows: list[dict[str, str]], path: Path) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


def as_parquet(rows: list[dict[str, str]], path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(rows), path)


def as_lines(rows: list[dict[str, str]], path: Path) -> None:
    path.write_text("".join(f"{r['case']}|{r['what']}|{r['at']}\n" for r in rows), "utf-8")


def as_xes(rows: list[dict[str, str]], path: Path) -> None:
    events = "".join(
        "<event>"
        + "".join(f"<string key={quoteattr(n)} value={quoteattr(row[n])}/>" for n in NAMES)
        + "</event>\n"
        for row in rows
    )
    path.write_text(f'<log xmlns="http://xes"><trace>\n{events}</trace></log>', "utf-8")


WRITERS: dict[str, Callable[[list[dict[str, str]], Path], None]] = {
    "csv": as_csv,
    "jsonl": as_jsonl,
    "parquet": as_parquet,
    "log": as_lines,
    "xes": as_xes,
}
KINDS = pytest.mark.parametrize("kind", WRITERS)
PACKED = pytest.mark.parametrize("kind", [kind for kind in WRITERS if kind != "parquet"])


def opened(file: str, folder: Path, missing: frozenset[str] = frozenset({""})) -> TableFile:
    table: dict[str, Any] = {"file": file}
    if kind_of(table) == "lines":
        table["pattern"] = r"(?P<case>[^|]+)\|(?P<what>[^|]*)\|(?P<at>.+)"
    return open_table(folder, table, missing)


def lay(kind: str, folder: Path, rows: list[dict[str, str]] = ROWS) -> TableFile:
    WRITERS[kind](rows, folder / f"t.{kind}")
    return opened(f"t.{kind}", folder)


def rows_of(file: TableFile) -> list[dict[str, str | None]]:
    found: list[dict[str, str | None]] = []
    for rows in file.batches(NAMES):
        columns = {name: plain_text(rows.columns[name]).to_pylist() for name in NAMES}
        found += [{name: columns[name][row] for name in NAMES} for row in range(len(rows.lines))]
    return found


@pytest.fixture(params=[None, 3])
def size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int | None:
    """Read in one batch, and three rows at a time."""
    if request.param:
        for module in (json_file, lines_file, parquet_file, table_file, xes_file):
            for name in ("BATCH",):
                monkeypatch.setattr(module, name, request.param, raising=False)
    return request.param


@KINDS
def test_rows_come_as_written_and_na_is_a_word(kind: str, tmp_path: Path, size: int) -> None:
    file = lay(kind, tmp_path)
    file.check()
    assert set(file.header(NAMES)) == set(NAMES)
    assert rows_of(file) == ROWS


@KINDS
def test_lines_rise_and_the_count_and_share_end_at_the_whole(
    kind: str, tmp_path: Path, size: int
) -> None:
    batches = list(lay(kind, tmp_path).batches(["case"]))
    lines = [line for rows in batches for line in rows.lines.tolist()]
    first = {"csv": 2, "xes": 2}.get(kind, 1)
    assert lines == list(range(first, first + len(ROWS)))
    assert batches[-1].read == len(ROWS)
    shares = [rows.share for rows in batches]
    assert shares == sorted(shares)
    assert shares[-1] == 1


@KINDS
def test_leaving_out_the_first_rows_gives_the_others(kind: str, tmp_path: Path) -> None:
    rows = next(iter(lay(kind, tmp_path).batches(["case"])))
    for count in range(len(ROWS) + 1):
        left = rows.after(count)
        assert plain_text(left.columns["case"]).to_pylist() == [r["case"] for r in ROWS[count:]]


@KINDS
def test_a_word_for_missing_is_null(kind: str, tmp_path: Path) -> None:
    lay(kind, tmp_path)
    file = opened(f"t.{kind}", tmp_path, frozenset({"NA"}))
    assert [row["what"] is None for row in rows_of(file)] == [n == 3 for n in range(7)]


@PACKED
def test_packed_with_gzip_it_reads_the_same(kind: str, tmp_path: Path) -> None:
    lay(kind, tmp_path)
    content = (tmp_path / f"t.{kind}").read_bytes()
    (tmp_path / f"t.{kind}.gz").write_bytes(gzip.compress(content))
    assert rows_of(opened(f"t.{kind}.gz", tmp_path)) == ROWS


@PACKED
def test_a_broken_pack_is_refused_by_the_check(kind: str, tmp_path: Path) -> None:
    rows = [{**ROWS[0], "case": f"{number * 7919}"} for number in range(3000)]
    lay(kind, tmp_path, rows)
    whole = gzip.compress((tmp_path / f"t.{kind}").read_bytes())
    (tmp_path / f"t.{kind}.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadInputError, match=r"t\.\w+\.gz"):
        opened(f"t.{kind}.gz", tmp_path).check()


@KINDS
def test_a_file_of_another_kind_or_none_is_a_sentence(kind: str, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="No such file"):
        opened(f"t.{kind}", tmp_path).check()
    (tmp_path / f"t.{kind}").write_bytes(b"\xff\xfe\x00nothing of the kind\n" * 3)
    with pytest.raises(BadInputError, match=r"t\.\w+"):
        opened(f"t.{kind}", tmp_path).check()


@pytest.mark.parametrize("kind", ["csv", "jsonl", "log"])
def test_a_line_of_five_megabytes_is_put_aside_alone(kind: str, tmp_path: Path) -> None:
    lay(kind, tmp_path)
    path = tmp_path / f"t.{kind}"
    good = path.read_bytes()
    path.write_bytes(good + b"x" * 5_000_000 + b"\n" + good.splitlines()[-1] + b"\n")
    batches = list(opened(f"t.{kind}", tmp_path).batches(NAMES))
    bad = [each for rows in batches for each in rows.rejected]
    assert [each.line for each in bad] == [len(good.splitlines()) + 1]
    assert "longer than 1,048,576 bytes" in bad[0].reason
    assert sum(len(rows.lines) for rows in batches) == len(ROWS) + 1


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet", "xes"])
def test_a_value_of_two_megabytes_costs_its_own_row(kind: str, tmp_path: Path) -> None:
    long = {**ROWS[0], "what": "x" * 2_000_000}
    lay(kind, tmp_path, [*ROWS[:3], long, *ROWS[4:]])
    batches = list(opened(f"t.{kind}", tmp_path).batches(NAMES))
    [bad] = [each for rows in batches for each in rows.rejected]
    assert (bad.file, bad.row) == (f"t.{kind}", None)
    assert "longer than 1,048,576 bytes" in bad.reason
    found = [text for rows in batches for text in plain_text(rows.columns["case"]).to_pylist()]
    assert found == [row["case"] for row in (*ROWS[:3], *ROWS[4:])]
    assert batches[-1].read == len(ROWS)
