"""Names the area to the framework."""

from django.apps import AppConfig


class MapsConfig(AppConfig):
    """The living map: its pages, later its editor."""

    name = "kundresa.maps"
    label = "maps"
