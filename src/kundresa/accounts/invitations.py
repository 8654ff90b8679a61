"""Invitations: a place kept for somebody, taken once by whoever has its secret link.

The secret is shown or mailed when the link is made, and only its hash is kept; a new link makes
the one before worthless. Taking a place is an update that one caller alone can win.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.urls import reverse

from kundresa.accounts.actions import join, write_audit_line
from kundresa.accounts.mailing import UndeliveredMail, post_mail, undelivered_mails
from kundresa.accounts.models import AuditLine, Invitation, Member, Membership, Workspace
from kundresa.accounts.notices import notify
from kundresa.accounts.queries import hash_of
from kundresa.accounts.rules import Place, Role
from kundresa.core.clock import now
from kundresa.core.errors import NotFoundError
from kundresa.core.ids import new_secret
from kundresa.core.mail_server import mailbox_of

DAYS: Final = 7
MOST_AT_ONCE: Final = 50
REVOKED: Final = "revoked invitation"
_NAMED: Final = re.compile(r"<([^<>]*)>")


class Gone(StrEnum):
    """Why a link no longer lets in."""

    UNKNOWN = "unknown"
    EXPIRED = "expired"
    REVOKED = "revoked"
    USED = "used"


@dataclass(frozen=True)
class Invited:
    """An invitation just made or renewed, with the secret that is never seen again."""

    invitation: Invitation
    secret: str
    is_mailed: bool

    @property
    def path(self) -> str:
        """The address of the link on this installation."""
        return reverse("accounts:join", args=[self.secret])


@dataclass(frozen=True)
class OpenInvitation:
    """A line of the list: whether the link still holds, and whether its mail came back."""

    invitation: Invitation
    is_expired: bool
    undelivered: str = ""


def addresses_in(text: str) -> list[str]:
    """Give the addresses of a pasted list, each once: ``Åsa <asa@x.se>; bo@x.se`` and lines."""
    found: list[str] = []
    for piece in re.split(r"[,;\n]", text):
        found += _NAMED.findall(piece) or piece.split()
    return list(dict.fromkeys(one.strip().lower() for one in found if one.strip()))


def is_address(text: str) -> bool:
    """Tell whether mail can go there."""
    try:
        mailbox_of(text)
    except ValueError:
        return False
    return True


def already_here(workspace: Workspace, emails: Iterable[str]) -> set[str]:
    """Give those of the addresses whose members are in the workspace."""
    found = Membership.objects.filter(workspace=workspace, member__email__in=list(emails))
    return set(found.values_list("member__email", flat=True))


def already_invited(workspace: Workspace, emails: Iterable[str]) -> set[str]:
    """Give those of the addresses that have an invitation which is not taken or revoked."""
    return set(_waiting(workspace).filter(email__in=list(emails)).values_list("email", flat=True))


def invite(
    workspace: Workspace,
    emails: Sequence[str],
    place: Place,
    *,
    language: str,
    inviter: Member,
) -> list[Invited]:
    """Keep a place for each address, and mail the links where mail is set up."""
    made = []
    with transaction.atomic():
        for email in emails:
            secret = new_secret()
            invitation = Invitation.objects.create(
                workspace=workspace,
                email=email,
                language=language,
                secret_hash=hash_of(secret),
                invited_by=inviter,
                expires_at=now() + timedelta(days=DAYS),
                **place.columns(),
            )
            _tell("invited", invitation, f"member:{inviter.pk}")
            made.append(Invited(invitation, secret, _post(invitation, secret, inviter)))
    return made


def renew(workspace: Workspace, invitation_id: int, *, inviter: Member, by_mail: bool) -> Invited:
    """Make a new link, which holds for the whole time again; the one before no longer does."""
    secret = new_secret()
    with transaction.atomic():
        invitation = _waiting_one(workspace, invitation_id)
        invitation.secret_hash = hash_of(secret)
        invitation.expires_at = now() + timedelta(days=DAYS)
        invitation.mailed_at = None
        invitation.save(update_fields=["secret_hash", "expires_at", "mailed_at"])
        _tell("renewed invitation", invitation, f"member:{inviter.pk}")
        is_mailed = by_mail and _post(invitation, secret, inviter)
    return Invited(invitation, secret, is_mailed)


def revoke(workspace: Workspace, invitation_id: int, *, actor: str) -> AuditLine:
    """Let a link no longer let in."""
    with transaction.atomic():
        invitation = _waiting_one(workspace, invitation_id)
        Invitation.objects.filter(pk=invitation.pk).update(revoked_at=now())
        return _tell(REVOKED, invitation, actor)


def undo_revoking(workspace: Workspace, line_id: int, *, actor: str) -> Invitation:
    """Let a revoked link let in again, as long as it would have."""
    with transaction.atomic():
        line = AuditLine.objects.filter(pk=line_id, workspace=workspace, action=REVOKED).first()
        number = (line.details or {}).get("invitation", 0) if line else 0
        changed = Invitation.objects.filter(pk=number, workspace=workspace, accepted_at=None)
        if not changed.update(revoked_at=None):
            raise NotFoundError("There is nothing to undo.")
        found = changed.get()
        _tell("restored invitation", found, actor)
    return found


def open_invitations(workspace: Workspace) -> list[OpenInvitation]:
    """Give the invitations that nobody has taken, those made last first."""
    found = list(_waiting(workspace).select_related("department").order_by("-id"))
    sent = [one.mailed_at for one in found if one.mailed_at]
    returned = undelivered_mails(min(sent), workspace.pk) if sent else []
    moment = now()
    return [OpenInvitation(one, one.expires_at <= moment, _reason(one, returned)) for one in found]


def invitation_by(secret_hash: str) -> tuple[Invitation | None, Gone | None]:
    """Give the invitation of a link, and why the link no longer lets in, where it doesn't."""
    found = (
        Invitation.objects.select_related("workspace", "invited_by", "department", "accepted_by")
        .filter(secret_hash=secret_hash)
        .first()
    )
    if found is None:
        return None, Gone.UNKNOWN
    if found.accepted_at is not None:
        return found, Gone.USED
    if found.revoked_at is not None:
        return found, Gone.REVOKED
    return found, Gone.EXPIRED if found.expires_at <= now() else None


