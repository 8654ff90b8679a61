"""What can't be found here, what a workspace can't do without, and why a program isn't answered."""

from __future__ import annotations

from kundresa.core.errors import KundresaError, NotFoundError


class NoSuchWorkspaceError(NotFoundError):
    """No workspace has that name in its address."""

    code = "no_such_workspace"


class LastOwnerError(KundresaError):
    """Without this owner nobody could change the workspace any more."""

    status = 409
    code = "last_owner"


class NoTokenError(KundresaError):
    """A program shows no token, or one that doesn't hold."""

    status = 401
    code = "no_token"


class NotAllowedError(KundresaError):
    """The token, or the member behind it, may not do that."""

    status = 403
    code = "not_allowed"


class TooManyRequestsError(KundresaError):
    """A token asks more often than it may.

    Parameters
    ----------
    seconds
        After so many it may ask again.
    """

    status = 429
    code = "too_many_requests"

    def __init__(self, seconds: int) -> None:
        super().__init__(
            "This token asks too often.", hint=f"Ask again in {seconds} s (Retry-After)."
        )
        self.seconds = seconds


class NameTakenError(KundresaError):
    """Something in the workspace has that name."""

    status = 409
    code = "name_taken"
