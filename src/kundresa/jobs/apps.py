"""Names the area to the framework."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """The area of jobs."""

    name = "kundresa.jobs"
    label = "jobs"
    default_auto_field = "django.db.models.BigAutoField"
