"""Kernels are compiled once for each release, beside the worker, which never waits for them."""

import json
import sys
import threading
import time

import pytest
from click.testing import CliRunner

from kundresa.cli.main import main
from kundresa.measures.kernels import warm_up
from kundresa.project import warm_up as beside


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "kernels"))
    monkeypatch.setenv("KUNDRESA_DATA_DIR", str(tmp_path))  # the command sets it; put back after
    monkeypatch.setattr(beside, "_AFTER", 0)
    return tmp_path / "kernels"


def test_kernels_are_warm_until_something_changes(monkeypatch):
    assert not warm_up.is_warm()
    warm_up.warm_up()
    assert warm_up.is_warm()
    monkeypatch.setattr(warm_up, "version", lambda _name: "another numba")
    assert not warm_up.is_warm()


def test_what_is_compiled_is_not_compiled_again(monkeypatch, tmp_path):
    monkeypatch.setattr(beside, "_COMMAND", command(f"open({str(tmp_path / 'ran')!r}, 'w')"))
    warm_up.warm_up()
    beside.compile_kernels(threading.Event())
    assert not (tmp_path / "ran").exists()


def test_a_process_beside_compiles(monkeypatch, tmp_path):
    monkeypatch.setattr(beside, "_COMMAND", command(f"open({str(tmp_path / 'ran')!r}, 'w')"))
    beside.compile_kernels(threading.Event())
    assert (tmp_path / "ran").exists()


def test_a_worker_that_stops_ends_the_process_beside_it(monkeypatch):
    monkeypatch.setattr(beside, "_COMMAND", command("import time; time.sleep(600)"))
    stop = threading.Event()
    running = threading.Thread(target=beside.compile_kernels, args=[stop])
    began = time.monotonic()
    running.start()
    stop.set()
    running.join(60)
    assert not running.is_alive()
    assert time.monotonic() - began < 60


def test_the_command_says_where_and_what_to_do(monkeypatch, tmp_path):
    told = CliRunner().invoke(main, ["warmup", "--json"])
    assert json.loads(told.stdout) == {
        "ok": True, "folder": str(tmp_path / "kernels"), "compiled": True,
    }  # fmt: skip
    assert "were compiled before" in CliRunner().invoke(main, ["warmup"]).stdout
    (tmp_path / "file").touch()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "file/kernels"))
    refused = CliRunner().invoke(main, ["warmup"])
    assert refused.exit_code == 1
    assert "Name another folder" in refused.stderr


def command(text):
    return (sys.executable, "-c", text)
