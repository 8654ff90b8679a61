"""Who is in a workspace and as what: changed, taken away, and put back.

Each change leaves an audit line that holds what was before, and undoing reads it there. All of a
workspace's changes wait for each other, so that two owners can't take each other's place away at
the same time and leave nobody.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models.functions import Lower

from kundresa.accounts.actions import write_audit_line
from kundresa.accounts.errors import LastOwnerError
from kundresa.accounts.models import AuditLine, Department, Member, Membership, Workspace
from kundresa.accounts.rules import Place, Role, is_last_owner, place_from
from kundresa.core.clock import now
from kundresa.core.errors import NotFoundError

CHANGED: Final = "changed membership"
REMOVED: Final = "removed member"
LEFT: Final = "left workspace"
COMES_BACK_FOR: Final = timedelta(hours=1)
"""So long somebody who left may think better of it without being invited again."""
_SEEN_EVERY: Final = timedelta(hours=1)


def members_of(workspace: Workspace) -> list[Membership]:
    """Give who is in a workspace, by name."""
    found = Membership.objects.filter(workspace=workspace).select_related("member", "department")
    return list(found.order_by(Lower("member__name"), "id"))


def membership_in(workspace: Workspace, membership_id: int) -> Membership:
    """Give one of a workspace's memberships.

    Raises
    ------
    NotFoundError
        If it is none of this workspace.
    """
    found = Membership.objects.select_related("member", "department", "workspace")
    here = found.filter(workspace=workspace, pk=membership_id).first()
    if here is None:
        raise NotFoundError("That member is no longer in the workspace.")
    return here


def place_of(membership: Membership) -> Place:
    """Give what a membership lets be."""
    return Place(
        Role(membership.role),
        membership.sees_customers,
        membership.may_send,
        membership.department_id,
    )


def change_membership(
    workspace: Workspace, membership_id: int, place: Place, *, actor: str
) -> AuditLine | None:
    """Give a member another role, rights or department; None where that is what they have.

    Raises
    ------
    LastOwnerError
        If nobody would own the workspace.
    """
    with transaction.atomic():
        _wait_for_others(workspace)
        membership = membership_in(workspace, membership_id)
        before = place_of(membership)
        if before.columns() == place.columns():
            return None
        if place.role is not Role.OWNER:
            _keep_an_owner(workspace, membership.member_id)
        _put(membership, place)
        return _line(actor, CHANGED, membership, before)


def remove_member(workspace: Workspace, membership_id: int, *, actor: str) -> AuditLine:
    """Take a member out of a workspace; what they made stays.

    Raises
    ------
    LastOwnerError
        If nobody would own the workspace.
    """
    with transaction.atomic():
        _wait_for_others(workspace)
        membership = membership_in(workspace, membership_id)
        _keep_an_owner(workspace, membership.member_id)
        is_leaving = actor == f"member:{membership.member_id}"
        line = _line(actor, LEFT if is_leaving else REMOVED, membership, place_of(membership))
        membership.delete()
    return line


def undo_change(workspace: Workspace, line_id: int, *, actor: str) -> Member:
    """Put a member back to where they were before a change, a removal or leaving.

    Raises
    ------
    NotFoundError
        If that line of the audit trail tells nothing that can be undone here.
    LastOwnerError
        If nobody would own the workspace.
    """
    with transaction.atomic():
        _wait_for_others(workspace)
        line = AuditLine.objects.filter(
            pk=line_id, workspace=workspace, action__in=(CHANGED, REMOVED, LEFT)
        ).first()
        if line is None or not line.details:
            raise NotFoundError("There is nothing to undo.")
        member = Member.objects.get(pk=line.details["member"])
        _put_back(workspace, member, place_from(line.details["before"]), actor)
    return member


def last_leaving(workspace: Workspace, member: Member) -> AuditLine | None:
    """Give the line of a member's leaving, while they may still come back by themselves."""
    if Membership.objects.filter(workspace=workspace, member=member).exists():
        return None
    told = AuditLine.objects.filter(
        workspace=workspace, action__in=(LEFT, REMOVED), details__member=member.pk
    )
    line = told.order_by("-id").first()
    is_open = line is not None and line.action == LEFT and line.at > now() - COMES_BACK_FOR
    return line if is_open else None


def come_back(workspace: Workspace, member: Member) -> bool:
    """Let somebody in again who has just left by themselves."""
    line = last_leaving(workspace, member)
    if line is None:
        return False
    undo_change(workspace, line.pk, actor=f"member:{member.pk}")
    return True


def note_seen(membership: Membership) -> None:
    """Note that a member looked, once an hour at most."""
    if membership.seen_at is None or membership.seen_at < now() - _SEEN_EVERY:
        Membership.objects.filter(pk=membership.pk).update(seen_at=now())


def _wait_for_others(workspace: Workspace) -> None:
    Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)


def _keep_an_owner(workspace: Workspace, member_id: int) -> None:
    owners = Membership.objects.filter(workspace=workspace, role=Role.OWNER.value)
    if is_last_owner(member_id, owners.values_list("member_id", flat=True)):
        raise LastOwnerError(
            "Nobody else owns the workspace.", hint="Make somebody else an owner first."
        )


def _put(membership: Membership, place: Place) -> None:
    for name, value in place.columns().items():
        setattr(membership, name, value)
    membership.save(update_fields=["role", "sees_customers", "may_send", "department"])


def _put_back(workspace: Workspace, member: Member, before: Place, actor: str) -> None:
    here = Department.objects.filter(workspace=workspace, pk=before.department_id or 0).exists()
    columns = before.columns() | {"department_id": before.department_id if here else None}
    place = place_from(columns)
    found = Membership.objects.filter(workspace=workspace, member=member).first()
    if found is None:
        made = Membership.objects.create(workspace=workspace, member=member, **columns)
        _line(actor, "rejoined workspace", made, place)
        return
    if place.role is not Role.OWNER:
        _keep_an_owner(workspace, member.pk)
    was = place_of(found)
    _put(found, place)
    _line(actor, CHANGED, found, was)


def _line(actor: str, action: str, membership: Membership, before: Place) -> AuditLine:
    details = {
        "member": membership.member_id,
        "before": before.columns(),
        "after": place_of(membership).columns(),
    }
    return write_audit_line(
        actor, action, workspace_id=membership.workspace_id, subject=membership.member.email,
        details=details,
    )  # fmt: skip
