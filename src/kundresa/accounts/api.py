"""The door to workspaces, to who works in them, and to the audit trail."""

from kundresa.accounts.access import (
    THIS_MACHINE,
    Access,
    access_in,
    access_of_member,
    access_of_scope,
    actor_of,
    may_change,
)
from kundresa.accounts.actions import (
    ensure_demo_owner,
    ensure_first_workspace,
    ensure_workspace,
    join,
    make_member,
    make_workspace,
    new_owner_link,
    write_audit_line,
)
from kundresa.accounts.models import Member, Workspace
from kundresa.accounts.queries import (
    actor_names,
    has_audit_line,
    has_members,
    workspace_by_slug,
    workspace_ids,
    workspace_slugs,
    workspaces_of,
)
from kundresa.accounts.rules import DEMO_OWNER, MEMBER_ROLES, Need, Right, Role, asks

__all__ = [
    "DEMO_OWNER",
    "MEMBER_ROLES",
    "THIS_MACHINE",
    "Access",
    "Member",
    "Need",
    "Right",
    "Role",
    "Workspace",
    "access_in",
    "access_of_member",
    "access_of_scope",
    "actor_names",
    "actor_of",
    "asks",
    "ensure_demo_owner",
    "ensure_first_workspace",
    "ensure_workspace",
    "has_audit_line",
    "has_members",
    "join",
    "make_member",
    "make_workspace",
    "may_change",
    "new_owner_link",
    "workspace_by_slug",
    "workspace_ids",
    "workspace_slugs",
    "workspaces_of",
    "write_audit_line",
]
