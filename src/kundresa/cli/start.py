"""``kundresa start``: everything on this machine, in one command."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kundresa.cli.answers import answering

if TYPE_CHECKING:
    from kundresa.project.data_folder import DataFolder


@click.command(name="start")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the pages (8600).")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Data folder.")
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
@answering
def command(port: int | None, data: Path | None, *, no_browser: bool) -> None:
    """Serve pages, take events in and do the work, until stopped."""
    if port is not None:
        os.environ["KUNDRESA_PORT"] = str(port)
    if data is not None:
        os.environ["KUNDRESA_DATA_DIR"] = str(data.absolute())
    serve(fill=lambda _folder: None, page="/", no_browser=no_browser)


def serve(*, fill: Callable[[DataFolder], None], page: str, no_browser: bool) -> None:
    """Prepare the folder, fill it, and run the three roles until stopped.

    ``page`` is where the reader is sent; the address is printed when it answers.
    """
    from kundresa.core.logs import set_up_logs
    from kundresa.core.settings import settings
    from kundresa.project.roles import Supervisor, first_owner_secret, prepare

    found = settings()
    set_up_logs(found, "start")
    folder = prepare(found)
    supervisor = Supervisor(found)
    supervisor.open()
    fill(folder)
    secret = first_owner_secret()

    def tell() -> None:
        address = f"{found.address}{page}"
        click.echo(f"Kundresa is ready at {address} (data in {folder.path}).")
        if secret:
            address = f"{found.address}/welcome/{secret}/"
            click.echo(_framed("Nobody has an account yet.", f"Become the owner: {address}"))
        sys.stdout.flush()
        if not no_browser and sys.stdout.isatty():
            webbrowser.open(address)

    supervisor.run(tell)


def _framed(*lines: str) -> str:
    """Put lines between two rules, so that they are found among the logs."""
    rule = "\u2500" * max(map(len, lines))
    return "\n".join(["", rule, *lines, rule, ""])
