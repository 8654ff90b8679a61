"""``kundresa import`` and ``kundresa map add``, as somebody calls them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.installed import store_of

ROOT = Path(__file__).resolve().parents[3]
LINE = '{"profile": "ann", "event": "Bought", "time": "2026-03-01"}\n'


def run(*arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    """Call the command on a data folder of its own."""
    process = start(*arguments, folder=folder)
    out, said = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, out, said)


def start(*arguments: object, folder: Path) -> subprocess.Popen[str]:
    """Begin a command on a data folder of its own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("KUNDRESA_")}
    return subprocess.Popen(
        [sys.executable, "-m", "kundresa", *map(str, arguments), "--data", str(folder / "data")],
        env=kept,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Two good rows, and a bad one between."""
    path = tmp_path / "e.jsonl"
    path.write_text(LINE + "{}\n" + LINE)
    return path


def test_import_adds_once_and_puts_bad_rows_aside(tmp_path: Path, file: Path) -> None:
    first = run("import", file, "--json", folder=tmp_path)
    assert first.returncode == 0, first.stderr
    body = json.loads(first.stdout)
    assert {key: body[key] for key in ("ok", "rows", "events", "added", "rejected")} == {
        "ok": True, "rows": 3, "events": 2, "added": 2, "rejected": 1,
    }  # fmt: skip
    kept = [json.loads(line) for line in Path(body["quarantine"]).read_text().splitlines()]
    assert [(bad["line"], bad["row"]) for bad in kept] == [(2, "{}")]
    assert Path(body["quarantine"]).stat().st_mode & 0o077 == 0
    second = run("import", file, folder=tmp_path)
    assert "nothing was added" in second.stdout
    assert "Put aside: 1 bad row, in" in second.stdout
    assert store_of(tmp_path / "data").event_count == 2


def test_a_workspace_that_is_not_there_is_named_with_those_that_are(
    tmp_path: Path, file: Path
) -> None:
    answered = run("import", file, "--workspace", "shop", folder=tmp_path)
    assert answered.returncode == 1
    assert "There is no workspace 'shop'. Known: my-workspace." in answered.stderr


def test_a_file_that_cannot_be_read_leaves_no_data_folder(tmp_path: Path) -> None:
    answered = run("import", tmp_path / "none.jsonl", folder=tmp_path)
    assert answered.returncode == 1
    assert "can't be read" in answered.stderr
    assert not (tmp_path / "data").exists()


def test_maps_are_added_all_or_none(tmp_path: Path) -> None:
    good = ROOT / "examples/maps/colleen-day.journey.yaml"
    bad = tmp_path / "bad.journey.yaml"
    bad.write_text(good.read_text("utf-8").replace("kind: day_in_life", "kind: day"), "utf-8")
    refused = run("map", "add", good, bad, folder=tmp_path)
    assert refused.returncode == 1
    assert str(bad) in refused.stderr
    assert not (tmp_path / "data").exists()
    added = run("map", "add", good, "--json", folder=tmp_path)
    assert json.loads(added.stdout)["maps"] == ["map_colleen_day"]


TABLE = "customer,ordered,amount\nann,2026-03-01T12:00:00,9.50\nbob,soon,1\nann,2026-03-02,2,3\n"
MAPPING = """
kundresa_mapping: 1
tables: {orders: {file: orders.csv}}
types: {amount: number}
rows:
  - table: orders
    profile: customer
    currency: {value: SEK}
    events:
      - {event: Ordered, time: ordered, value: amount}
"""


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    """A good row, one with a bad time, and one of another width."""
    (tmp_path / "orders.csv").write_text(TABLE)
    (tmp_path / "m.yaml").write_text(MAPPING)
    return tmp_path / "m.yaml"


def test_mended_rows_come_in_once_and_leave_the_quarantine(tmp_path: Path, mapping: Path) -> None:
    aside = tmp_path / "bad.jsonl"
    first = run("import", mapping, "--quarantine", aside, folder=tmp_path)
    assert "Added 1 event" in first.stdout, first.stderr
    bad = [json.loads(line) for line in aside.read_text().splitlines()]
    assert [each["line"] for each in bad] == [3, 4]
    assert bad[0]["row"] == {"customer": "bob", "ordered": "soon", "amount": "1"}
    assert bad[1]["row"] == ["ann", "2026-03-02", "2", "3"]
    refused = run("import", aside, folder=tmp_path)
    assert "Name the mapping with --mapping." in refused.stderr

    def mend(index: int, row: object) -> None:
        lines = [json.loads(line) for line in aside.read_text().splitlines()]
        lines[index]["row"] = row
        aside.write_text("".join(json.dumps(line) + "\n" for line in lines))

    mend(0, {"customer": "bob", "ordered": "2026-03-05", "amount": 1})
    half = run("import", aside, "--mapping", mapping, folder=tmp_path)
    assert "Added 1 event" in half.stdout, half.stderr
    assert "Still bad: 1 bad row, all that" in half.stdout
    assert [json.loads(line)["line"] for line in aside.read_text().splitlines()] == [4]
    mend(0, ["ann", "2026-03-02", "2.3"])
    last = json.loads(run("import", aside, "--mapping", mapping, "--json", folder=tmp_path).stdout)
    assert (last["added"], last["rejected"], last["quarantine"]) == (1, 0, None)
    assert not aside.exists()
    table = store_of(tmp_path / "data").table()
    assert sorted(table.value.tolist()) == [1_000_000, 2_300_000, 9_500_000]


def test_a_mended_event_record_needs_no_mapping(tmp_path: Path, file: Path) -> None:
    aside = tmp_path / "bad.jsonl"
    run("import", file, "--quarantine", aside, folder=tmp_path)
    bad = json.loads(aside.read_text())
    aside.write_text(json.dumps({**bad, "row": json.loads(LINE)}))
    assert "Added 1 event" in run("import", aside, folder=tmp_path).stdout
    assert store_of(tmp_path / "data").event_count == 3


def test_a_guess_is_shown_kept_or_imported_and_nothing_without_a_word(
    tmp_path: Path, mapping: Path
) -> None:
    table = mapping.with_name("orders.csv")
    shown = run("import", table, "--zone", "Europe/Oslo", folder=tmp_path)
    assert shown.returncode == 0
    assert "# profile: customer (sure" in shown.stdout
    assert "zone: Europe/Oslo" in shown.stdout
    assert "Nothing was imported." in shown.stderr
    kept = tmp_path / "guess.yaml"
    assert run("import", table, "--guess", kept, folder=tmp_path).returncode == 0
    assert "is there already" in run("import", table, "--guess", kept, folder=tmp_path).stderr
    assert not (tmp_path / "data").exists()
    done = json.loads(run("import", table, "--yes", "--json", folder=tmp_path).stdout)
    assert (done["rows"], done["added"], done["rejected"]) == (3, 1, 2)
    # What was kept says the same, so importing it adds nothing.
    again = json.loads(run("import", kept, "--json", folder=tmp_path).stdout)
    assert (again["rows"], again["added"]) == (3, 0)


def test_a_mapping_reads_the_next_file_of_its_kind(tmp_path: Path, mapping: Path) -> None:
    april = tmp_path / "april.csv"
    april.write_text("amount,customer,ordered\n1,eve,2026-04-01\n")
    done = json.loads(run("import", april, "--mapping", mapping, "--json", folder=tmp_path).stdout)
    assert (done["added"], done["rejected"]) == (1, 0)


@pytest.mark.kill
@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT])
def test_an_import_that_was_stopped_goes_on(
    tmp_path: Path, mapping: Path, sign: signal.Signals
) -> None:
    # Long enough that the end is far when the first rows are saved, on a quick machine too.
    rows = 3_000_000
    some = "".join(f"c{number % 997},2026-03-{number % 28 + 1:02},1\n" for number in range(1000))
    (tmp_path / "orders.csv").write_text("customer,ordered,amount\n" + some * (rows // 1000))
    store = store_of(tmp_path / "data")
    began = start("import", mapping, folder=tmp_path)
    while began.poll() is None and not store.event_count:
        with suppress(subprocess.TimeoutExpired):
            began.wait(0.02)
    began.send_signal(sign)
    said = began.communicate()[1]
    saved = store.event_count
    assert 0 < saved < rows, "it ended before it was stopped"
    if sign == signal.SIGINT:
        assert f"Stopped. {saved:,} rows of m.yaml are saved" in said
        assert "kundresa import" in said
    again = run("import", mapping, "--json", folder=tmp_path)
    body = json.loads(again.stdout)
    assert (body["rows"], body["events"], body["added"]) == (rows, rows, rows - saved)
    assert f"Going on after {saved:,} rows that are saved." in again.stderr
    assert store.event_count == rows


def test_import_and_doctor_say_who_is_new(tmp_path: Path) -> None:
    def seen(profile: str, **identifiers: str) -> str:
        record = {"profile": profile, "event": "Seen", "time": "2026-03-01", "group": "acme"}
        return json.dumps({**record, "identifiers": identifiers}) + "\n"

    file = tmp_path / "e.jsonl"
    device = seen("d", anonymous_id="d")
    file.write_text(device + seen("u1", user_id="u1", anonymous_id="d") + seen("a1"))
    first = run("import", file, folder=tmp_path)
    assert "New: 3 profiles, 2 identifiers, 1 customer accounts. 1 profiles are one" in first.stdout
    file.write_text(seen("u2", user_id="u2", anonymous_id="d"))
    body = json.loads(run("import", file, "--json", folder=tmp_path).stdout)
    names = ("profiles", "merged", "identifiers", "accounts", "shared")
    assert {name: body[name] for name in names} == {
        "profiles": 1, "merged": 0, "identifiers": 1, "accounts": 0, "shared": 1,
    }  # fmt: skip
    file.write_text(seen("u3", user_id="u3", email="d"))
    assert "merge nothing" not in run("import", file, folder=tmp_path).stdout
    environment = {**os.environ, "KUNDRESA_DATA_DIR": str(tmp_path / "data")}
    doctor = subprocess.run(
        [sys.executable, "-m", "kundresa", "doctor"],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    said = next(line for line in doctor.stdout.splitlines() if line.startswith("profiles: "))
    assert said == (
        "profiles: OK, 5 profiles (0 of them part of others), 5 identifiers "
        "(1 of them shared by several customers), 1 customer accounts"
    )
