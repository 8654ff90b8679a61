"""Names the area to the framework."""

from django.apps import AppConfig


class ProfilesConfig(AppConfig):
    """The area of who is who."""

    name = "kundresa.profiles"
    label = "profiles"
    default_auto_field = "django.db.models.BigAutoField"
