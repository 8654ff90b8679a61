"""What can't be found or taken here."""

from kundresa.core.errors import NotFoundError


class NoSuchMapError(NotFoundError):
    """The workspace has no map of that id."""

    code = "no_such_map"
