"""What can go wrong with events."""

from __future__ import annotations

from kundresa.core.errors import KundresaError, NotFoundError


class NoSuchProfileError(NotFoundError):
    """Nothing is held about a profile of that name."""


class DatabaseBusyError(KundresaError):
    """Something reads the database for so long that its log can't be emptied; try again."""

    status = 503
    code = "database_busy"


class LedgerKeyError(KundresaError):
    """The ledger was written with another secret key, so nobody can be found in it."""

    code = "ledger_key"


class BusyError(KundresaError):
    """Somebody else is at it; trying again later helps."""

    status = 409
    code = "busy"
