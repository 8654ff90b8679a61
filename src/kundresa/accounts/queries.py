"""Reads of workspaces."""

from __future__ import annotations

from django.http import HttpRequest

from kundresa.accounts.errors import NoSuchWorkspaceError
from kundresa.accounts.models import AuditLine, Workspace
from kundresa.accounts.rules import is_from_this_machine

THIS_MACHINE = "this machine"


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


def workspace_slugs() -> list[str]:
    """Give the names of all workspaces in addresses; for the owner of the machine only."""
    return list(Workspace.objects.order_by("id").values_list("slug", flat=True))


def has_audit_line(workspace_id: int, action: str, **details: object) -> bool:
    """Tell whether an action with these details stands in the audit trail."""
    found = {f"details__{name}": value for name, value in details.items()}
    return AuditLine.objects.filter(workspace_id=workspace_id, action=action, **found).exists()


def workspace_ids() -> list[int]:
    """Give the ids of all workspaces, oldest first."""
    return list(Workspace.objects.order_by("id").values_list("id", flat=True))


def may_change(request: HttpRequest) -> bool:
    """Tell whether whoever asks may change things; until members sign in, only this machine may."""
    return is_from_this_machine(request.META.get("REMOTE_ADDR", ""), request.headers)


def actor_of(request: HttpRequest) -> str:  # noqa: ARG001
    """Name whoever asks, for the audit trail; until members sign in, the machine."""
    return THIS_MACHINE
