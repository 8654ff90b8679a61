"""A start that can't be: one sentence with the remedy, exit code 1, no traceback."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.server import PATIENCE, clean_environment, free_port


def start(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "kundresa", "start", "--no-browser", "--data", str(folder),
         *arguments],
        env=clean_environment(variables), capture_output=True, text=True, check=False,
        timeout=PATIENCE,
    )  # fmt: skip


def check_refused(ran: subprocess.CompletedProcess[str], *said: str) -> None:
    """Look for the sentences and for what must not be there."""
    assert (ran.returncode, ran.stdout) == (1, ""), ran.stdout + ran.stderr
    assert "Traceback" not in ran.stderr
    assert "hush" not in ran.stderr
    for sentence in said:
        assert sentence in ran.stderr


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ran = start(tmp_path / "data", "--port", str(port))
    check_refused(ran, f"Port {port} can't be taken", "another port with --port")


def test_a_database_that_does_not_answer_is_told(tmp_path: Path) -> None:
    url = f"postgresql://kundresa:hush-hush@127.0.0.1:{free_port()}/shop"
    ran = start(tmp_path / "data", "--port", str(free_port()), KUNDRESA_DATABASE_URL=url)
    check_refused(ran, "The database does not answer", "KUNDRESA_DATABASE_URL")


@pytest.mark.parametrize("arguments", [["--port", "0"], ["--port", "x"], ["--bogus"]])
def test_misuse_is_exit_code_2(tmp_path: Path, arguments: list[str]) -> None:
    assert start(tmp_path / "data", *arguments).returncode == 2


def test_wrong_settings_stop_the_start_all_at_once(tmp_path: Path) -> None:
    ran = start(tmp_path / "data", KUNDRESA_PORT="x", KUNDRESA_SECRET_KEY="hush-hush")
    check_refused(ran, "KUNDRESA_PORT", "KUNDRESA_SECRET_KEY")
    assert not (tmp_path / "data").exists()
