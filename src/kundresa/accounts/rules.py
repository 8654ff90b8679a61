"""Who may do what; no input or output."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeVar

View = TypeVar("View", bound=Callable[..., Any])

FORWARDED: Final = (
    "Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto",
    "X-Forwarded-Server", "X-Real-IP",
)  # fmt: skip
"""What a server in front of us adds; with one, the address at the other end says nothing."""
DEMO_OWNER: Final = "demo@localhost"
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class Role(StrEnum):
    """What somebody is in a workspace; a guest has come by a link and has no account."""

    OWNER = "owner"
    EDITOR = "editor"
    COMMENTER = "commenter"
    VIEWER = "viewer"
    GUEST = "guest"


MEMBER_ROLES: Final = (Role.OWNER, Role.EDITOR, Role.COMMENTER, Role.VIEWER)


class Right(StrEnum):
    """What a member may beside the role."""

    SEE_CUSTOMERS = "see_customers"
    SEND = "send"


class Need(StrEnum):
    """What a view asks of whoever calls it.

    ``PUBLIC`` and ``MEMBER`` are outside of any workspace; the others ask for a role in the one
    that the address names. ``SHARED`` lets in a guest whose link names what the address names.
    """

    PUBLIC = "public"
    MEMBER = "member"
    SHARED = "shared"
    LOOK = "look"
    COMMENT = "comment"
    EDIT = "edit"
    OWN = "own"
    TOKEN = "token"  # noqa: S105


class Scope(StrEnum):
    """What a program may do with a token, of what its member may."""

    MAPS_READ = "maps:read"
    MAPS_WRITE = "maps:write"
    QUERY = "query"
    EVENTS_READ = "events:read"
    EVENTS_WRITE = "events:write"
    MEMBERS_READ = "members:read"
    MEMBERS_WRITE = "members:write"
    AUDIT_READ = "audit:read"


ROLES_OF: Final = {
    Need.SHARED: frozenset(Role),
    Need.LOOK: frozenset(MEMBER_ROLES),
    Need.COMMENT: frozenset({Role.OWNER, Role.EDITOR, Role.COMMENTER}),
    Need.EDIT: frozenset({Role.OWNER, Role.EDITOR}),
    Need.OWN: frozenset({Role.OWNER}),
}


NEED_OF: Final = {
    Scope.MAPS_READ: Need.LOOK,
    Scope.MAPS_WRITE: Need.EDIT,
    Scope.QUERY: Need.LOOK,
    Scope.EVENTS_READ: Need.LOOK,
    Scope.EVENTS_WRITE: Need.EDIT,
    Scope.MEMBERS_READ: Need.LOOK,
    Scope.MEMBERS_WRITE: Need.OWN,
    Scope.AUDIT_READ: Need.OWN,
}
"""What a member has to be for a scope to open anything."""


def scopes_for(role: Role) -> list[Scope]:
    """Give the scopes that open something to a member with that role."""
    return [scope for scope, need in NEED_OF.items() if role in ROLES_OF[need]]


@dataclass(frozen=True)
class Asked:
    """What one view asks: to read, to change, and the rights that either takes."""

    look: Need
    change: Need
    rights: frozenset[Right] = frozenset()
    shared: tuple[str, str] | None = None
    """Kind of the thing that a guest's link may name, and the word of the address that names it."""

    def need(self, method: str) -> Need:
        """Give what a request of that method needs."""
        return self.look if method in SAFE_METHODS else self.change

    def is_met_by(self, role: Role | None, rights: frozenset[Right], method: str) -> bool:
        """Tell whether role and rights are enough for a request of that method."""
        return role in ROLES_OF[self.need(method)] and self.rights <= rights


def asks(
    look: Need,
    *,
    change: Need | None = None,
    rights: Sequence[Right] = (),
    shared: tuple[str, str] | None = None,
) -> Callable[[View], View]:
    """Say what a view asks of whoever calls it; one that says nothing answers nobody.

    Parameters
    ----------
    look, change
        Needed to read, and to change something; the same unless told.
    rights
        Needed beside the role, whatever the method.
    shared
        With ``Need.SHARED``: the kind of thing and the word of the address that names it.
    """
    asked = Asked(look, change or look, frozenset(rights), shared)

    def mark(view: View) -> View:
        view.asked = asked  # type: ignore[attr-defined]
        return view

    return mark


def rights_by_default(role: Role) -> frozenset[Right]:
    """Give the rights of a new member; owners always have both."""
    if role is Role.OWNER:
        return frozenset(Right)
    return frozenset({Right.SEE_CUSTOMERS}) if role is Role.EDITOR else frozenset()


@dataclass(frozen=True)
class Place:
    """What somebody is, or is to be, in a workspace; owners have both rights."""

    role: Role
    sees_customers: bool = False
    may_send: bool = False
    department_id: int | None = None

    @property
    def rights(self) -> set[Right]:
        """The rights beside the role."""
        told = ((Right.SEE_CUSTOMERS, self.sees_customers), (Right.SEND, self.may_send))
        return {right for right, is_given in told if is_given or self.role is Role.OWNER}

    def columns(self) -> dict[str, Any]:
        """Give the same as columns of a row, and as plain data for the audit trail."""
        return {
            "role": self.role.value,
            "sees_customers": Right.SEE_CUSTOMERS in self.rights,
            "may_send": Right.SEND in self.rights,
            "department_id": self.department_id,
        }


def place_from(columns: Mapping[str, Any]) -> Place:
    """Give the place that these columns tell."""
    return Place(**{**columns, "role": Role(columns["role"])})


def is_last_owner(member_id: int, owner_ids: Iterable[int]) -> bool:
    """Tell whether nobody but this member owns a workspace."""
    return set(owner_ids) == {member_id}


def is_from_this_machine(address: str, headers: Container[str]) -> bool:
    """Tell whether a request comes from this machine itself, and not through another server."""
    try:
        is_loopback = ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
    return is_loopback and not any(name in headers for name in FORWARDED)
