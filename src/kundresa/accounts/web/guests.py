"""Links for guests: made and revoked by editors, opened by whoever has one."""

from __future__ import annotations

from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kundresa.accounts import guests
from kundresa.accounts.access import GUEST_SESSION, access_in, access_of_member, guest_of
from kundresa.accounts.guests import GuestSubject, guest_subjects
from kundresa.accounts.models import GuestLink
from kundresa.accounts.rules import Need, asks
from kundresa.accounts.web.answers import (
    ShownLink,
    actor_in,
    done,
    member_in,
    undo_asked,
    whole_address,
    workspace_in,
)
from kundresa.accounts.web.people_forms import GuestForm, GuestLinkForm
from kundresa.accounts.web.sections import with_sections
from kundresa.core.errors import NotFoundError

PAGE: Final = "accounts:guests"
UNDO: Final = "accounts:guest-undo"


@require_safe
@asks(Need.EDIT)
def links(request: HttpRequest, workspace: str) -> HttpResponse:  # noqa: ARG001
    """Show the links, what each leads to, and how often it was used."""
    here = workspace_in(request)
    context = {
        "links": guests.links_of(here, get_language() or "en"),
        "undo": undo_asked(request, UNDO),
        "slug": here.slug,
    }
    return render(request, "accounts/guests.html", with_sections(request, **context))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@asks(Need.EDIT)
def new(request: HttpRequest, workspace: str) -> HttpResponse:  # noqa: ARG001
    """Ask what a new link shows, make it, and show it once."""
    here = workspace_in(request)
    subjects = guest_subjects.of(here, get_language() or "en")
    form = GuestLinkForm(
        subjects, request.POST or None, initial={"subject": request.GET.get("subject", "")}
    )
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        _link, secret = guests.make_link(
            here, form.chosen_subject(), chosen["name"], may_comment=chosen["may_comment"],
            days=form.lasting(), maker=member_in(request),
        )  # fmt: skip
        return _show(request, form.chosen_subject(), secret)
    context = with_sections(request, form=form, has_subjects=bool(subjects))
    return render(request, "accounts/guest_new.html", context, status=400 if form.errors else 200)


def _show(request: HttpRequest, subject: GuestSubject, secret: str) -> HttpResponse:
    address = whole_address(request, reverse("accounts:guest", args=[secret]))
    context = {
        "title": _("Pass the link on"),
        "lead": _("It is shown this once. Whoever has it sees this one map, without an account."),
        "links": [ShownLink(subject.title, address)],
        "back": reverse(PAGE, args=[workspace_in(request).slug]),
    }
    return render(request, "accounts/links.html", with_sections(request, **context))


@require_POST
@asks(Need.EDIT)
def revoke(request: HttpRequest, workspace: str, link: int) -> HttpResponse:  # noqa: ARG001
    """Let a link no longer let in."""
    try:
        line = guests.revoke_link(workspace_in(request), link, actor=actor_in(request))
    except NotFoundError as error:
        raise Http404 from error
    text = _("The link “%(name)s” no longer lets in.") % {"name": line.subject}
    return done(request, PAGE, text, line, UNDO)


@require_POST
@asks(Need.EDIT)
def undo(request: HttpRequest, workspace: str, line: int) -> HttpResponse:  # noqa: ARG001
    """Let a revoked link let in again."""
    try:
        link = guests.undo_revoking(workspace_in(request), line, actor=actor_in(request))
    except NotFoundError as error:
        raise Http404 from error
    return done(request, PAGE, _("The link “%(name)s” lets in again.") % {"name": link.name})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@asks(Need.PUBLIC)
def enter(request: HttpRequest, secret: str) -> HttpResponse:
    """Ask a guest's name and lead them in; only who sends it counts, and no link preview does."""
    link = guests.link_by(secret)
    subject = _subject_of(link)
    if link is None or subject is None:
        return _gone(request)
    if _may_enter_already(request, link):
        return redirect(subject.address)
    form = GuestForm(request.POST or None, label_suffix="")
    if request.method == "POST" and form.is_valid():
        guest = guests.enter(link, form.cleaned_data["name"])
        # A key that somebody else may have put into this browser would know the guest, too.
        request.session.cycle_key()
        request.session[GUEST_SESSION] = guest.pk
        return redirect(subject.address)
    context = {"form": form, "subject": subject, "link": link}
    return render(request, "accounts/guest.html", context, status=400 if form.errors else 200)


def _subject_of(link: GuestLink | None) -> GuestSubject | None:
    if link is None or not link.is_open:
        return None
    return guest_subjects.one(link.workspace, link.kind, link.subject, get_language() or "en")


def _may_enter_already(request: HttpRequest, link: GuestLink) -> bool:
    """Tell whether this browser came by the link before, or a member's of the workspace."""
    member = access_in(request).member
    if member is not None and access_of_member(member, link.workspace.slug) is not None:
        return True
    guest = guest_of(request)
    return guest is not None and guest.link_id == link.pk


def _gone(request: HttpRequest) -> HttpResponse:
    context = {
        "title": _("This link no longer lets in"),
        "text": _(
            "It has run out, was taken back, or was cut off on its way. Ask whoever sent it for a new one."
        ),
        "is_signed_in": True,
    }
    return render(request, "accounts/link_gone.html", context, status=410)
