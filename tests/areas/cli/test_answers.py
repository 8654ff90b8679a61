"""Commands answer in sentences: what changed, what was lost, what can't be done."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from kundresa.cli.main import main

MAPS = Path(__file__).resolve().parents[3] / "examples/maps"
DAY = str(MAPS / "colleen-day.journey.yaml")


def run(*arguments):
    return CliRunner().invoke(main, arguments)


def test_changes_and_losses_are_told_in_sentences(tmp_path):
    changed = run("map", "diff", DAY, str(MAPS / "colleen-future.journey.yaml"))
    lost = run("map", "convert", DAY, str(tmp_path / "day.mmd"))
    assert "kind changed from “day_in_life” to “future_state”." in changed.stdout
    assert "title: The text in en is left out." in lost.stdout.splitlines()
    assert "Change(" not in changed.stdout
    assert "Loss(" not in lost.stdout


@pytest.mark.parametrize("command", [("convert", DAY), ("render", DAY, "-o")])
def test_a_file_that_cant_be_written_is_refused_in_words(command, tmp_path):
    ran = run("map", *command, str(tmp_path / "missing" / "day.json"))
    assert ran.exit_code == 1
    assert "day.json can't be written: No such file or directory." in ran.stderr


def test_a_drawing_without_a_file_comes_in_the_answer():
    said = json.loads(run("map", "render", DAY, "--json").stdout)
    assert said["ok"] is True
    assert said["drawn"].startswith("<svg")


@pytest.mark.parametrize("command", [("worker",), ("manage", "check")])
def test_wrong_settings_are_told_in_sentences(command):
    # In a process of its own: here the settings have long been read.
    ran = subprocess.run(
        [sys.executable, "-m", "kundresa", *command],
        env=os.environ | {"KUNDRESA_PORT": "much"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert "KUNDRESA_PORT: is 'much'" in ran.stderr
    assert "Traceback" not in ran.stderr
