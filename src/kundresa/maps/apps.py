"""Names the area to the framework."""

from django.apps import AppConfig


class MapsConfig(AppConfig):
    """The living map: its pages, later its editor."""

    name = "kundresa.maps"
    label = "maps"

    def ready(self) -> None:
        """Let maps be shared with guests."""
        from kundresa.accounts.api import guest_subjects
        from kundresa.maps.web.sharing import maps_to_share

        guest_subjects.fill("map", maps_to_share)
