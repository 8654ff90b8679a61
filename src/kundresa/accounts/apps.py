"""Names the area to the framework."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """The area of workspaces and the audit trail."""

    name = "kundresa.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
