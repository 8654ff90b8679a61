"""Reads of stored maps."""

from __future__ import annotations

import hashlib
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
    return _read(stored_map(workspace_id, map_id).text)


def stored_map(workspace_id: int, map_id: str) -> StoredMap:
    """Give one map as it is kept.

    Raises
    ------
    NoSuchMapError
        If the workspace has none of that id.
    """
    found = StoredMap.objects.filter(workspace_id=workspace_id, map_id=map_id).first()
    if found is None:
        raise NoSuchMapError(f"There is no map {map_id!r} here.", hint="Look at the list of maps.")
    return found


def stored_maps(workspace_id: int) -> list[tuple[StoredMap, MapDocument]]:
    """Give the maps of a workspace as they are kept and as they are read, by their ids."""
    found = StoredMap.objects.filter(workspace_id=workspace_id).order_by("map_id")
    return [(one, _read(one.text)) for one in found]


def mark_of(text: str) -> str:
    """Give what tells one state of a map's text from another; programs see it as the ETag."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


# Reading YAML takes longer than the rest of a page; the same text is the same map.
@lru_cache(maxsize=256)
def _read(text: str) -> MapDocument:
    return read_map(text)
