"""Reads of stored maps."""

from __future__ import annotations

from functools import lru_cache

from kundresa.documents import MapDocument, read_map
from kundresa.journeys.errors import NoSuchMapError
from kundresa.journeys.models import StoredMap


def maps_of(workspace_id: int) -> list[MapDocument]:
    """Give the maps of a workspace in the order of their ids."""
    texts = StoredMap.objects.filter(workspace_id=workspace_id).order_by("map_id")
    return [_read(text) for text in texts.values_list("text", flat=True)]


def map_of(workspace_id: int, map_id: str) -> MapDocument:
    """Give one map.

    Raises
    ------
    NoSuchMapError
        If the workspace has none of that id.
    """
    found = StoredMap.objects.filter(workspace_id=workspace_id, map_id=map_id).first()
    if found is None:
        raise NoSuchMapError(f"There is no map {map_id!r} here.", hint="Look at the list of maps.")
    return _read(found.text)


# Reading YAML takes longer than the rest of a page; the same text is the same map.
@lru_cache(maxsize=256)
def _read(text: str) -> MapDocument:
    return read_map(text)
