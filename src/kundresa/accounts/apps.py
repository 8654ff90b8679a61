"""Names the area to the framework."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """The area of workspaces, members and the audit trail."""

    name = "kundresa.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the frame of every page who looks, and keep a trail of codes and passkeys."""
        from allauth.mfa.models import Authenticator
        from allauth.mfa.signals import authenticator_removed
        from django.db.models.signals import post_save

        from kundresa.accounts.oneself import tell_of_addition, tell_of_removal
        from kundresa.accounts.web.frame import frame_of
        from kundresa.ui.contracts import frame_source

        frame_source.fill(frame_of)
        # The package's own word of an addition comes when the transaction is over.
        post_save.connect(tell_of_addition, sender=Authenticator)
        authenticator_removed.connect(tell_of_removal, sender=Authenticator)
