"""What can't be found here, and what a workspace can't do without."""

from kundresa.core.errors import KundresaError, NotFoundError


class NoSuchWorkspaceError(NotFoundError):
    """No workspace has that name in its address."""

    code = "no_such_workspace"


class LastOwnerError(KundresaError):
    """Without this owner nobody could change the workspace any more."""

    status = 409
    code = "last_owner"
