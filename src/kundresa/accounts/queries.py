"""Reads of workspaces."""

from __future__ import annotations

from kundresa.accounts.models import Workspace


def workspace_ids() -> list[int]:
    """Give the ids of all workspaces, oldest first."""
    return list(Workspace.objects.order_by("id").values_list("id", flat=True))
