"""What the log-in package asks us: who may have an account, where links lead, what is said."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.db import transaction
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from kundresa.accounts.actions import write_audit_line
from kundresa.accounts.invitations import accept
from kundresa.accounts.mailing import post_mail
from kundresa.accounts.models import Member
from kundresa.accounts.queries import member_by_email, open_invitation_for
from kundresa.accounts.signin_links import RESET_HOURS, reset_link_for
from kundresa.accounts.web.sealed import seal, unseal
from kundresa.core.logs import logger

_log = logger(__name__)
_TOO_OFTEN = _("That was tried too often. Wait five minutes, then try again.")


class MemberAdapter(DefaultAccountAdapter):
    """Members come by invitation alone; their mail is ours, and so are the words."""

    error_messages = {  # noqa: RUF012
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("E-mail and password don't belong together. Try again."),
        "enter_current_password": _("That is not your current password."),
        "incorrect_password": _("That is not your password. Try again."),
        "incorrect_code": _("That code doesn't fit. Try the next one."),
        "too_many_login_attempts": _TOO_OFTEN,
        "rate_limited": _TOO_OFTEN,
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Let nobody in who was not invited."""
        return False

    def is_safe_url(self, url: str) -> bool:
        """Lead only to pages of the address that was asked; other ports here are others' pages."""
        request = context.request
        return url_has_allowed_host_and_scheme(url, {request.get_host()}, request.is_secure())

    def reauthenticate(self, user: Member, password: str) -> bool:
        """Ask for the password of whoever is signed in."""
        found = self.authenticate(context.request, email=user.email, password=password)
        return found is not None and found.pk == user.pk

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:  # noqa: ARG002
        """Leave a trace for whoever watches the logs; without the address, which may be mistyped."""
        _log.warning("sign_in_failed", address=self.get_client_ip(request))

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:  # noqa: ARG002
        # The package adds the host, of which we have several: each would have its own count.
        return str(credentials.get("email", "")).lower()

    def set_password(self, user: Member, password: str) -> None:
        """Keep the password, and say so in the audit trail."""
        with transaction.atomic():
            super().set_password(user, password)
            write_audit_line(f"member:{user.pk}", "changed password", subject=user.email)

    def send_password_reset_mail(self, user: Member, email: str, context: dict[str, Any]) -> None:  # noqa: ARG002
        """Mail the link to the address that we know, in the member's language."""
        language = user.language or get_language() or "en"
        with transaction.atomic():
            facts: dict[str, str | int] = {"link": reset_link_for(user), "hours": RESET_HOURS}
            post_mail(user.email, "password_reset", language, facts)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:  # noqa: ARG002
        """Send nothing else: every mail of ours has a kind in `mailing`."""
        _log.warning("mail_left_out", template=template_prefix)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:  # noqa: ARG002
        """Lead back to where the password stands."""
        return security_page()

    def get_reauthentication_methods(self, user: Member) -> list[dict[str, Any]]:
        """Name the ways to say again who one is, in our words."""
        words = {
            "reauthenticate": gettext("Use the password"),
            "mfa_reauthenticate": gettext("Use a code"),
            "mfa_reauthenticate:webauthn": gettext("Use a passkey"),
        }
        found: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        return [{**one, "description": words[one["id"]]} for one in found]


class SecondStepAdapter(DefaultMFAAdapter):
    """Codes and passkeys in our words."""

    error_messages = {  # noqa: RUF012
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("That code doesn't fit. Try the next one."),
    }

    def generate_authenticator_name(self, user: Member, type: Authenticator.Type) -> str:  # noqa: A002
        """Name a passkey by its number; its owner may know a better one."""
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return gettext("Passkey %(number)s") % {"number": count + 1}

    def encrypt(self, text: str) -> str:
        """Keep what codes are made from sealed."""
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Give what codes are made from."""
        return unseal(encrypted_text)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Tell the device whose passkey it is."""
        found: dict[str, str] = super().get_public_key_credential_rp_entity()
        return {**found, "name": "Kundresa"}


class ProviderAdapter(DefaultSocialAccountAdapter):
    """Takes the company's word for whose account it is, where it vouches for the address."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:  # noqa: ARG002
        """Let in whoever was invited under the address that the provider vouches for."""
        email = vouched_for(sociallogin)
        is_new = bool(email) and member_by_email(email) is None
        return is_new and open_invitation_for(email) is not None

    def authenticate_by_email(self, sociallogin: Any) -> tuple[Member, str] | None:
        """Find the member of the address that the provider vouches for."""
        email = vouched_for(sociallogin)
        member = member_by_email(email) if email else None
        if member is None:
            return None
        # An owner invited the address, so nobody else holds the password, which the package
        # would take away from an address that it doesn't know.
        told = {"email": member.email, "verified": True, "primary": True}
        EmailAddress.objects.update_or_create(user=member, defaults=told)
        return member, member.email

    def save_user(self, request: HttpRequest, sociallogin: Any, form: Any = None) -> Member:  # noqa: ARG002
        """Make the member that was invited, and let them in where they were invited to."""
        email = vouched_for(sociallogin)
        member: Member = sociallogin.user
        told = sociallogin.account.get_provider_account().get_user_data() or {}
        member.email = email
        member.name = str(told.get("name") or email)[:200]
        member.set_unusable_password()
        with transaction.atomic():
            sociallogin.save(request)
            write_audit_line(f"member:{member.pk}", "made member", subject=member.email)
            if (invitation := open_invitation_for(email)) is not None:
                accept(invitation, member)
        return member


def vouched_for(sociallogin: Any) -> str:
    """Give the address that the provider says is theirs, or nothing."""
    found = [
        one.email.strip().lower() for one in sociallogin.email_addresses if one.verified is True
    ]
    return found[0] if found else ""


def security_page() -> str:
    """Give the address of one's own security."""
    from django.urls import reverse

    return reverse("accounts:security")
