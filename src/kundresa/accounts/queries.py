"""Reads of workspaces."""

from __future__ import annotations

from kundresa.accounts.errors import NoSuchWorkspaceError
from kundresa.accounts.models import Workspace


def workspace_by_slug(slug: str) -> Workspace:
    """Give the workspace that an address names.

    Raises
    ------
    NoSuchWorkspaceError
        If there is none.
    """
    found = Workspace.objects.filter(slug=slug).first()
    if found is None:
        raise NoSuchWorkspaceError(f"There is no workspace {slug!r}.")
    return found


def workspace_ids() -> list[int]:
    """Give the ids of all workspaces, oldest first."""
    return list(Workspace.objects.order_by("id").values_list("id", flat=True))
