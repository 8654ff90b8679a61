"""The notices of a member: read one and go where it leads, or mark all as read."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from kundresa.accounts.access import access_in
from kundresa.accounts.models import Member
from kundresa.accounts.notices import (
    mark_all_read,
    mark_read,
    mark_unread,
    notices_of,
    unread_count,
)
from kundresa.accounts.rules import Need, asks
from kundresa.accounts.web.notice_words import in_words
from kundresa.accounts.web.sections import with_sections

_ON_A_PAGE: Final = 50


@require_safe
@asks(Need.MEMBER)
def notices(request: HttpRequest) -> HttpResponse:
    """Show what the member should know, newest first."""
    member = _member(request)
    page = Paginator(notices_of(member), _ON_A_PAGE).get_page(request.GET.get("page"))
    context = with_sections(
        request,
        notices=[(one, in_words(one)) for one in page],
        page=page,
        unread=unread_count(member),
        read_at=request.GET.get("read", "") if _moment(request.GET.get("read")) else "",
    )
    return render(request, "accounts/notices.html", context)


@require_POST
@asks(Need.MEMBER)
def open_notice(request: HttpRequest, notice_id: int) -> HttpResponse:
    """Mark one as read and lead to what it is about.

    By a form and not by a link: what fetches links ahead must not mark anything.
    """
    found = mark_read(_member(request), notice_id)
    if found is None:
        raise Http404
    return redirect(found.address or "accounts:notices")


@require_POST
@asks(Need.MEMBER)
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark all as read; the page offers to take it back."""
    moment = mark_all_read(_member(request))
    query = f"?{urlencode({'read': moment.isoformat()})}" if moment else ""
    return redirect(reverse("accounts:notices") + query)


@require_POST
@asks(Need.MEMBER)
def unread_again(request: HttpRequest) -> HttpResponse:
    """Take back that all were marked as read."""
    moment = _moment(request.POST.get("read"))
    if moment is not None:
        mark_unread(_member(request), moment)
    return redirect("accounts:notices")


def _moment(written: str | None) -> datetime | None:
    try:
        found = parse_datetime(written or "")
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def _member(request: HttpRequest) -> Member:
    member = access_in(request).member
    if member is None:  # the door lets nobody else in
        raise Http404
    return member
