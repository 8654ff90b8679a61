"""What members change of themselves: name, language, time zone, address, sessions."""

from __future__ import annotations

from typing import Any, Final

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core import signing
from django.db import transaction

from kundresa.accounts.actions import write_audit_line
from kundresa.accounts.models import Member
from kundresa.accounts.queries import member_by_email
from kundresa.core.ids import new_secret

_SALT: Final = "kundresa.accounts.email"
EMAIL_SECONDS: Final = 24 * 60 * 60


def describe(member: Member, *, name: str, language: str, time_zone: str) -> None:
    """Keep what a member says of themselves."""
    with transaction.atomic():
        member.name, member.language, member.time_zone = name, language, time_zone
        member.save(update_fields=["name", "language", "time_zone"])
        write_audit_line(f"member:{member.pk}", "changed own settings", subject=member.email)


def email_token(member: Member, new: str) -> str:
    """Sign that a member wants another address; whoever reads mail there has the token."""
    return signing.dumps([member.pk, member.email, new], salt=_SALT)


def wanted_email(member: Member, token: str) -> str:
    """Give the address that a token is for; nothing where it is not theirs, old, or used."""
    try:
        pk, old, new = signing.loads(token, salt=_SALT, max_age=EMAIL_SECONDS)
    except (signing.BadSignature, ValueError):
        return ""
    return str(new) if (pk, old) == (member.pk, member.email) else ""


def change_email(member: Member, new: str) -> bool:
    """Give a member another address; False where somebody has it."""
    with transaction.atomic():
        if member_by_email(new) is not None:
            return False
        # The log-in package finds members by these rows too: the old address would still do.
        EmailAddress.objects.filter(user=member).delete()
        old, member.email = member.email, new.strip().lower()
        member.save(update_fields=["email"])
        actor = f"member:{member.pk}"
        write_audit_line(actor, "changed own e-mail", subject=member.email, details={"before": old})
    return True


def end_all_sessions(member: Member) -> None:
    """End every session of a member; the one that asks has to be told the new mark."""
    with transaction.atomic():
        member.session_mark = new_secret(16)
        member.save(update_fields=["session_mark"])
        UserSession.objects.filter(user=member).delete()
        write_audit_line(f"member:{member.pk}", "ended own sessions", subject=member.email)


def tell_of_addition(instance: Authenticator, *, created: bool, **_: Any) -> None:
    """Write in the audit trail that a member has codes or one more passkey."""
    if created:
        _tell("turned on", instance)


def tell_of_removal(authenticator: Authenticator, **_: Any) -> None:
    """Write in the audit trail that a member gave codes or a passkey up."""
    _tell("turned off", authenticator)


def _tell(done: str, found: Authenticator) -> None:
    member = found.user
    write_audit_line(f"member:{member.pk}", f"{done} {found.type}", subject=member.email)


def note_reset_link(member: Member, *, actor: str) -> None:
    """Write down who made a link for a member; the link itself is kept nowhere."""
    write_audit_line(actor, "made reset link", subject=member.email)


def drop_second_step(member: Member, *, actor: str) -> None:
    """Take codes and passkeys away from a member who has lost them."""
    with transaction.atomic():
        Authenticator.objects.filter(user=member).delete()
        write_audit_line(actor, "dropped second step", subject=member.email)
