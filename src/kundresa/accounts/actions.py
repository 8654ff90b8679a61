"""Writes of workspaces and audit lines."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.text import slugify

from kundresa.accounts.models import (
    AuditLine,
    Member,
    Membership,
    OwnerLink,
    Workspace,
)
from kundresa.accounts.queries import hash_of
from kundresa.accounts.rules import DEMO_OWNER, Right, Role, rights_by_default
from kundresa.core.clock import now
from kundresa.core.ids import new_secret


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
) -> AuditLine:
    """Add a line; call it inside the transaction of what it tells."""
    return AuditLine.objects.create(
        actor=actor, action=action, workspace_id=workspace_id, subject=subject, details=details
    )


def make_member(
    email: str, name: str, *, password: str | None = None, language: str = "", time_zone: str = ""
) -> Member:
    """Make somebody who can sign in; without a password only by a link or another provider."""
    with transaction.atomic():
        member = Member.objects.create_user(
            email, password, name=name, language=language, time_zone=time_zone
        )
        write_audit_line(f"member:{member.pk}", "made member", subject=member.email)
    return member


def join(
    workspace: Workspace,
    member: Member,
    role: Role,
    *,
    actor: str,
    rights: set[Right] | None = None,
) -> Membership:
    """Let a member into a workspace; one who is in it already keeps what they have."""
    given = rights_by_default(role) if rights is None else rights
    with transaction.atomic():
        membership, is_new = Membership.objects.get_or_create(
            workspace=workspace,
            member=member,
            defaults={
                "role": role.value,
                "sees_customers": Right.SEE_CUSTOMERS in given,
                "may_send": Right.SEND in given,
            },
        )
        if is_new:
            write_audit_line(
                actor, "joined workspace", workspace_id=workspace.pk, subject=member.email,
                details={"role": role.value},
            )  # fmt: skip
    return membership


def new_owner_link() -> str:
    """Give the secret of the first owner's link, or nothing when somebody can sign in already.

    Each call makes a new one, and the one before no longer opens.
    """
    with transaction.atomic():
        if Member.objects.exists():
            return ""
        OwnerLink.objects.filter(used_at=None).delete()
        secret = new_secret()
        OwnerLink.objects.create(secret_hash=hash_of(secret))
    return secret


def is_owner_link(secret: str) -> bool:
    """Tell whether a secret makes whoever has it the first owner."""
    return OwnerLink.objects.filter(secret_hash=hash_of(secret), used_at=None).exists()


def take_owner_link(
    secret: str,
    *,
    email: str,
    name: str,
    password: str,
    workspace_name: str,
    language: str = "",
    time_zone: str = "",
) -> Member | None:
    """Make the first owner, of every workspace that is there; None when the link was used."""
    with transaction.atomic():
        changed = OwnerLink.objects.filter(secret_hash=hash_of(secret), used_at=None)
        if not changed.update(used_at=now()) or Member.objects.exists():
            return None
        member = make_member(email, name, password=password, language=language, time_zone=time_zone)
        first = ensure_first_workspace()
        if workspace_name and workspace_name != first.name:
            rename_workspace(first, workspace_name, actor=f"member:{member.pk}")
        for workspace in Workspace.objects.order_by("id"):
            join(workspace, member, Role.OWNER, actor=f"member:{member.pk}")
    return member


def rename_workspace(workspace: Workspace, name: str, *, actor: str) -> None:
    """Give a workspace another name; its address stays."""
    with transaction.atomic():
        details = {"before": workspace.name}
        workspace.name = name
        workspace.save(update_fields=["name"])
        write_audit_line(
            actor, "renamed workspace", workspace_id=workspace.pk, subject=name, details=details
        )


def ensure_demo_owner(workspaces: list[Workspace]) -> Member:
    """Give the member as whom everybody on this machine looks at the demo."""
    with transaction.atomic():
        member = Member.objects.filter(email=DEMO_OWNER).first()
        member = member or make_member(DEMO_OWNER, "Demo")
        for workspace in workspaces:
            join(workspace, member, Role.OWNER, actor="kundresa demo")
    return member
