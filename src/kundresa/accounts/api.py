"""The door to workspaces and the audit trail."""

from kundresa.accounts.actions import (
    ensure_first_workspace,
    ensure_workspace,
    make_workspace,
    write_audit_line,
)
from kundresa.accounts.models import Workspace
from kundresa.accounts.queries import (
    THIS_MACHINE,
    actor_of,
    has_audit_line,
    may_change,
    workspace_by_slug,
    workspace_ids,
    workspace_slugs,
)

__all__ = [
    "THIS_MACHINE",
    "Workspace",
    "actor_of",
    "ensure_first_workspace",
    "ensure_workspace",
    "has_audit_line",
    "make_workspace",
    "may_change",
    "workspace_by_slug",
    "workspace_ids",
    "workspace_slugs",
    "write_audit_line",
]
