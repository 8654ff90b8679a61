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
from django.urls import reverse

from kundresa.accounts.actions import write_audit_line
from kundresa.accounts.errors import LastOwnerError
from kundresa.accounts.models import (
    AuditLine,
    Department,
    Member,
    Membership,
    Notice,
    Workspace,
)
from kundresa.accounts.notices import notify
from kundresa.accounts.queries import actor_names
from kundresa.accounts.rules import Place, Role, is_last_owner, place_from
from kundresa.core.clock import now
from kundresa.core.errors import NotFoundError

CHANGED: Final = "changed membership"
REMOVED: Final = "removed member"
LEFT: Final = "left workspace"
ROLE_CHANGED: Final = "role_changed"
TAKEN_OUT: Final = "removed"
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
        line = _line(actor, CHANGED, membership, before)
        if before.role is not place.role:
            address = reverse("accounts:members", args=[workspace.slug])
            _notify(membership, actor, ROLE_CHANGED, {"role": place.role.value}, address)
    return line


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
        _notify(membership, actor, TAKEN_OUT, {}, "")
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
        _take_back_notices(line, member)
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


def beyond_reach_of(owner: Member) -> set[int]:
    """Give the members who are in a workspace that this one doesn't own.

    Whoever may give somebody a new password gets in wherever that somebody does.
    """
    owned = Membership.objects.filter(member=owner, role=Role.OWNER.value)
    elsewhere = Membership.objects.exclude(workspace__in=owned.values("workspace"))
    return set(elsewhere.values_list("member_id", flat=True))


def note_sign_in_link(membership: Membership, *, actor: str) -> None:
    """Note that a link was made with which a member chooses a new password."""
    with transaction.atomic():
        write_audit_line(
            actor,
            "made sign-in link",
            workspace_id=membership.workspace_id,
            subject=membership.member.email,
        )


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


def _notify(
    membership: Membership, actor: str, kind: str, facts: dict[str, str], address: str
) -> None:
    """Tell a member what somebody else did with their place."""
    if actor == f"member:{membership.member_id}":
        return
    told = {**facts, "by": actor_names([actor])[actor]}
    notify(membership.member, membership.workspace, kind, told, address)


def _take_back_notices(line: AuditLine, member: Member) -> None:
    """Untell what is undone, unless it has been read."""
    told = Notice.objects.filter(
        workspace=line.workspace, member=member, kind__in=(ROLE_CHANGED, TAKEN_OUT), read_at=None
    )
    told.filter(made_at__gte=line.at).delete()
