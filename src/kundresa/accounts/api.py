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
from kundresa.accounts.bearer import (
    MOST_BODY,
    Bearer,
)
from kundresa.accounts.guests import (
    GuestSubject,
    guest_subjects,
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
from kundresa.accounts.models import (
    Member,
    Workspace,
)
from kundresa.accounts.notices import (
    notify,
    notify_actor,
    notify_owners,
)
from kundresa.accounts.oneself import (
    drop_second_step,
    note_reset_link,
)
from kundresa.accounts.queries import (
    actor_names,
    has_audit_line,
    has_members,
    member_by_email,
    workspace_by_slug,
    workspace_ids,
    workspace_slugs,
    workspaces_of,
)
from kundresa.accounts.rules import (
    DEMO_OWNER,
    MEMBER_ROLES,
    Need,
    Right,
    Role,
    Scope,
    asks,
)
from kundresa.accounts.signin_links import (
    RESET_HOURS,
    reset_link_for,
)

__all__ = [
    "DEMO_OWNER",
    "MAIL_KINDS",
    "MAIL_WAITS",
    "MEMBER_ROLES",
    "MOST_BODY",
    "RESET_HOURS",
    "THIS_MACHINE",
    "Access",
    "Bearer",
    "GuestSubject",
    "Member",
    "Need",
    "Right",
    "Role",
    "Scope",
    "UndeliveredMail",
    "Workspace",
    "access_in",
    "access_of_member",
    "access_of_scope",
    "actor_names",
    "actor_of",
    "asks",
    "drop_second_step",
    "ensure_demo_owner",
    "ensure_first_workspace",
    "ensure_workspace",
    "guest_subjects",
    "has_audit_line",
    "has_members",
    "join",
    "mail_is_set_up",
    "make_member",
    "make_workspace",
    "may_change",
    "member_by_email",
    "new_owner_link",
    "note_reset_link",
    "notify",
    "notify_actor",
    "notify_owners",
    "post_mail",
    "reset_link_for",
    "undelivered_mails",
    "waiting_mail_count",
    "workspace_by_slug",
    "workspace_ids",
    "workspace_slugs",
    "workspaces_of",
    "write_audit_line",
]
