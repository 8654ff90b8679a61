"""Names the area to the framework."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    """The area of what did happen."""

    name = "kundresa.events"
    label = "events"
    default_auto_field = "django.db.models.BigAutoField"
