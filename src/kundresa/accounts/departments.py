"""The departments of a workspace: made, renamed, removed, and put back with those who were in."""

from __future__ import annotations

from typing import Final

from django.db import transaction
from django.db.models import Count
from django.db.models.functions import Lower

from kundresa.accounts.actions import write_audit_line
from kundresa.accounts.models import AuditLine, Department, Invitation, Membership, Workspace
from kundresa.core.errors import NotFoundError

REMOVED: Final = "removed department"


def departments_of(workspace: Workspace) -> list[Department]:
    """Give the departments by name, each with its ``member_count``."""
    found = Department.objects.filter(workspace=workspace)
    return list(found.annotate(member_count=Count("membership")).order_by(Lower("name"), "id"))


def is_department(workspace: Workspace, name: str, *, other_than: int = 0) -> bool:
    """Tell whether a department has that name, however it is written."""
    found = Department.objects.filter(workspace=workspace).exclude(pk=other_than)
    # Compared here: SQLite knows only the small letters of English.
    return name.casefold() in {one.casefold() for one in found.values_list("name", flat=True)}


def add_department(workspace: Workspace, name: str, *, actor: str) -> Department:
    """Make a department."""
    with transaction.atomic():
        made = Department.objects.create(workspace=workspace, name=name)
        write_audit_line(actor, "made department", workspace_id=workspace.pk, subject=name)
    return made


def rename_department(workspace: Workspace, department_id: int, name: str, *, actor: str) -> None:
    """Give a department another name."""
    with transaction.atomic():
        found = _here(workspace, department_id)
        details = {"before": found.name}
        found.name = name
        found.save(update_fields=["name"])
        write_audit_line(
            actor, "renamed department", workspace_id=workspace.pk, subject=name, details=details
        )


def remove_department(workspace: Workspace, department_id: int, *, actor: str) -> AuditLine:
    """Take a department away; who was in it is in none."""
    with transaction.atomic():
        found = _here(workspace, department_id)
        kept = {
            "memberships": list(found.membership_set.values_list("pk", flat=True)),
            "invitations": list(found.invitation_set.values_list("pk", flat=True)),
        }
        found.delete()
        return write_audit_line(
            actor, REMOVED, workspace_id=workspace.pk, subject=found.name, details=kept
        )


def undo_removal(workspace: Workspace, line_id: int, *, actor: str) -> Department:
    """Put a department back, and everybody in it who is in no other since."""
    with transaction.atomic():
        line = AuditLine.objects.filter(pk=line_id, workspace=workspace, action=REMOVED).first()
        if line is None or not line.details:
            raise NotFoundError("There is nothing to undo.")
        found, is_new = Department.objects.get_or_create(workspace=workspace, name=line.subject)
        homeless = {"workspace": workspace, "department": None}
        Membership.objects.filter(pk__in=line.details["memberships"], **homeless).update(
            department=found
        )
        Invitation.objects.filter(pk__in=line.details["invitations"], **homeless).update(
            department=found
        )
        if is_new:
            write_audit_line(
                actor, "made department", workspace_id=workspace.pk, subject=found.name
            )
    return found


def _here(workspace: Workspace, department_id: int) -> Department:
    found = Department.objects.filter(workspace=workspace, pk=department_id).first()
    if found is None:
        raise NotFoundError("That department is no longer here.")
    return found
