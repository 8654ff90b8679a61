"""The door to workspaces and the audit trail."""

from kundresa.accounts.actions import (
    ensure_first_workspace,
    ensure_workspace,
    make_workspace,
    write_audit_line,
)
from kundresa.accounts.mailing import (
    MAIL_KINDS,
    MAIL_WAITS,
    UndeliveredMail,
    mail_is_set_up,
    post_mail,
    undelivered_mails,
    waiting_mail_count,
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
    "MAIL_KINDS",
    "MAIL_WAITS",
    "THIS_MACHINE",
    "UndeliveredMail",
    "Workspace",
    "actor_of",
    "ensure_first_workspace",
    "ensure_workspace",
    "has_audit_line",
    "mail_is_set_up",
    "make_workspace",
    "may_change",
    "post_mail",
    "undelivered_mails",
    "waiting_mail_count",
    "workspace_by_slug",
    "workspace_ids",
    "workspace_slugs",
    "write_audit_line",
]
