"""``kundresa import``: events from a file into a workspace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kundresa.cli.answers import answer, answering, json_option
from kundresa.cli.workspace import open_workspace, workspace_options

if TYPE_CHECKING:
    from kundresa.events.sources import Rejected

_SHOWN = 5


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@workspace_options
@click.option("--quarantine", type=click.Path(dir_okay=False, path_type=Path),
              help="Where bad rows go; by default into the data folder.")  # fmt: skip
@json_option
@answering
def command(
    file: Path, workspace: str | None, data: Path | None, quarantine: Path | None, *, as_json: bool
) -> None:
    """Import the events of FILE: event records (.jsonl, .jsonl.gz), or a mapping (.yaml).

    Bad rows go to a quarantine file with their line and the reason; the others are imported. The
    same file imported again adds nothing. Imported events start nothing.
    """
    from kundresa.cli.event_files import read_file
    from kundresa.events.sources import fingerprint, source_of

    name = fingerprint(source_of(file))
    reading = read_file(file)
    # Only now, so that a file that can't be read leaves no workspace behind.
    found, folder = open_workspace(workspace, data)
    from kundresa.events.api import take_in

    aside = None
    if reading.rejected:
        aside = quarantine or folder.path / "quarantine" / f"{file.name}-{name[:8]}.jsonl"
        write_quarantine(aside, reading.rejected)
    done = take_in(
        found.id, folder.store(found.id), reading,
        name=file.name, fingerprint=name, actor="kundresa import",
    )  # fmt: skip
    lines = [f"Read {done.rows:,} rows of {file.name}: {done.events:,} events."]
    lines += [
        f"Added {done.added:,} events to {found.slug}."
        if done.added or not done.events
        else "The same content was imported before; nothing was added."
    ]
    lines += [f"  {bad.file}, line {bad.line}: {bad.reason}" for bad in reading.rejected[:_SHOWN]]
    lines += [f"{done.rejected:,} bad rows went to {aside}."] if aside else []
    body = {**vars(done), "workspace": found.slug, "quarantine": str(aside) if aside else None}
    answer(body, as_json=as_json, text="\n".join(lines))


def write_quarantine(path: Path, rejected: list[Rejected]) -> None:
    """Write bad rows, one JSON object on a line, readable by the owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    lines = (json.dumps(bad.to_json(), ensure_ascii=False) + "\n" for bad in rejected)
    with path.open("w", encoding="utf-8") as file:
        file.writelines(lines)
