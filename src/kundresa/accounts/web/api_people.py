"""The operations of the API that change who is in a workspace: members, invitations, departments."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Path, Router, Status
from pydantic import BaseModel, Field, field_validator

from kundresa.accounts.bearer import Bearer
from kundresa.accounts.contracts import Answer, Done, Id, Name, Told
from kundresa.accounts.departments import (
    add_department,
    departments_of,
    is_department,
    remove_department,
    rename_department,
)
from kundresa.accounts.errors import NameTakenError, NoTokenError
from kundresa.accounts.invitations import (
    MOST_AT_ONCE,
    Invited,
    already_here,
    already_invited,
    invite,
    is_address,
    open_invitations,
    revoke,
)
from kundresa.accounts.memberships import (
    change_membership,
    membership_in,
    place_of,
    remove_member,
)
from kundresa.accounts.models import Invitation, Workspace
from kundresa.accounts.rules import Need, Place, Role, Scope
from kundresa.accounts.web.api import DepartmentOut, MemberOut, here, member_out
from kundresa.core.errors import BadInputError, Fault

router = Router()
_OWNS = Bearer(Scope.MEMBERS_WRITE, Need.OWN)
OneId = Annotated[Id, Path()]
MemberRole = Literal["owner", "editor", "commenter", "viewer"]


class MemberAnswer(Answer):
    member: MemberOut


class MemberChange(Told):
    role: MemberRole | None = None
    sees_customers: bool | None = Field(None, description="Owners do always.")
    may_send: bool | None = Field(None, description="Owners may always.")
    department: Id | None = Field(None, description="An id; null takes them out of theirs.")


class InvitationOut(BaseModel):
    id: int
    email: str
    role: Role
    sees_customers: bool
    may_send: bool
    made_at: datetime
    expires_at: datetime


class OpenInvitationOut(InvitationOut):
    is_expired: bool
    undelivered: str = Field(description="Why its mail came back; empty where it did not.")


class InvitationsAnswer(Answer):
    invitations: list[OpenInvitationOut]


class MadeInvitationOut(InvitationOut):
    is_mailed: bool
    link: str = Field(description="The path that lets somebody in, shown this once.")


class MadeInvitationsAnswer(Answer):
    invitations: list[MadeInvitationOut]


class NewInvitations(Told):
    emails: list[str] = Field(min_length=1, max_length=MOST_AT_ONCE)
    role: MemberRole = "viewer"
    sees_customers: bool = False
    may_send: bool = False
    department: Id | None = None
    language: Literal["en", "sv", "nb", "da"] = "en"

    @field_validator("emails")
    @classmethod
    def _are_addresses(cls, told: list[str]) -> list[str]:
        found = list(dict.fromkeys(one.strip().lower() for one in told))
        wrong = [one for one in found if not is_address(one)]
        if wrong:
            raise ValueError(f"These are no e-mail addresses: {', '.join(map(repr, wrong))}")
        return found


class DepartmentName(Told):
    name: Name


class DepartmentsAnswer(Answer):
    departments: list[DepartmentOut]


class DepartmentAnswer(Answer):
    department: DepartmentOut


@router.patch(
    "members/{member_id}",
    auth=_OWNS,
    response=MemberAnswer,
    operation_id="change_member",
    summary="Change a member",
    openapi_extra={"x-errors": {"409": "Nobody else owns the workspace"}},
)
def change_member(request: HttpRequest, member_id: OneId, told: MemberChange) -> Any:
    """Give a member another role, other rights, another department; what isn't told stays."""
    access, workspace = here(request)
    before = place_of(membership_in(workspace, member_id))
    given = told.model_dump(exclude_unset=True)
    place = Place(
        role=Role(given.get("role") or before.role),
        sees_customers=_given(given.get("sees_customers"), before.sees_customers),
        may_send=_given(given.get("may_send"), before.may_send),
        department_id=(
            _department(workspace, given["department"])
            if "department" in given
            else before.department_id
        ),
    )
    change_membership(workspace, member_id, place, actor=access.actor)
    return {"member": member_out(membership_in(workspace, member_id))}


@router.delete(
    "members/{member_id}",
    auth=_OWNS,
    response=Done,
    operation_id="remove_member",
    summary="Remove a member",
    openapi_extra={"x-errors": {"409": "Nobody else owns the workspace"}},
)
def delete_member(request: HttpRequest, member_id: OneId) -> Any:
    """Take a member out of the workspace; what they made stays, and their tokens end."""
    access, workspace = here(request)
    remove_member(workspace, member_id, actor=access.actor)
    return {}


