"""What a change on a page of people is answered with: a note with its undoing, and a list anew.

With script the note stands in the corner and the list on the page asks for itself again. Without,
the page comes back whole, says the same above the list, and has the button that undoes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from kundresa.accounts.access import Access, access_in
from kundresa.accounts.models import AuditLine, Member, Workspace

CHANGED: Final = "people-changed"


@dataclass(frozen=True)
class ShownLink:
    """A link that is shown this once, and for whom it is."""

    label: str
    address: str


def is_fragment(request: HttpRequest) -> bool:
    """Tell whether a script asks for a part of the page."""
    return "HX-Request" in request.headers


def done(
    request: HttpRequest, page: str, text: str, line: AuditLine | None = None, undo: str = ""
) -> HttpResponse:
    """Say what was done and lead back to the page; ``undo`` names the view that undoes a line."""
    workspace = workspace_in(request)
    address = reverse(page, args=[workspace.slug])
    if is_fragment(request):
        back = reverse(undo, args=[workspace.slug, line.pk]) if line is not None else ""
        return tell(HttpResponse(status=204), text, back, **{CHANGED: ""})
    messages.success(request, text)
    return redirect(f"{address}?line={line.pk}" if line is not None else address)


def refused(request: HttpRequest, page: str, text: str) -> HttpResponse:
    """Say why nothing was done."""
    if is_fragment(request):
        return tell(HttpResponse(status=204), text)
    messages.error(request, text)
    return redirect(page, workspace_in(request).slug)


def tell(answer: HttpResponse, text: str, undo: str = "", **events: Any) -> HttpResponse:
    """Let the page show a note, with the address that undoes what it tells."""
    answer.headers["HX-Trigger"] = json.dumps({"tell": {"text": text, "undo": undo}, **events})
    return answer


def undo_asked(request: HttpRequest, view: str) -> str:
    """Give the address that undoes what was just done without script."""
    told = request.GET.get("line", "")
    is_line = told.isdecimal() and len(told) < 19
    return reverse(view, args=[workspace_in(request).slug, int(told)]) if is_line else ""


def workspace_in(request: HttpRequest) -> Workspace:
    """Give the workspace that the door let somebody into."""
    found = access_in(request).workspace
    if found is None:
        raise Http404
    return found


def member_in(request: HttpRequest) -> Member:
    """Give the member who asks."""
    found = access_in(request).member
    if found is None:
        raise PermissionDenied
    return found


def whole_address(request: HttpRequest, path: str) -> str:
    """Give the address of a link as somebody elsewhere opens it."""
    return request.build_absolute_uri(path)


def actor_in(request: HttpRequest) -> str:
    """Name whoever asks, for the audit trail."""
    access: Access = access_in(request)
    return access.actor
