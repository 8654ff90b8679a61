"""``kundresa import`` and ``kundresa map add``, as somebody calls them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kundresa.store import Store

ROOT = Path(__file__).resolve().parents[3]
LINE = '{"profile": "ann", "event": "Bought", "time": "2026-03-01"}\n'


def run(*arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    """Call the command on a data folder of its own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("KUNDRESA_")}
    return subprocess.run(
        [sys.executable, "-m", "kundresa", *map(str, arguments), "--data", str(folder / "data")],
        env=kept,
        capture_output=True,
        text=True,
        check=False,
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
    assert [(bad["line"], bad["row"]) for bad in kept] == [(2, "{}\n")]
    assert Path(body["quarantine"]).stat().st_mode & 0o077 == 0
    second = run("import", file, folder=tmp_path)
    assert "nothing was added" in second.stdout
    assert Store(tmp_path / "data/stores/1").event_count == 2


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
