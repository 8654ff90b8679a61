"""Names the area to the framework."""

from django.apps import AppConfig


class UiConfig(AppConfig):
    """The page frame, its look and the fonts."""

    name = "kundresa.ui"
    label = "ui"
