"""What can't be found or taken here."""

from kundresa.core.errors import KundresaError, NotFoundError


class NoSuchMapError(NotFoundError):
    """The workspace has no map of that id."""

    code = "no_such_map"


class MapChangedError(KundresaError):
    """The stored map is no longer the one that the change was made from."""

    status = 412
    code = "map_changed"
