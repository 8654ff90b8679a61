"""What can go wrong with events."""

from __future__ import annotations

from kundresa.core.errors import KundresaError


class BusyError(KundresaError):
    """Somebody else is at it; trying again later helps."""

    status = 409
    code = "busy"
