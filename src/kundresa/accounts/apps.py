"""Names the area to the framework."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """The area of workspaces, members and the audit trail."""

    name = "kundresa.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the frame of every page who looks."""
        from kundresa.accounts.web.frame import frame_of
        from kundresa.ui.contracts import frame_source

        frame_source.fill(frame_of)
