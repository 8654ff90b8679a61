"""``kundresa doctor``: says of each part that it is well, or what to do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import click

from kundresa.core.clock import now
from kundresa.core.errors import KundresaError, NotFoundError
from kundresa.core.settings import Settings, settings

_LEAST_FREE: Final = 1 << 30
_RECENT: Final = timedelta(days=7)
Verdict = tuple[str, str]
"""What is wrong and what to do; or, when nothing is wrong, "" and what there is to know."""


@click.command(name="doctor")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
def command(as_json: bool) -> None:
    """Look at settings, data folder, disk, database, profiles, collect, worker, mail and outbox."""
    from kundresa.cli.answers import answer

    parts = examine()
    is_well = all(part["ok"] for part in parts)
    if as_json:
        answer({"parts": parts, "ok": is_well}, as_json=True)
    else:
        for part in parts:
            said = "OK" if part["ok"] else f"{part['fault']} {part['remedy']}"
            said += f", {part['note']}" if part["note"] else ""
            click.echo(f"{part['part']}: {said}")
    if not is_well:
        raise SystemExit(1)


def examine() -> list[dict[str, Any]]:
    """Give a verdict on each part; without sound settings there is nothing else to look at."""
    try:
        found = settings()
    except KundresaError as error:
        return [_part("settings", (str(error), error.hint))]
    looks: list[tuple[str, Callable[[Settings], Verdict]]] = [
        ("data folder", _folder),
        ("disk", _disk),
        ("database", _database),
        ("migrations", _migrations),
        ("profiles", _profiles),
        ("collect", _collect),
        ("worker", _worker),
        ("mail", _mail),
        ("outbox", _outbox),
    ]
    return [
        _part("settings", ("", "")),
        *(_part(name, _safely(look, found)) for name, look in looks),
    ]


def _part(name: str, verdict: Verdict) -> dict[str, Any]:
    fault, told = verdict
    if not fault:
        return {"part": name, "ok": True, "fault": "", "remedy": "", "note": told}
    said = f"{fault.rstrip('.')}."
    return {"part": name, "ok": False, "fault": said, "remedy": told, "note": ""}


def _safely(look: Callable[[Settings], Verdict], found: Settings) -> Verdict:
    try:
        return look(found)
    except KundresaError as error:
        return error.message, error.hint
    except Exception as error:  # noqa: BLE001
        # The class only: a driver's text may hold the database's password.
        return f"can't be looked at ({type(error).__name__}).", "Mend what stands above first."


def _folder(found: Settings) -> Verdict:
    from kundresa.project.data_folder import DataFolder

    if not found.data_dir.is_dir():
        return f"{found.data_dir} does not exist.", "Run kundresa start, which makes it."
    if not os.access(found.data_dir, os.W_OK):
        return f"{found.data_dir} can't be written.", "Give this account the right to write there."
    DataFolder(found.data_dir).check_format()
    return "", ""


def _disk(found: Settings) -> Verdict:
    free = shutil.disk_usage(_existing(found.data_dir)).free
    if free < _LEAST_FREE:
        return f"{free >> 20} MiB are free.", "Make room, or move the data folder."
    return "", ""


def _existing(path: Path) -> Path:
    return path if path.exists() else _existing(path.parent)


def _database(found: Settings) -> Verdict:
    _set_up(found)
    from kundresa.project.health import database_fault

    return database_fault(), "Check KUNDRESA_DATABASE_URL and that the server runs."


def _migrations(found: Settings) -> Verdict:
    _set_up(found)
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        return f"{len(waiting)} are not applied.", "Run kundresa start, or kundresa manage migrate."
    return "", ""


def _profiles(found: Settings) -> Verdict:
    _set_up(found)
    from kundresa.accounts.api import workspace_ids
    from kundresa.events.api import store_of
    from kundresa.profiles.api import counts, made_through

    workspaces = workspace_ids()
    behind = sum(
        max(0, store_of(one, found.data_dir).version.sequence - made_through(one))
        for one in workspaces
    )
    if behind:
        return (
            f"{behind:,} events are not made into profiles.",
            "Run kundresa start, which does it.",
        )
    whole = [counts(one) for one in workspaces]
    told = {name: sum(getattr(one, name) for one in whole)
            for name in ("profiles", "merged", "identifiers", "accounts", "shared")}  # fmt: skip
    return "", (
        f"{told['profiles']:,} profiles ({told['merged']:,} of them part of others), "
        f"{told['identifiers']:,} identifiers ({told['shared']:,} of them shared by several "
        f"customers), {told['accounts']:,} customer accounts"
    )


def _collect(found: Settings) -> Verdict:
    import httpx

    try:
        with httpx.Client(trust_env=False, timeout=3) as client:
            status = client.post(f"{found.local_address}/v1/m").status_code
    except httpx.HTTPError:
        return f"nothing answers on port {found.port}.", "Run kundresa start."
    return ("", "") if status == 200 else (f"answers {status}.", "Look at the log of collect.")


def _worker(found: Settings) -> Verdict:
    _set_up(found)
    from kundresa.project.health import worker_fault

    return worker_fault(), "Run kundresa start, or kundresa worker."


def _mail(found: Settings) -> Verdict:
    from kundresa.core.mail import check_server, mail_host

    if found.mail_server is None:
        return "", "not set up (KUNDRESA_SMTP_URL); pages show links to pass on instead"
    check_server(found.mail_server, hello=mail_host(found.address))
    return "", f"{found.mail_server} takes mail from {found.mail_sender.address}"


def _outbox(found: Settings) -> Verdict:
    _set_up(found)
    return "", outbox_note()


def outbox_note() -> str:
    """Say how many mails wait, and why the last one was given up."""
    from kundresa.accounts.api import undelivered_mails, waiting_mail_count, workspace_ids

    since = now() - _RECENT
    lost = [one for room in (None, *workspace_ids()) for one in undelivered_mails(since, room)]
    told = f"{waiting_mail_count():,} mails wait, {len(lost):,} given up in {_RECENT.days} days"
    if lost:
        last = max(lost, key=lambda one: one.given_up_at)
        told += f", the last to {last.to}: {last.reason}"
    return told


def _set_up(found: Settings) -> None:
    from kundresa.project.roles import check_driver, set_up_django

    is_missing = not found.is_postgres and not found.sqlite_path.exists()
    # Loading the framework makes a key, and connecting a database: a doctor changes nothing.
    if is_missing or not found.data_dir.is_dir():
        raise NotFoundError("is not there yet.", hint="Run kundresa start, which makes it.")
    check_driver(found)
    set_up_django()
