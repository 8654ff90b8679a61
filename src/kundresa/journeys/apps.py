"""Names the area to the framework."""

from django.apps import AppConfig


class JourneysConfig(AppConfig):
    """The area of what should happen."""

    name = "kundresa.journeys"
    label = "journeys"
    default_auto_field = "django.db.models.BigAutoField"
