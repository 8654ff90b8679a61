"""The sections of the settings, of a workspace and of one's own; each is shown to whom it answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from django.http import HttpRequest
from django.urls import NoReverseMatch, resolve, reverse
from django.utils.translation import gettext_lazy as _

from kundresa.accounts.access import access_in
from kundresa.accounts.web.doors import asked_of
from kundresa.ui.contracts import Tab

OF_WORKSPACE: Final = (
    (_("Members"), "accounts:members"),
    (_("Guests"), "accounts:guests"),
    (_("Departments"), "accounts:departments"),
    (_("Workspace"), "accounts:workspace"),
    (_("Sources of data"), "events:sources"),
    (_("Imports"), "events:imports"),
    (_("API tokens"), "accounts:tokens"),
    (_("Audit trail"), "accounts:audit"),
)
OF_ONESELF: Final = (
    (_("You"), "accounts:me"),
    (_("Sign-in and security"), "accounts:security"),
    (_("Notices"), "accounts:notices"),
)


def sections_of(request: HttpRequest) -> list[Tab]:
    """Give the sections that whoever looks may open; one that isn't built is absent."""
    access = access_in(request)
    found = []
    if access.workspace is not None:
        group = access.workspace.name
        found += [
            _tab(request, name, view, group, access.workspace.slug) for name, view in OF_WORKSPACE
        ]
    found += [_tab(request, name, view, str(_("Yours"))) for name, view in OF_ONESELF]
    return _one_is_here([tab for tab in found if tab is not None])


def _one_is_here(tabs: list[Tab]) -> list[Tab]:
    """Mark the nearest alone: one section's address may begin like another's."""
    nearest = max((tab.address for tab in tabs if tab.is_here), key=len, default="")
    return [replace(tab, is_here=tab.address == nearest) for tab in tabs]


def with_sections(request: HttpRequest, **context: Any) -> dict[str, Any]:
    """Give what a page of the settings is drawn with."""
    return {"sections": sections_of(request), **context}


def _tab(request: HttpRequest, name: Any, view: str, group: str, *args: str) -> Tab | None:
    try:
        address = reverse(view, args=args)
    except NoReverseMatch:
        return None
    match = resolve(address)
    asked = asked_of(match.func, match)
    access = access_in(request)
    if asked is None or (args and not access.meets(asked, "GET")):
        return None
    return Tab(str(name), address, request.path.startswith(address), group)
