"""``kundresa warmup``: compile the kernels before anybody asks, for example into an image."""

from __future__ import annotations

import os
from pathlib import Path

import click

from kundresa.cli.answers import answer, answering, json_option
from kundresa.core.errors import BadInputError


@click.command(name="warmup")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Data folder.")
@json_option
@answering
def command(data: Path | None, *, as_json: bool) -> None:
    """Compile the kernels that count large stores; takes some seconds, once for each release."""
    if data is not None:
        os.environ["KUNDRESA_DATA_DIR"] = str(data.absolute())
    from kundresa.core.settings import settings

    os.environ["KUNDRESA_DATA_DIR"] = str(settings().data_dir)
    # Says where the kernels are kept when it is imported, so not before.
    from kundresa.measures.kernels.warm_up import is_warm, warm_up

    was_warm = is_warm()
    try:
        warm_up()
    except OSError as error:
        raise BadInputError(
            f"The kernels can't be kept in {os.environ['NUMBA_CACHE_DIR']}: {error.strerror}.",
            hint="Name another folder with --data or NUMBA_CACHE_DIR.",
        ) from error
    said = "were compiled before" if was_warm else "are compiled"
    folder = os.environ["NUMBA_CACHE_DIR"]
    answer({"folder": folder, "compiled": not was_warm}, as_json=as_json,
           text=f"The kernels {said} ({folder}).")  # fmt: skip
