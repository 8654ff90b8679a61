"""``kundresa erase``: everything that is held about one customer goes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kundresa.cli.answers import answer, answering, json_option
from kundresa.cli.workspace import open_workspace, workspace_options

if TYPE_CHECKING:
    from kundresa.events.contracts import Held


@click.command("erase")
@click.argument("profile")
@workspace_options
@click.option("--yes", is_flag=True, help="Erase without asking.")
@json_option
@answering
def command(
    profile: str, workspace: str | None, data: Path | None, *, yes: bool, as_json: bool
) -> None:
    """Erase everything that is held about PROFILE, a user id or an anonymous id.

    Its events, the inbox, quarantined rows, exports and uploaded files, under every identifier that leads to it
    and to nobody else. It can't be undone; backups keep it until they expire.
    """
    if as_json and not yes:
        raise click.UsageError("--json can't ask; add --yes.")
    found, folder = open_workspace(workspace, data)
    from kundresa.events.api import erase_profile, held_about

    if not yes:
        click.echo(in_words(held_about(found.id, folder.path, profile)), err=True)
        click.confirm("Erase all of it for ever?", abort=True, err=True)
    done = erase_profile(found.id, folder.path, profile, actor="kundresa erase")
    counts = done.counts
    text = (
        f"Erased {counts['events']:,} events, {counts['inbox']:,} rows of the inbox, "
        f"{counts['quarantine']:,} quarantined rows, {counts['exports']:,} exports and "
        f"{counts['uploads']:,} uploaded files.\n"
        f"The ledger has it as {done.erasure}."
    )
    body = {"workspace": found.slug, "erasure": done.erasure, "erased": dict(counts)}
    answer(body, as_json=as_json, text=text)


def in_words(held: Held) -> str:
    """Say what is held."""
    text = (
        f"{held.profile}: {held.events:,} events, {held.inbox:,} rows of the inbox, "
        f"{held.quarantine:,} quarantined rows, {held.exports:,} exports, "
        f"{held.uploads:,} uploaded files.\n"
        f"Identifiers that lead to it: {', '.join(held.identifiers)}."
    )
    if held.shared:
        text += f"\nAlso in events of other profiles, which keep them: {', '.join(held.shared)}."
    return text
