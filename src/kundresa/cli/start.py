"""``kundresa start``: everything on this machine, in one command."""

from __future__ import annotations

import os
import sys
import webbrowser
from pathlib import Path

import click


@click.command(name="start")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the pages (8600).")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Data folder.")
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
def command(port: int | None, data: Path | None, no_browser: bool) -> None:
    """Serve pages, take events in and do the work, until stopped."""
    if port is not None:
        os.environ["KUNDRESA_PORT"] = str(port)
    if data is not None:
        os.environ["KUNDRESA_DATA_DIR"] = str(data.absolute())
    from kundresa.core.logs import set_up_logs
    from kundresa.core.settings import settings
    from kundresa.project.roles import Supervisor, prepare

    found = settings()
    set_up_logs(found, "start")
    supervisor = Supervisor(found)
    folder = prepare(found)
    supervisor.open()

    def tell() -> None:
        click.echo(f"Kundresa is ready at {found.address} (data in {folder.path}).", err=True)
        if not no_browser and sys.stdout.isatty():
            webbrowser.open(found.address)

    supervisor.run(tell)
