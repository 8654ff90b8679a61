"""The list of a workspace's members, and what its owners change there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kundresa.accounts import memberships
from kundresa.accounts.access import access_in
from kundresa.accounts.departments import departments_of
from kundresa.accounts.errors import LastOwnerError
from kundresa.accounts.invitations import open_invitations
from kundresa.accounts.mailing import mail_is_set_up
from kundresa.accounts.models import Membership, Workspace
from kundresa.accounts.rules import MEMBER_ROLES, Need, Place, Right, Role, asks, rights_by_default
from kundresa.accounts.signin_links import RESET_HOURS, reset_link_for
from kundresa.accounts.web.answers import (
    ShownLink,
    actor_in,
    done,
    is_fragment,
    member_in,
    refused,
    tell,
    undo_asked,
    whole_address,
    workspace_in,
)
from kundresa.accounts.web.people_forms import PlaceForm
from kundresa.accounts.web.sections import with_sections
from kundresa.core.errors import NotFoundError

PAGE: Final = "accounts:members"
UNDO: Final = "accounts:members-undo"


@dataclass(frozen=True)
class MemberRow:
    """A line of the list."""

    membership: Membership
    is_you: bool
    fault: str = ""
    may_get_link: bool = False

    @property
    def is_owner(self) -> bool:
        """Whether both rights come with the role."""
        return self.membership.role == Role.OWNER.value

    @property
    def seen_at(self) -> datetime | None:
        """When the member last looked at something here."""
        return self.membership.seen_at


@require_safe
@asks(Need.LOOK)
def members(request: HttpRequest, workspace: str) -> HttpResponse:  # noqa: ARG001
    """Show who is here, and to owners who is invited."""
    access, here = access_in(request), workspace_in(request)
    rows = [_row(request, one) for one in memberships.members_of(here)]
    context = {
        "rows": rows,
        "invitations": open_invitations(here) if access.may_own else [],
        "undo": undo_asked(request, UNDO) if access.may_own else "",
        **_shown_to(request, here),
    }
    return render(request, "accounts/members.html", with_sections(request, **context))


@require_POST
@asks(Need.OWN)
def change(request: HttpRequest, workspace: str, membership: int) -> HttpResponse:  # noqa: ARG001
    """Give a member another role, rights or department."""
    here = workspace_in(request)
    found = _membership(here, membership)
    form = PlaceForm(here, request.POST)
    if not form.is_valid():
        return _unchanged(request, found, _("Choose again: that is no longer there to choose."))
    place = _with_usual_rights(found, form.place())
    try:
        line = memberships.change_membership(here, membership, place, actor=actor_in(request))
    except LastOwnerError:
        return _unchanged(request, found, last_owner_in_words())
    except NotFoundError as error:
        raise Http404 from error
    text = _("%(name)s is changed.") % {"name": found.member.name}
    if not is_fragment(request):
        return done(request, PAGE, text, line, UNDO)
    return _changed_row(request, membership, text, line.pk if line else None)


def _changed_row(
    request: HttpRequest, membership: int, text: str, line: int | None
) -> HttpResponse:
    here = workspace_in(request)
    row = _row(request, _membership(here, membership))
    if row.is_you and not row.is_owner:
        # Who has just given the ownership away sees the page as it is for the others.
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    answer = render(request, "accounts/_member.html", {"row": row, **_shown_to(request, here)})
    if line is None:
        return answer
    return tell(answer, text, undo_address(here, line))


def _with_usual_rights(before: Membership, place: Place) -> Place:
    """Give who was an owner the usual rights of the new role: an owner's can't be chosen."""
    if before.role != Role.OWNER.value or place.role is Role.OWNER:
        return place
    usual = rights_by_default(place.role)
    sees, sends = Right.SEE_CUSTOMERS in usual, Right.SEND in usual
    return Place(place.role, sees, sends, place.department_id)


@require_POST
@asks(Need.OWN)
def remove(request: HttpRequest, workspace: str, membership: int) -> HttpResponse:  # noqa: ARG001
    """Take a member out of the workspace."""
    here = workspace_in(request)
    found = _membership(here, membership)
    try:
        line = memberships.remove_member(here, membership, actor=actor_in(request))
    except LastOwnerError:
        return refused(request, PAGE, last_owner_in_words())
    except NotFoundError as error:
        raise Http404 from error
    text = _("%(name)s is no longer in the workspace.") % {"name": found.member.name}
    return done(request, PAGE, text, line, UNDO)


@require_POST
@asks(Need.OWN)
def undo(request: HttpRequest, workspace: str, line: int) -> HttpResponse:  # noqa: ARG001
    """Put a member back to where they were."""
    try:
        member = memberships.undo_change(workspace_in(request), line, actor=actor_in(request))
    except LastOwnerError:
        return refused(request, PAGE, last_owner_in_words())
    except NotFoundError as error:
        raise Http404 from error
    return done(request, PAGE, _("%(name)s is as before.") % {"name": member.name})


@require_POST
@asks(Need.LOOK)
def leave(request: HttpRequest, workspace: str) -> HttpResponse:
    """Leave the workspace."""
    membership = access_in(request).membership
    if membership is None:
        raise Http404
    try:
        memberships.remove_member(workspace_in(request), membership.pk, actor=actor_in(request))
    except LastOwnerError:
        return refused(request, PAGE, last_owner_in_words())
    return redirect("accounts:left", workspace)


@require_http_methods(["GET", "HEAD", "POST"])
@asks(Need.MEMBER)
def left(request: HttpRequest, slug: str) -> HttpResponse:
    """Say that somebody has left, and let them come back while they may."""
    here, member = get_object_or_404(Workspace, slug=slug), member_in(request)
    if request.method == "POST" and memberships.come_back(here, member):
        return redirect("maps:index", slug)
    if memberships.last_leaving(here, member) is None:
        raise Http404
    return render(request, "accounts/left.html", {"left": here})


@never_cache
@require_POST
@asks(Need.OWN)
def sign_in_link(request: HttpRequest, workspace: str, membership: int) -> HttpResponse:  # noqa: ARG001
    """Make a link with which a member chooses a new password, and show it once."""
    here = workspace_in(request)
    found = _membership(here, membership)
    told = {"name": found.member.name, "hours": RESET_HOURS}
    if not _row(request, found).may_get_link:
        text = _(
            "%(name)s is in other workspaces, too, so only %(name)s can ask for a new password."
        )
        return refused(request, PAGE, text % told)
    memberships.note_sign_in_link(found, actor=actor_in(request))
    link = ShownLink(found.member.name, whole_address(request, reset_link_for(found.member)))
    lead = _(
        "With it %(name)s chooses a new password and gets in. It is shown this once, works once, and holds for %(hours)s hours."
    )
    context = {
        "title": _("Pass the link on"),
        "lead": lead % told,
        "links": [link],
        "back": reverse(PAGE, args=[here.slug]),
    }
    return render(request, "accounts/links.html", with_sections(request, **context))


def last_owner_in_words() -> str:
    """Say why the last owner stays."""
    return _("Nobody else owns the workspace. Make somebody else an owner first.")


def undo_address(here: Workspace, line: int) -> str:
    """Give the address that undoes a change of a member."""
    return reverse(UNDO, args=[here.slug, line])


def _membership(here: Workspace, number: int) -> Membership:
    try:
        return memberships.membership_in(here, number)
    except NotFoundError as error:
        raise Http404 from error


def _unchanged(request: HttpRequest, found: Membership, fault: str) -> HttpResponse:
    """Show the row as it was, with what was wrong."""
    if not is_fragment(request):
        return refused(request, PAGE, fault)
    row = replace(_row(request, found), fault=fault)
    context = {"row": row, **_shown_to(request, workspace_in(request))}
    return render(request, "accounts/_member.html", context, status=400)


def _row(request: HttpRequest, found: Membership) -> MemberRow:
    is_you = found.member == access_in(request).member
    return MemberRow(found, is_you, may_get_link=not is_you and _is_in_reach(request, found))


def _is_in_reach(request: HttpRequest, found: Membership) -> bool:
    """Tell whether the owner who looks owns every workspace that a member is in."""
    if not access_in(request).may_own:
        return False
    known: set[int] | None = getattr(request, "beyond_reach", None)
    if known is None:
        known = memberships.beyond_reach_of(member_in(request))
        request.beyond_reach = known  # type: ignore[attr-defined]
    return found.member_id not in known


def _shown_to(request: HttpRequest, here: Workspace) -> dict[str, Any]:
    """Give what the rows of the list are drawn with; viewers see no addresses."""
    access = access_in(request)
    return {
        "shows_email": access.role is not Role.VIEWER,
        "roles": [role.value for role in MEMBER_ROLES],
        "departments": departments_of(here),
        "mails": mail_is_set_up(),
        "slug": here.slug,
    }
