"""What a reader wishes of every page, kept in their browser."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest

LOOK_COOKIE: Final = "kundresa_look"
LOOKS: Final = ("light", "dark")


def look_of(request: HttpRequest | None) -> str:
    """Give the look that was chosen; none means that of the system."""
    wish = request.COOKIES.get(LOOK_COOKIE, "") if request else ""
    return wish if wish in LOOKS else ""
