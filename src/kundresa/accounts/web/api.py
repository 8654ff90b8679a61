"""The operations of the API on a workspace, its members, tokens and audit trail."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from django.http import HttpRequest
from ninja import Path, Query, Router
from pydantic import BaseModel, Field, field_validator

from kundresa.accounts.access import Access, access_in
from kundresa.accounts.bearer import Bearer
from kundresa.accounts.contracts import MOST_ROWS, Answer, Done, Id, Name, Told
from kundresa.accounts.errors import NoTokenError
from kundresa.accounts.memberships import members_of
from kundresa.accounts.models import ApiToken, Membership, Workspace
from kundresa.accounts.queries import actor_names, audit_before
from kundresa.accounts.rules import Need, Right, Role, Scope
from kundresa.accounts.tokens import revoke_token, tokens_for
from kundresa.accounts.workspaces import change_workspace

router = Router()
TokenId = Annotated[Id, Path()]
Limit = Annotated[int, Query(ge=1, le=MOST_ROWS, description="How many at most.")]


class WorkspaceOut(BaseModel):
    id: int
    name: str
    slug: str = Field(description="Its name in addresses.")
    language: str
    time_zone: str


class Me(Answer):
    name: str
    email: str
    role: Role
    sees_customers: bool
    may_send: bool
    workspace: WorkspaceOut
    scopes: list[Scope] = Field(description="What the token was made for.")


class WorkspaceAnswer(Answer):
    workspace: WorkspaceOut


class WorkspaceChange(Told):
    name: Name | None = None
    language: Literal["", "en", "sv", "nb", "da"] | None = Field(
        None, description="Of mail to members who chose none; empty is that of the installation."
    )
    time_zone: str | None = Field(
        None, max_length=60, description="A name such as Europe/Stockholm; empty as above."
    )

    @field_validator("time_zone")
    @classmethod
    def _is_known(cls, told: str | None) -> str | None:
        if told and told not in available_timezones():
            raise ValueError("There is no time zone of that name")
        return told


class DepartmentOut(BaseModel):
    id: int
    name: str


class MemberOut(BaseModel):
    id: int
    name: str
    email: str
    role: Role
    sees_customers: bool
    may_send: bool
    department: DepartmentOut | None
    joined_at: datetime


class MembersAnswer(Answer):
    members: list[MemberOut]


class TokenOut(BaseModel):
    id: int
    name: str
    start: str = Field(description="How the secret begins; the rest is not kept.")
    member: str
    scopes: list[str]
    made_at: datetime
    expires_at: datetime | None
    used_at: datetime | None


class TokensAnswer(Answer):
    tokens: list[TokenOut]


class AuditLineOut(BaseModel):
    id: int
    at: datetime
    actor: str
    actor_name: str
    action: str
    subject: str
    details: dict[str, Any] | None


class AuditAnswer(Answer):
    lines: list[AuditLineOut]
    before: int | None = Field(description="Ask on with this; null where nothing is older.")


def here(request: HttpRequest) -> tuple[Access, Workspace]:
    """Give what the token opens, and where."""
    access = access_in(request)
    if access.workspace is None:
        raise NoTokenError("This needs an API token.")
    return access, access.workspace


@router.get("me", auth=Bearer(), response=Me, operation_id="me", summary="Whose token it is")
def me(request: HttpRequest) -> Any:
    """Give the member, the workspace and the scopes behind the token."""
    access, workspace = here(request)
    return {
        "name": access.member.name if access.member else "",
        "email": access.member.email if access.member else "",
        "role": access.role,
        "sees_customers": access.sees_customers,
        "may_send": access.may_send,
        "workspace": _workspace(workspace),
        "scopes": sorted(request.auth.scopes),  # type: ignore[attr-defined]
    }


@router.get(
    "workspace",
    auth=Bearer(),
    response=WorkspaceAnswer,
    operation_id="read_workspace",
    summary="The workspace",
)
def read_workspace(request: HttpRequest) -> Any:
    """Give the workspace of the token."""
    return {"workspace": _workspace(here(request)[1])}


@router.patch(
    "workspace",
    auth=Bearer(Scope.MEMBERS_WRITE, Need.OWN),
    response=WorkspaceAnswer,
    operation_id="change_workspace",
    summary="Change the workspace",
)
def patch_workspace(request: HttpRequest, told: WorkspaceChange) -> Any:
    """Change what the workspace is called and speaks; what isn't told, and its address, stays."""
    access, workspace = here(request)
    before = {name: getattr(workspace, name) for name in ("name", "language", "time_zone")}
    change_workspace(workspace, **(before | told.model_dump(exclude_none=True)), actor=access.actor)
    workspace.refresh_from_db()
    return {"workspace": _workspace(workspace)}


