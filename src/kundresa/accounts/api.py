"""The door to workspaces and the audit trail."""

from kundresa.accounts.actions import (
    ensure_first_workspace,
    ensure_workspace,
    make_workspace,
    write_audit_line,
)
from kundresa.accounts.models import Workspace
from kundresa.accounts.queries import workspace_by_slug, workspace_ids

__all__ = [
    "Workspace",
    "ensure_first_workspace",
    "ensure_workspace",
    "make_workspace",
    "workspace_by_slug",
    "workspace_ids",
    "write_audit_line",
]
