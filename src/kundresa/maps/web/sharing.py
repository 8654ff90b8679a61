"""The maps that may be shared with guests."""

from __future__ import annotations

from django.urls import reverse

from kundresa.accounts.api import GuestSubject, Workspace
from kundresa.journeys.api import maps_of
from kundresa.maps.rules import row_of


def maps_to_share(workspace: Workspace, language: str) -> list[GuestSubject]:
    """Give a workspace's maps, and where each is looked at."""
    rows = [row_of(document, language) for document in maps_of(workspace.id)]
    return [
        GuestSubject("map", row.id, row.title, reverse("maps:map", args=[workspace.slug, row.id]))
        for row in rows
    ]