@router.get(
    "members",
    auth=Bearer(Scope.MEMBERS_READ),
    response=MembersAnswer,
    operation_id="list_members",
    summary="The members",
)
def list_members(request: HttpRequest) -> Any:
    """Give who is in the workspace and as what, by name."""
    return {"members": [member_out(one) for one in members_of(here(request)[1])]}


@router.get(
    "tokens",
    auth=Bearer(Scope.MEMBERS_READ),
    response=TokensAnswer,
    operation_id="list_tokens",
    summary="The tokens",
)
def list_tokens(request: HttpRequest) -> Any:
    """Give the tokens that were not revoked: to an owner all, to others their own."""
    return {"tokens": [_token(one) for one in tokens_for(here(request)[0])]}


@router.delete(
    "tokens/{token_id}",
    auth=Bearer(Scope.MEMBERS_WRITE, Need.COMMENT),
    response=Done,
    operation_id="revoke_token",
    summary="Revoke a token",
)
def delete_token(request: HttpRequest, token_id: TokenId) -> Any:
    """Let a token open nothing any more; this one may revoke itself."""
    revoke_token(here(request)[0], token_id)
    return {}


@router.get(
    "audit",
    auth=Bearer(Scope.AUDIT_READ, Need.OWN),
    response=AuditAnswer,
    operation_id="read_audit",
    summary="The audit trail",
)
def read_audit(
    request: HttpRequest,
    before: Annotated[Id | None, Query(description="Give what is older than this line.")] = None,
    limit: Limit = 50,
) -> Any:
    """Give what was done in the workspace, newest first."""
    found = audit_before(here(request)[1].pk, before, limit + 1)
    lines, more = found[:limit], found[limit:]
    names = actor_names(line.actor for line in lines)
    told = [
        {
            "id": line.pk,
            "at": line.at,
            "actor": line.actor,
            "actor_name": names[line.actor],
            "action": line.action,
            "subject": line.subject,
            "details": line.details,
        }
        for line in lines
    ]
    return {"lines": told, "before": lines[-1].pk if more else None}


def member_out(one: Membership) -> dict[str, Any]:
    """Give a membership as the API shows it; owners have both rights."""
    owns = one.role == Role.OWNER
    rights = frozenset(Right) if owns else frozenset()
    return {
        "id": one.pk,
        "name": one.member.name,
        "email": one.member.email,
        "role": one.role,
        "sees_customers": one.sees_customers or Right.SEE_CUSTOMERS in rights,
        "may_send": one.may_send or Right.SEND in rights,
        "department": one.department and {"id": one.department.pk, "name": one.department.name},
        "joined_at": one.joined_at,
    }


def _workspace(one: Workspace) -> dict[str, Any]:
    names = ("id", "name", "slug", "language", "time_zone")
    return {name: getattr(one, name) for name in names}


def _token(one: ApiToken) -> dict[str, Any]:
    names = ("id", "name", "start", "scopes", "made_at", "expires_at", "used_at")
    return {name: getattr(one, name) for name in names} | {"member": one.member.name}
