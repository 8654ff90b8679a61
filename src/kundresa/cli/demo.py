"""``kundresa demo``: real data on an empty machine."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import click

from kundresa.cli.answers import Progress, answering


@click.command("demo")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the pages (8600).")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path),
              help="Keep the demo in this folder; by default in a temporary one.")  # fmt: skip
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
@answering
def command(port: int | None, data: Path | None, *, no_browser: bool) -> None:
    """Fill a workspace with the Open University's journeys, and serve it."""
    with tempfile.TemporaryDirectory(prefix="kundresa-demo-") as spare:
        folder = (data or Path(spare)).absolute()
        os.environ["KUNDRESA_DATA_DIR"] = str(folder)
        os.environ.pop("KUNDRESA_DATABASE_URL", None)
        os.environ["KUNDRESA_DEMO"] = "1"
        if port is not None:
            os.environ["KUNDRESA_PORT"] = str(port)
        _serve(no_browser=no_browser)


def _serve(*, no_browser: bool) -> None:
    from kundresa.cli.start import serve
    from kundresa.project.demo_data import MAP, WORKSPACE, fill

    serve(
        fill=lambda folder: fill(folder, Progress("Reading the Open University's journeys")),
        page=f"/w/{WORKSPACE}/maps/{MAP}/",
        no_browser=no_browser,
    )