def accept(invitation: Invitation, member: Member) -> bool:
    """Let a member in by an invitation; False where somebody else was quicker, or it ran out."""
    with transaction.atomic():
        if not _take(invitation, member):
            return False
        _let_in(invitation, member)
    return True


def accept_as_new(
    invitation: Invitation, *, name: str, password: str, language: str
) -> Member | None:
    """Make the invited member and let them in; None where the place or the address is taken."""
    # Hashing takes its time by design, and nobody should wait for it in a transaction.
    hashed = make_password(password)
    try:
        with transaction.atomic():
            member = Member.objects.create(
                email=invitation.email, name=name, language=language, password=hashed
            )
            if not _take(invitation, member):
                transaction.set_rollback(True)
                return None
            actor = f"member:{member.pk}"
            write_audit_line(actor, "made member", subject=member.email)
            _let_in(invitation, member)
    except IntegrityError:
        return None
    return member


def _take(invitation: Invitation, member: Member) -> bool:
    moment = now()
    open_ones = Invitation.objects.filter(
        pk=invitation.pk,
        secret_hash=invitation.secret_hash,
        accepted_at=None,
        revoked_at=None,
        expires_at__gt=moment,
    )
    return open_ones.update(accepted_at=moment, accepted_by=member) == 1


def _let_in(invitation: Invitation, member: Member) -> None:
    place = Place(Role(invitation.role), invitation.sees_customers, invitation.may_send)
    membership = join(
        invitation.workspace, member, place.role, actor=f"member:{member.pk}", rights=place.rights
    )
    if membership.department_id is None and invitation.department_id is not None:
        Membership.objects.filter(pk=membership.pk).update(department=invitation.department_id)
    if invitation.invited_by is not None and invitation.invited_by != member:
        facts = {"name": member.name, "role": membership.role}
        address = reverse("accounts:members", args=[invitation.workspace.slug])
        notify(invitation.invited_by, invitation.workspace, "joined", facts, address)


def _post(invitation: Invitation, secret: str, inviter: Member) -> bool:
    facts: dict[str, str | int] = {
        "workspace": invitation.workspace.name,
        "inviter": inviter.name,
        "role": invitation.role,
        "link": reverse("accounts:join", args=[secret]),
        "days": DAYS,
    }
    is_posted = post_mail(
        invitation.email, "invitation", invitation.language, facts, invitation.workspace_id
    )
    if is_posted:
        invitation.mailed_at = now()
        invitation.save(update_fields=["mailed_at"])
    return is_posted


def _reason(invitation: Invitation, returned: Sequence[UndeliveredMail]) -> str:
    sent = invitation.mailed_at
    if sent is None:
        return ""
    found = (
        one.reason
        for one in returned
        if one.to == invitation.email and one.kind == "invitation" and one.given_up_at >= sent
    )
    return next(found, "")


def _waiting(workspace: Workspace) -> QuerySet[Invitation]:
    return Invitation.objects.filter(workspace=workspace, accepted_at=None, revoked_at=None)


def _waiting_one(workspace: Workspace, invitation_id: int) -> Invitation:
    found = _waiting(workspace).select_related("workspace").filter(pk=invitation_id).first()
    if found is None:
        raise NotFoundError("That invitation is no longer open.")
    return found


def _tell(action: str, invitation: Invitation, actor: str) -> AuditLine:
    details = {"invitation": invitation.pk, "role": invitation.role}
    return write_audit_line(
        actor, action, workspace_id=invitation.workspace_id, subject=invitation.email,
        details=details,
    )  # fmt: skip
