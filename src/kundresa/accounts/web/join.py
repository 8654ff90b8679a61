"""The page behind an invitation's link: who invited to what, and the one step that joins.

The secret stands in the address of this page alone. Who has to log in first is led back by
what the session keeps, which is the hash.
"""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from kundresa.accounts.access import access_in
from kundresa.accounts.invitations import Gone, accept, accept_as_new, invitation_by
from kundresa.accounts.models import Invitation, Member, Membership
from kundresa.accounts.queries import hash_of
from kundresa.accounts.rules import Need, asks
from kundresa.accounts.web.entering import enter
from kundresa.accounts.web.people_forms import NewMemberForm

SESSION: Final = "kundresa_join"


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@asks(Need.PUBLIC)
def join(request: HttpRequest, secret: str = "") -> HttpResponse:
    """Let whoever has the link join: as who they are signed in, or as somebody new."""
    secret_hash = hash_of(secret) if secret else str(request.session.get(SESSION, ""))
    invitation, gone = invitation_by(secret_hash)
    member = access_in(request).member
    if invitation is not None and member is not None and _is_in(invitation, member):
        return redirect("maps:index", invitation.workspace.slug)
    if invitation is None or gone is not None:
        return _gone(request, gone or Gone.UNKNOWN, invitation)
    if member is not None:
        return _join_as(request, invitation, member)
    if Member.objects.filter(email=invitation.email).exists():
        request.session[SESSION] = secret_hash
        return render(request, "accounts/join_log_in.html", {"invitation": invitation})
    return _join_anew(request, invitation)


def _join_as(request: HttpRequest, invitation: Invitation, member: Member) -> HttpResponse:
    if request.method == "POST":
        if accept(invitation, member):
            request.session.pop(SESSION, None)
            return redirect("maps:index", invitation.workspace.slug)
        return _gone(request, Gone.USED, invitation)
    return render(request, "accounts/join_as.html", {"invitation": invitation, "member": member})


def _join_anew(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    form = NewMemberForm(invitation.email, request.POST or None)
    if request.method == "POST" and form.is_valid():
        member = accept_as_new(
            invitation, language=get_language() or invitation.language, **form.cleaned_data
        )
        if member is None:
            # Somebody was quicker, perhaps the same person twice: the page says how it stands.
            return redirect(request.path)
        enter(request, member)
        return redirect("maps:index", invitation.workspace.slug)
    context = {"invitation": invitation, "form": form}
    return render(request, "accounts/join.html", context, status=400 if form.errors else 200)


def _gone(request: HttpRequest, gone: Gone, invitation: Invitation | None) -> HttpResponse:
    """Say why the link no longer lets in, and what to do."""
    title, text = _gone_in_words(gone, _whom_to_ask(invitation))
    context = {"title": title, "text": text, "is_signed_in": access_in(request).is_signed_in}
    status = 404 if gone is Gone.UNKNOWN else 410
    return render(request, "accounts/link_gone.html", context, status=status)


def _gone_in_words(gone: Gone, whom: str) -> tuple[str, str]:
    told = {"name": whom}
    if gone is Gone.USED:
        text = _(
            "Each invitation lets one person in. If that was you, log in; else ask %(name)s for one of your own."
        )
        return _("The invitation has been used"), text % told
    if gone is Gone.EXPIRED:
        text = _("Invitations hold for a week. Ask %(name)s to send a new one: it takes a moment.")
        return _("The invitation has run out"), text % told
    if gone is Gone.REVOKED:
        text = _("It was taken back. If you think that is a mistake, ask %(name)s.")
        return _("The invitation no longer holds"), text % told
    text = _(
        "Perhaps the address was cut off on its way, or a newer link was made since. Open the newest one, or ask %(name)s for another."
    )
    return _("This link leads to no invitation"), text % told


def _whom_to_ask(invitation: Invitation | None) -> str:
    inviter = invitation.invited_by if invitation is not None else None
    return inviter.name if inviter is not None else _("whoever invited you")


def _is_in(invitation: Invitation, member: Member) -> bool:
    return Membership.objects.filter(workspace=invitation.workspace, member=member).exists()
