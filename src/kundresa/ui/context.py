"""What every page is given besides its own: who looks, and what stands around their pages."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from kundresa.ui.contracts import frame_source


def frame(request: HttpRequest) -> dict[str, Any]:
    """Give the access and the frame; nothing is asked for a page that shows neither."""
    return {
        "access": getattr(request, "access", None),
        "frame": SimpleLazyObject(lambda: frame_source.frame_of(request)),
    }
