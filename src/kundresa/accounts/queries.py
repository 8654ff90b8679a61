"""Reads of workspaces."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from kundresa.accounts.errors import NoSuchWorkspaceError
from kundresa.accounts.models import AuditLine, Guest, Invitation, Member, Workspace
from kundresa.core.clock import now


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


def workspaces_of(member: Member) -> list[Workspace]:
    """Give the workspaces that a member is in, oldest first."""
    return list(Workspace.objects.filter(membership__member=member).order_by("id"))


def audit_before(workspace_id: int, before: int | None, most: int) -> list[AuditLine]:
    """Give the newest lines of a workspace's audit trail, or those older than a line."""
    found = AuditLine.objects.filter(workspace_id=workspace_id)
    older = found if before is None else found.filter(id__lt=before)
    return list(older.order_by("-id")[:most])


def has_members() -> bool:
    """Tell whether anybody can sign in yet."""
    return Member.objects.exists()


def member_by_email(email: str) -> Member | None:
    """Find a member by e-mail, however it is written."""
    return Member.objects.filter(email=email.strip().lower()).first()


def open_invitation_for(email: str) -> Invitation | None:
    """Give the newest invitation that an address may still take."""
    return (
        Invitation.objects.select_related("workspace")
        .filter(email__iexact=email.strip(), accepted_at=None, revoked_at=None)
        .filter(expires_at__gt=now())
        .order_by("-id")
        .first()
    )


def actor_names(actors: Iterable[str]) -> dict[str, str]:
    """Give the names that stand behind the actors of audit lines; others stay as they are."""
    found = dict.fromkeys(actors, "")
    members = _named(found, "member:", Member.objects.values_list("pk", "name"))
    guests = _named(found, "guest:", Guest.objects.values_list("pk", "name"))
    return {actor: members.get(actor) or guests.get(actor) or actor for actor in found}


def _named(
    actors: Iterable[str], kind: str, rows: QuerySet[Any, tuple[int, str]]
) -> dict[str, str]:
    told = [actor.removeprefix(kind) for actor in actors if actor.startswith(kind)]
    numbers = [int(one) for one in told if one.isdecimal()]
    return {f"{kind}{pk}": name for pk, name in rows.filter(pk__in=numbers)} if numbers else {}


def hash_of(secret: str) -> str:
    """Give what is kept of a secret link or token; the secret itself is shown once."""
    return hashlib.sha256(secret.encode()).hexdigest()
