"""What stands around the pages of a member: their workspaces, notices and own settings."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from kundresa.accounts.access import access_in
from kundresa.accounts.notices import unread_count
from kundresa.accounts.queries import workspaces_of
from kundresa.ui.contracts import Frame, Tab


def frame_of(request: HttpRequest) -> Frame | None:
    """Give the frame of whoever looks; a stranger and a guest have none."""
    access = access_in(request)
    member = access.member
    if member is None:
        return None
    here = access.workspace
    workspaces = [
        Tab(one.name, _address("maps:index", one.slug), is_here=here is not None and one == here)
        for one in workspaces_of(member)
    ]
    return Frame(
        workspaces=workspaces,
        own_settings=_address("accounts:me"),
        log_out=_address("account_logout"),
        notices=_address("accounts:notices"),
        unread=unread_count(member),
    )


def _address(view: str, *args: str) -> str:
    try:
        return reverse(view, args=args)
    except NoReverseMatch:
        return ""
