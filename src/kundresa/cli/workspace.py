"""The workspace that a command works in, on the data folder of this installation."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import click

from kundresa.core.errors import NotFoundError, known_values

if TYPE_CHECKING:
    from kundresa.accounts.models import Workspace
    from kundresa.project.data_folder import DataFolder

P = ParamSpec("P")
R = TypeVar("R")


def workspace_options(function: Callable[P, R]) -> Callable[P, R]:
    """Add --workspace and --data."""
    folder = click.Path(file_okay=False, path_type=Path)
    function = click.option("--data", type=folder, help="Data folder.")(function)
    return click.option("--workspace", help="Its name in addresses; by default the only one.")(
        function
    )


def open_workspace(slug: str | None, data: Path | None) -> tuple[Workspace, DataFolder]:
    """Give a workspace and its data folder, made where there is none."""
    folder = open_folder(data)
    return _workspace(slug), folder


def open_folder(data: Path | None) -> DataFolder:
    """Give the data folder with its database, made where there is none.

    A server may run on the folder meanwhile: it then has brought the database up to date.
    """
    if data is not None:
        os.environ["KUNDRESA_DATA_DIR"] = str(data.absolute())
    from kundresa.core.logs import set_up_logs
    from kundresa.core.settings import settings
    from kundresa.project.data_folder import FolderInUseError
    from kundresa.project.roles import folder_of, prepare, set_up_django

    found = settings()
    set_up_logs(found, "command")
    try:
        folder = prepare(found)
        folder.unlock()
    except FolderInUseError:
        folder = folder_of(found)
        set_up_django()
    return folder


def _workspace(slug: str | None) -> Workspace:
    from kundresa.accounts.api import workspace_by_slug, workspace_slugs

    known = workspace_slugs()
    if slug is None and len(known) > 1:
        raise NotFoundError(
            "There are several workspaces.",
            hint=f"Name one with --workspace: {', '.join(sorted(known))}.",
        )
    if slug is not None and slug not in known:
        raise NotFoundError(f"There is no workspace {slug!r}.", hint=known_values(slug, known))
    return workspace_by_slug(slug or known[0])
