"""The places of Kundresa, in the order of the loop: map, analyse, act, listen, improve.

A place is shown once its area has an address for it; nothing leads nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest
from django.urls import NoReverseMatch, ResolverMatch, reverse
from django.utils.translation import gettext_lazy as _

PLACES: Final = (
    (_("Map"), "maps:index"),
    (_("Analyse"), "analytics:index"),
    (_("Act"), "flows:index"),
    (_("Listen"), "feedback:index"),
    (_("Improve"), "improve:index"),
    (_("Customers"), "customers:index"),
    (_("Settings"), "accounts:settings"),
)


@dataclass(frozen=True)
class Place:
    """One entry of the bar."""

    name: Any
    address: str
    is_here: bool


def places_of(request: HttpRequest | None) -> list[Place]:
    """Give the places of the workspace that a request is in; without one there are none."""
    match = getattr(request, "resolver_match", None)
    if match is None or "workspace" not in match.kwargs:
        return []
    found = [(name, view, _address(view, match)) for name, view in PLACES]
    return [
        # By its address too: some settings are pages of other areas.
        Place(name, address, _is_in(request, address) or view.split(":")[0] == match.app_name)
        for name, view, address in found
        if address
    ]


def _is_in(request: HttpRequest | None, address: str) -> bool:
    return request is not None and request.path.startswith(address)


def _address(view: str, match: ResolverMatch) -> str:
    try:
        return reverse(view, kwargs={"workspace": match.kwargs["workspace"]})
    except NoReverseMatch:
        return ""
