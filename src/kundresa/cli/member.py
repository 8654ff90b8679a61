"""``kundresa member``: what whoever runs the machine does for members who can't get in."""

from __future__ import annotations

from pathlib import Path

import click

from kundresa.cli.answers import answer, answering, json_option
from kundresa.cli.workspace import open_folder
from kundresa.core.errors import NotFoundError

ACTOR = "kundresa member"


@click.group("member")
def command() -> None:
    """Help members who can't get in."""


@command.command("link")
@click.argument("email")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Data folder.")
@click.option(
    "--without-second-step",
    is_flag=True,
    help="Also drop codes and passkeys, for a member who has lost them.",
)
@json_option
@answering
def link(email: str, data: Path | None, *, without_second_step: bool, as_json: bool) -> None:
    """Print a link with which the member of EMAIL chooses a new password.

    It works once, for a day. Whoever has it can sign in as that member.
    """
    open_folder(data)
    from kundresa.accounts.api import (
        RESET_HOURS,
        drop_second_step,
        member_by_email,
        note_reset_link,
        reset_link_for,
    )
    from kundresa.core.settings import settings

    member = member_by_email(email)
    if member is None:
        raise NotFoundError(
            f"No member has the e-mail {email!r}.",
            hint="Write the e-mail that they log in with; the page Members shows it.",
        )
    if without_second_step:
        drop_second_step(member, actor=ACTOR)
    note_reset_link(member, actor=ACTOR)
    address = f"{settings().address.rstrip('/')}{reset_link_for(member)}"
    text = (
        f"{member.name} chooses a new password here, once, within {RESET_HOURS} hours:\n{address}"
    )
    body = {"email": member.email, "link": address, "hours": RESET_HOURS}
    answer(body, as_json=as_json, text=text)
