"""The doctor: OK or what to do for each part, and it changes nothing."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kundresa.cli import doctor as command
from kundresa.core.settings import Settings
from tests.support.server import PATIENCE, clean_environment, free_port
from tests.support.smtp_sink import CERTIFICATE, SmtpSink

PARTS = [
    *("settings", "data folder", "disk", "database", "migrations", "profiles", "collect", "worker"),
    *("mail", "outbox"),
]


def doctor(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a member would."""
    told = {"KUNDRESA_DATA_DIR": str(folder), "KUNDRESA_PORT": str(free_port()), **variables}
    return subprocess.run(
        [sys.executable, "-m", "kundresa", "doctor", *arguments],
        env=clean_environment(told), capture_output=True, text=True, check=False,
        timeout=PATIENCE,
    )  # fmt: skip


def parts_of(ran: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    """Read the verdicts by part."""
    body = json.loads(ran.stdout)
    assert body["ok"] is (ran.returncode == 0)
    return {part["part"]: part for part in body["parts"]}


def test_on_an_empty_machine_each_part_says_what_to_do_and_nothing_is_made(tmp_path: Path) -> None:
    ran = doctor(tmp_path / "data")
    assert ran.returncode == 1
    assert ran.stderr == ""
    said = dict(line.split(": ", 1) for line in ran.stdout.splitlines())
    assert list(said) == PARTS
    assert said["settings"] == said["disk"] == "OK"
    assert said["mail"].startswith("OK, not set up")
    for part in set(PARTS) - {"settings", "disk", "mail"}:
        assert "Run kundresa start" in said[part], part
    assert not (tmp_path / "data").exists()


def test_wrong_settings_are_all_told_and_nothing_else_is_looked_at(tmp_path: Path) -> None:
    ran = doctor(tmp_path, "--json", KUNDRESA_PORT="x", KUNDRESA_LANGUAGE="fi")
    parts = parts_of(ran)
    assert list(parts) == ["settings"]
    assert "KUNDRESA_PORT" in parts["settings"]["fault"]
    assert "KUNDRESA_LANGUAGE" in parts["settings"]["fault"]


def test_a_folder_of_a_newer_release_is_told(tmp_path: Path) -> None:
    (tmp_path / "format").write_text("99\n")
    part = parts_of(doctor(tmp_path, "--json"))["data folder"]
    assert "format 99" in part["fault"]
    assert "newer release" in part["remedy"]


def test_a_database_that_does_not_answer_is_told_without_its_password(tmp_path: Path) -> None:
    url = f"postgresql://kundresa:hush-hush@127.0.0.1:{free_port()}/shop"
    ran = doctor(tmp_path, "--json", KUNDRESA_DATABASE_URL=url)
    part = parts_of(ran)["database"]
    assert part["fault"] == "does not answer: OperationalError."
    assert "KUNDRESA_DATABASE_URL" in part["remedy"]
    assert "hush" not in ran.stdout + ran.stderr


def test_a_folder_that_cannot_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Asked here, because root may write everywhere.
    monkeypatch.setattr(command.os, "access", lambda _path, _mode: False)
    fault, remedy = command._folder(Settings(data_dir=tmp_path))
    assert fault == f"{tmp_path} can't be written."
    assert "right to write" in remedy


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=5 << 20)
    monkeypatch.setattr(command.shutil, "disk_usage", lambda _path: usage)
    fault, remedy = command._disk(Settings(data_dir=tmp_path))
    assert fault == "5 MiB are free."
    assert "Make room" in remedy


def test_a_mail_server_that_lets_us_in_is_well(tmp_path: Path) -> None:
    told = {"KUNDRESA_MAIL_FROM": "Kundresa <kundresa@firma.example>",
            "SSL_CERT_FILE": str(CERTIFICATE)}  # fmt: skip
    with SmtpSink(login=("kundresa", "hush-hush"), starttls=True) as sink:
        ran = doctor(tmp_path, "--json", KUNDRESA_SMTP_URL=sink.url, **told)
    part = parts_of(ran)["mail"]
    assert part["ok"]
    assert part["note"] == f"localhost:{sink.port} takes mail from kundresa@firma.example"
    assert sink.logins == ["kundresa"]
    assert not sink.mails
    assert "hush" not in ran.stdout + ran.stderr


def test_a_mail_server_that_does_not_let_us_in_is_told_without_the_password(
    tmp_path: Path,
) -> None:
    with SmtpSink(login=("kundresa", "right")) as sink:
        url = sink.url_with("kundresa", "hush-hush")
        told = {"KUNDRESA_SMTP_URL": url, "KUNDRESA_MAIL_FROM": "kundresa@firma.example"}
        ran = doctor(tmp_path, "--json", **told)
    part = parts_of(ran)["mail"]
    assert "does not accept name and password" in part["fault"]
    assert "KUNDRESA_SMTP_URL" in part["remedy"]
    assert "hush" not in ran.stdout + ran.stderr