@router.get(
    "invitations",
    auth=Bearer(Scope.MEMBERS_READ, Need.OWN),
    response=InvitationsAnswer,
    operation_id="list_invitations",
    summary="The invitations",
)
def list_invitations(request: HttpRequest) -> Any:
    """Give the invitations that nobody has taken, newest first."""
    found = open_invitations(here(request)[1])
    return {
        "invitations": [
            {
                **_invitation(one.invitation),
                "is_expired": one.is_expired,
                "undelivered": one.undelivered,
            }
            for one in found
        ]
    }


@router.post(
    "invitations",
    auth=_OWNS,
    response={201: MadeInvitationsAnswer},
    operation_id="invite",
    summary="Invite",
)
def make_invitations(request: HttpRequest, told: NewInvitations) -> Any:
    """Keep a place for each address; the links are mailed where mail is set up, and told here."""
    access, workspace = here(request)
    _refuse_who_is_here(workspace, told.emails)
    place = Place(
        Role(told.role),
        told.sees_customers,
        told.may_send,
        _department(workspace, told.department),
    )
    if access.member is None:
        raise NoTokenError("This needs an API token.")
    made = invite(workspace, told.emails, place, language=told.language, inviter=access.member)
    return Status(201, {"invitations": [_made(one) for one in made]})


@router.delete(
    "invitations/{invitation_id}",
    auth=_OWNS,
    response=Done,
    operation_id="revoke_invitation",
    summary="Revoke an invitation",
)
def delete_invitation(request: HttpRequest, invitation_id: OneId) -> Any:
    """Let the link of an invitation no longer let in."""
    access, workspace = here(request)
    revoke(workspace, invitation_id, actor=access.actor)
    return {}


# Beside the operations below: of two routers with one address only the first is asked.
@router.get(
    "departments",
    auth=Bearer(Scope.MEMBERS_READ),
    response=DepartmentsAnswer,
    operation_id="list_departments",
    summary="The departments",
)
def list_departments(request: HttpRequest) -> Any:
    """Give the departments by name."""
    found = departments_of(here(request)[1])
    return {"departments": [{"id": one.pk, "name": one.name} for one in found]}


@router.post(
    "departments",
    auth=_OWNS,
    response={201: DepartmentAnswer},
    operation_id="make_department",
    summary="Make a department",
    openapi_extra={"x-errors": {"409": "There is one of that name"}},
)
def make_department(request: HttpRequest, told: DepartmentName) -> Any:
    """Make a department."""
    access, workspace = here(request)
    _refuse_taken(workspace, told.name)
    made = add_department(workspace, told.name, actor=access.actor)
    return Status(201, {"department": {"id": made.pk, "name": made.name}})


@router.patch(
    "departments/{department_id}",
    auth=_OWNS,
    response=DepartmentAnswer,
    operation_id="rename_department",
    summary="Rename a department",
    openapi_extra={"x-errors": {"409": "There is one of that name"}},
)
def patch_department(request: HttpRequest, department_id: OneId, told: DepartmentName) -> Any:
    """Give a department another name."""
    access, workspace = here(request)
    _refuse_taken(workspace, told.name, other_than=department_id)
    rename_department(workspace, department_id, told.name, actor=access.actor)
    return {"department": {"id": department_id, "name": told.name}}


@router.delete(
    "departments/{department_id}",
    auth=_OWNS,
    response=Done,
    operation_id="remove_department",
    summary="Remove a department",
)
def delete_department(request: HttpRequest, department_id: OneId) -> Any:
    """Take a department away; who was in it is in none."""
    access, workspace = here(request)
    remove_department(workspace, department_id, actor=access.actor)
    return {}


def _given(told: bool | None, before: bool) -> bool:
    return before if told is None else told


def _department(workspace: Workspace, told: int | None) -> int | None:
    if told is None or told in {one.pk for one in departments_of(workspace)}:
        return told
    fault = Fault("department", f"is {told}.", "Look at the list of departments.")
    raise BadInputError("There is no such department.", faults=[fault])


def _refuse_who_is_here(workspace: Workspace, emails: list[str]) -> None:
    there, invited = already_here(workspace, emails), already_invited(workspace, emails)
    faults = [
        Fault(f"emails[{index}]", f"{email} is {said} already.", "Leave it out.")
        for index, email in enumerate(emails)
        for found, said in ((there, "a member"), (invited, "invited"))
        if email in found
    ]
    if faults:
        raise BadInputError("Some of them have a place already.", faults=faults)


def _refuse_taken(workspace: Workspace, name: str, *, other_than: int = 0) -> None:
    if is_department(workspace, name, other_than=other_than):
        raise NameTakenError(f"There is a department {name!r}.", hint="Take another name.")


def _invitation(one: Invitation) -> dict[str, Any]:
    names = ("id", "email", "role", "sees_customers", "may_send", "made_at", "expires_at")
    return {name: getattr(one, name) for name in names}


def _made(one: Invited) -> dict[str, Any]:
    return {**_invitation(one.invitation), "is_mailed": one.is_mailed, "link": one.path}
