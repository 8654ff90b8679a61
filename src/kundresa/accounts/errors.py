"""What can't be found here."""

from kundresa.core.errors import NotFoundError


class NoSuchWorkspaceError(NotFoundError):
    """No workspace has that name in its address."""

    code = "no_such_workspace"
