"""The door to stored maps."""

from kundresa.journeys.actions import save_map
from kundresa.journeys.queries import map_of, maps_of

__all__ = ["map_of", "maps_of", "save_map"]
