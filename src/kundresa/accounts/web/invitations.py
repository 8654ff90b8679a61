"""Inviting: whom, as what; again, by a new link, and no longer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from kundresa.accounts import invitations
from kundresa.accounts.invitations import DAYS, Invited
from kundresa.accounts.mailing import mail_is_set_up
from kundresa.accounts.rules import Need, Role, asks
from kundresa.accounts.web.answers import (
    ShownLink,
    actor_in,
    done,
    member_in,
    whole_address,
    workspace_in,
)
from kundresa.accounts.web.members import PAGE
from kundresa.accounts.web.people_forms import InviteForm
from kundresa.accounts.web.sections import with_sections
from kundresa.core.errors import NotFoundError

UNDO: Final = "accounts:invitation-undo"
_USUAL: Final = {"role": Role.EDITOR.value, "sees_customers": True}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@asks(Need.OWN)
def invite(request: HttpRequest, workspace: str) -> HttpResponse:  # noqa: ARG001
    """Ask whom to invite; mail the links, or show them once where mail is not set up."""
    here = workspace_in(request)
    usual = {**_USUAL, "language": here.language or get_language()}
    form = InviteForm(here, request.POST or None, initial=usual)
    if request.method == "POST" and form.is_valid():
        emails = form.cleaned_data["emails"]
        made = invitations.invite(
            here, emails, form.place(), language=form.cleaned_data["language"],
            inviter=member_in(request),
        )  # fmt: skip
        return _invited(request, made)
    context = with_sections(request, form=form, mails=mail_is_set_up(), days=DAYS)
    return render(request, "accounts/invite.html", context, status=400 if form.errors else 200)


def _invited(request: HttpRequest, made: Sequence[Invited]) -> HttpResponse:
    by_hand = [one for one in made if not one.is_mailed]
    if by_hand:
        return show_links(request, by_hand)
    count = len(made)
    text = ngettext(
        "%(count)s invitation is on its way.", "%(count)s invitations are on their way.", count
    )
    messages.success(request, text % {"count": count})
    return redirect(PAGE, workspace_in(request).slug)


@never_cache
@require_POST
@asks(Need.OWN)
def new_link(request: HttpRequest, workspace: str, invitation: int) -> HttpResponse:  # noqa: ARG001
    """Make a new link and show it once."""
    return show_links(request, [_renew(request, invitation, by_mail=False)])


@require_POST
@asks(Need.OWN)
def resend(request: HttpRequest, workspace: str, invitation: int) -> HttpResponse:  # noqa: ARG001
    """Mail a new link; where mail is not set up, show it."""
    made = _renew(request, invitation, by_mail=True)
    if not made.is_mailed:
        return show_links(request, [made])
    text = _("A new invitation is on its way to %(address)s.")
    return done(request, PAGE, text % {"address": made.invitation.email})


@require_POST
@asks(Need.OWN)
def revoke(request: HttpRequest, workspace: str, invitation: int) -> HttpResponse:  # noqa: ARG001
    """Let an invitation no longer let in."""
    try:
        line = invitations.revoke(workspace_in(request), invitation, actor=actor_in(request))
    except NotFoundError as error:
        raise Http404 from error
    text = _("The invitation of %(address)s is revoked.") % {"address": line.subject}
    return done(request, PAGE, text, line, UNDO)


@require_POST
@asks(Need.OWN)
def undo(request: HttpRequest, workspace: str, line: int) -> HttpResponse:  # noqa: ARG001
    """Let a revoked invitation let in again."""
    try:
        found = invitations.undo_revoking(workspace_in(request), line, actor=actor_in(request))
    except NotFoundError as error:
        raise Http404 from error
    text = _("The invitation of %(address)s holds again.") % {"address": found.email}
    return done(request, PAGE, text)


def show_links(request: HttpRequest, made: Sequence[Invited]) -> HttpResponse:
    """Show the links that nobody can see again, each for one address."""
    links = [ShownLink(one.invitation.email, whole_address(request, one.path)) for one in made]
    context = {
        "title": _("Pass the links on") if len(links) > 1 else _("Pass the link on"),
        "lead": _(
            "Each is shown this once, lets one person in, and holds for %(days)s days. Send it to whom it names."
        ) % {"days": DAYS},
        "links": links,
        "back": reverse(PAGE, args=[workspace_in(request).slug]),
    }  # fmt: skip
    return render(request, "accounts/links.html", with_sections(request, **context))


def _renew(request: HttpRequest, number: int, *, by_mail: bool) -> Invited:
    here, inviter = workspace_in(request), member_in(request)
    try:
        return invitations.renew(here, number, inviter=inviter, by_mail=by_mail)
    except NotFoundError as error:
        raise Http404 from error
