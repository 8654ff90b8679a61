"""Writes of workspaces and audit lines."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.text import slugify

from kundresa.accounts.models import AuditLine, Workspace


def make_workspace(name: str, *, slug: str = "", actor: str = "kundresa") -> Workspace:
    """Make a workspace and say so in the audit trail; ``slug`` names it in addresses."""
    with transaction.atomic():
        workspace = Workspace.objects.create(name=name, slug=slug or slugify(name))
        write_audit_line(actor, "made workspace", workspace_id=workspace.id, subject=name)
    return workspace


def ensure_workspace(name: str, *, slug: str) -> Workspace:
    """Give the workspace of that address, made when there is none."""
    with transaction.atomic():
        found = Workspace.objects.filter(slug=slug).first()
        return found or make_workspace(name, slug=slug)


def ensure_first_workspace() -> Workspace:
    """Give the first workspace, made when there is none."""
    with transaction.atomic():
        found = Workspace.objects.order_by("id").first()
        return found or make_workspace("My workspace")


def write_audit_line(
    actor: str,
    action: str,
    *,
    workspace_id: int | None = None,
    subject: str = "",
    details: dict[str, Any] | None = None,
) -> None:
    """Add a line; call it inside the transaction of what it tells."""
    AuditLine.objects.create(
        actor=actor, action=action, workspace_id=workspace_id, subject=subject, details=details
    )
