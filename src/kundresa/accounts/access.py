"""Who asks, and what they are in the workspace that an address names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from io import BytesIO
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import get_user
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest
from django.http.request import split_domain_port

from kundresa.accounts.models import Guest, Member, Membership, Workspace
from kundresa.accounts.rules import (
    DEMO_OWNER,
    ROLES_OF,
    Asked,
    Need,
    Right,
    Role,
    is_from_this_machine,
)
from kundresa.core.settings import LOOPBACK
from kundresa.core.settings import settings as told

GUEST_SESSION: Final = "kundresa_guest"
THIS_MACHINE: Final = "this machine"


@dataclass(frozen=True)
class Access:
    """Whoever makes a request: nobody, a member, or a guest; and what they may here."""

    member: Member | None = None
    guest: Guest | None = None
    workspace: Workspace | None = None
    role: Role | None = None
    rights: frozenset[Right] = frozenset()
    membership: Membership | None = None

    @property
    def is_signed_in(self) -> bool:
        """Whether anybody is known: a member or a guest."""
        return self.member is not None or self.guest is not None

    @property
    def may_look(self) -> bool:
        """Whether the whole workspace may be looked at."""
        return self.role in ROLES_OF[Need.LOOK]

    @property
    def may_comment(self) -> bool:
        """Whether comments may be written."""
        if self.guest is not None:
            return self.guest.link.may_comment
        return self.role in ROLES_OF[Need.COMMENT]

    @property
    def may_edit(self) -> bool:
        """Whether maps, data and the library may be changed."""
        return self.role in ROLES_OF[Need.EDIT]

    @property
    def may_own(self) -> bool:
        """Whether members and the workspace itself may be changed."""
        return self.role in ROLES_OF[Need.OWN]

    @property
    def sees_customers(self) -> bool:
        """Whether traces, profiles and exports may be seen."""
        return Right.SEE_CUSTOMERS in self.rights

    @property
    def may_send(self) -> bool:
        """Whether messages may be sent to customers."""
        return Right.SEND in self.rights

    @property
    def actor(self) -> str:
        """The name for the audit trail; it is resolved to a member's name when shown."""
        if self.member is not None:
            return f"member:{self.member.pk}"
        return f"guest:{self.guest.pk}" if self.guest is not None else "stranger"

    def meets(self, asked: Asked, method: str) -> bool:
        """Tell whether role and rights are enough for what a view asks."""
        return asked.is_met_by(self.role, self.rights, method)


def access_of(request: HttpRequest, slug: str | None, shared: tuple[str, str] | None) -> Access:
    """Find out who asks, and what they are in the workspace of that address.

    ``shared`` is the kind and the name of what the address shows, where guests are let in.
    A workspace that is not theirs looks the same as one that isn't there: ``role`` is None.
    """
    member = request.user if isinstance(request.user, Member) else None
    if slug is None:
        return Access(member=member)
    if member is not None and (access := access_of_member(member, slug)) is not None:
        return access
    guest = guest_of(request)
    if guest is not None and _leads_to(guest, slug, shared):
        return Access(guest=guest, workspace=guest.link.workspace, role=Role.GUEST)
    return Access(member=member, guest=guest)


def access_of_member(member: Member, slug: str) -> Access | None:
    """Give what a member is in a workspace, or None where they are nothing."""
    found = (
        Membership.objects.select_related("workspace", "member")
        .filter(workspace__slug=slug, member=member, member__is_active=True)
        .first()
    )
    return None if found is None else access_by(found)


def access_by(membership: Membership) -> Access:
    """Give what a membership lets do."""
    role = Role(membership.role)
    rights = frozenset(Right) if role is Role.OWNER else _rights(membership)
    return Access(
        member=membership.member,
        workspace=membership.workspace,
        role=role,
        rights=rights,
        membership=membership,
    )


def who_asks(request: HttpRequest) -> Any:
    """Give the member whose session it is; in the demo, whoever sits at this machine is one.

    Without either, the framework's anonymous one.
    """
    found = get_user(request)
    if found.is_authenticated or not told().demo or not _is_here(request):
        return found
    demo = Member.objects.filter(email=DEMO_OWNER, is_active=True).first()
    return found if demo is None else demo


def _is_here(request: HttpRequest) -> bool:
    """Tell whether a reader sits at this machine and asked for it by its own name.

    No browser speaks HTTP/1.0, but a server in front of us may, and say nothing of whom it is for.
    """
    if getattr(request, "scope", {}).get("http_version") == "1.0":
        return False
    host = split_domain_port(request.META.get("HTTP_HOST", ""))[0].strip("[]")
    return host in LOOPBACK and is_from_this_machine(
        request.META.get("REMOTE_ADDR", ""), request.headers
    )


def access_of_scope(scope: Mapping[str, Any], slug: str) -> Access:
    """Give what whoever sends may in a workspace, before the framework has the request.

    A large body is taken in only from somebody who may send one.
    """
    request = ASGIRequest(dict(scope), BytesIO())
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    request.user = who_asks(request)
    return access_of(request, slug, None)


def guest_of(request: HttpRequest) -> Guest | None:
    """Give the guest that a browser came as, while the link holds."""
    number = request.session.get(GUEST_SESSION)
    if number is None:
        return None
    found = Guest.objects.select_related("link__workspace").filter(pk=number).first()
    return found if found is not None and found.link.is_open else None


def _rights(membership: Membership) -> frozenset[Right]:
    told = (
        (Right.SEE_CUSTOMERS, membership.sees_customers),
        (Right.SEND, membership.may_send),
    )
    return frozenset(right for right, is_given in told if is_given)


def _leads_to(guest: Guest, slug: str, shared: tuple[str, str] | None) -> bool:
    link = guest.link
    return link.workspace.slug == slug and (link.kind, link.subject) == shared


def may_change(request: HttpRequest) -> bool:
    """Tell whether whoever asks may change maps, data and the library."""
    return access_in(request).may_edit


def actor_of(request: HttpRequest) -> str:
    """Name whoever asks, for the audit trail."""
    return access_in(request).actor


def access_in(request: HttpRequest) -> Access:
    """Give what the door found out about a request."""
    found: Access = getattr(request, "access", Access())
    return found
