"""``kundresa export``: everything that is held about one customer, in files to hand over."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kundresa.cli.answers import answer, answering, json_option
from kundresa.cli.workspace import open_workspace, workspace_options

if TYPE_CHECKING:
    from kundresa.events.contracts import Held


@click.command("export")
@click.argument("profile")
@workspace_options
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path),
              help="Where the events go; by default the data folder's exports, "
              "which an erasure looks through.")  # fmt: skip
@json_option
@answering
def command(
    profile: str, workspace: str | None, data: Path | None, output: Path | None, *, as_json: bool
) -> None:
    """Write everything that is held about PROFILE, a user id or an anonymous id.

    Two files: its events as event records (.jsonl), and beside it who the profile is and what
    could not become an event (.profile.json).
    """
    found, folder = open_workspace(workspace, data)
    from kundresa.events.api import (
        exports_of,
        held_about,
        records_of,
        seal_inbox,
        store_of,
        unsealed_of,
    )
    from kundresa.profiles.api import told_of

    # What came in a moment ago belongs to it, too, whether a worker runs or not.
    while seal_inbox(found.id, folder.store(found.id)):
        pass
    held = held_about(found.id, folder.path, profile)
    records = records_of(found.id, folder.path, held.identifiers)
    rest = unsealed_of(found.id, folder.path, held.identifiers)
    known = told_of(found.id, store_of(found.id, folder.path), held.identifiers)
    at = datetime.now(UTC)
    file = output or exports_of(found.id, folder.path) / f"profile-{at:%Y%m%dT%H%M%S%f}.jsonl"
    beside = file.with_suffix(".profile.json")
    lines = [json.dumps(record, ensure_ascii=False) for record in records]
    write_private(file, "".join(f"{line}\n" for line in lines))
    about = about_profile(held, found.slug, at, {"profiles": known, **rest})
    write_private(beside, json.dumps(about, ensure_ascii=False, indent=2) + "\n")
    body = {"workspace": found.slug, "events": len(records), "file": str(file),
            "profile": str(beside), "identifiers": list(held.identifiers)}  # fmt: skip
    text = f"Wrote {len(records):,} events to {file},\nand who the profile is to {beside}."
    answer(body, as_json=as_json, text=text)


def about_profile(
    held: Held, workspace: str, at: datetime, rest: dict[str, list[Any]]
) -> dict[str, Any]:
    """Say who the profile is and what else is held."""
    return {
        "profile": held.profile,
        "workspace": workspace,
        "written_at": at.isoformat(timespec="seconds"),
        "identifiers": list(held.identifiers),
        "identifiers_shared_with_others": list(held.shared),
        **rest,
    }


def write_private(path: Path, text: str) -> None:
    """Write a file that its owner alone may read."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(text, "utf-8")
