"""API tokens: a secret with which a program acts as a member in one workspace.

The secret is shown once and only its hash is kept. What a token may is what its scopes name, of
what its member may at that moment; one from before the member joined (again) holds no longer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet

from kundresa.accounts.access import Access, access_by
from kundresa.accounts.actions import write_audit_line
from kundresa.accounts.models import ApiToken, AuditLine, Member, Membership, Workspace
from kundresa.accounts.queries import hash_of
from kundresa.accounts.rules import Scope
from kundresa.core.clock import now
from kundresa.core.errors import NotFoundError
from kundresa.core.ids import new_secret

PREFIX: Final = "kundresa_"
"""By it a scanner of secrets, or a reader of a log, sees what leaked."""
LENGTH: Final = len(PREFIX) + 43
_SHOWN: Final = 16
_NOTED_EVERY: Final = timedelta(minutes=1)
_UNDONE_WITHIN: Final = timedelta(hours=1)


@dataclass(frozen=True)
class NewToken:
    """A token just made, with the secret that is never seen again."""

    token: ApiToken
    secret: str


@dataclass(frozen=True)
class Opened:
    """What a secret opens: the token and what it may now."""

    token: ApiToken
    access: Access
    scopes: frozenset[Scope]


def make_token(
    workspace: Workspace,
    member: Member,
    *,
    name: str,
    scopes: Iterable[Scope],
    days: int | None,
    actor: str,
) -> NewToken:
    """Make a token; without ``days`` it holds until somebody revokes it."""
    secret = PREFIX + new_secret()
    told = sorted(scope.value for scope in scopes)
    with transaction.atomic():
        token = ApiToken.objects.create(
            workspace=workspace,
            member=member,
            name=name,
            scopes=told,
            secret_hash=hash_of(secret),
            start=secret[:_SHOWN],
            expires_at=None if days is None else now() + timedelta(days=days),
        )
        _tell("made token", token, actor, {"scopes": told, "days": days})
    return NewToken(token, secret)


def tokens_for(access: Access) -> list[ApiToken]:
    """Give the tokens that somebody may see, newest first: owners all, others their own."""
    found = _seen_by(access).filter(revoked_at=None).select_related("member")
    return list(found.order_by("-id"))


def revoke_token(access: Access, token_id: int) -> ApiToken:
    """Let a token open nothing any more.

    Raises
    ------
    NotFoundError
        If there is none that the one who asks may see.
    """
    with transaction.atomic():
        token = _one(access, token_id, revoked_at=None)
        token.revoked_at = now()
        token.save(update_fields=["revoked_at"])
        _tell("revoked token", token, access.actor)
    return token


def restore_token(access: Access, token_id: int) -> ApiToken:
    """Take one's own `revoke_token` back, within an hour.

    Raises
    ------
    NotFoundError
        If there is nothing to take back; what an owner revoked, its member can't restore.
    """
    with transaction.atomic():
        token = _one(access, token_id, revoked_at__gt=now() - _UNDONE_WITHIN)
        if not _revoked_by(token, access.actor):
            raise _not_here()
        token.revoked_at = None
        token.save(update_fields=["revoked_at"])
        _tell("restored token", token, access.actor)
    return token


def revoked_lately(access: Access, token_id: int) -> ApiToken | None:
    """Give a token that whoever asks revoked and can still restore."""
    lately = _seen_by(access).filter(pk=token_id, revoked_at__gt=now() - _UNDONE_WITHIN)
    found = lately.first()
    return found if found is not None and _revoked_by(found, access.actor) else None


def opened_by(secret: str) -> Opened | None:
    """Give what a secret opens; None where it is unknown, expired, revoked, or nobody's now."""
    if not secret.startswith(PREFIX) or len(secret) != LENGTH:
        return None
    token = ApiToken.objects.filter(secret_hash=hash_of(secret), revoked_at=None).first()
    if token is None or (token.expires_at is not None and token.expires_at <= now()):
        return None
    membership = (
        Membership.objects.select_related("workspace", "member")
        .filter(
            workspace=token.workspace_id,
            member=token.member_id,
            member__is_active=True,
            joined_at__lte=token.made_at,
        )
        .first()
    )
    if membership is None:
        return None
    known = {scope.value for scope in Scope}
    scopes = frozenset(Scope(one) for one in token.scopes if one in known)
    return Opened(token, access_by(membership), scopes)


def note_used(token: ApiToken) -> None:
    """Note that a token was used, once a minute at most."""
    moment = now()
    lately = Q(used_at=None) | Q(used_at__lt=moment - _NOTED_EVERY)
    if token.used_at is None or token.used_at < moment - _NOTED_EVERY:
        ApiToken.objects.filter(lately, pk=token.pk).update(used_at=moment)


def is_expired(token: ApiToken) -> bool:
    """Tell whether a token's time is over."""
    return token.expires_at is not None and token.expires_at <= now()


def _seen_by(access: Access) -> QuerySet[ApiToken]:
    here = ApiToken.objects.filter(workspace=access.workspace)
    return here if access.may_own else here.filter(member=access.member)


def _one(access: Access, token_id: int, **wanted: object) -> ApiToken:
    found = _seen_by(access).select_for_update().filter(pk=token_id, **wanted).first()
    if found is None:
        raise _not_here()
    return found


def _not_here() -> NotFoundError:
    return NotFoundError("That token is not here.", hint="Look at the list of tokens.")


def _revoked_by(token: ApiToken, actor: str) -> bool:
    """Tell whether it was this one who revoked the token last."""
    told = AuditLine.objects.filter(
        workspace=token.workspace_id, action="revoked token", details__token=token.pk
    )
    line = told.order_by("-id").first()
    return line is not None and line.actor == actor


def _tell(
    action: str, token: ApiToken, actor: str, details: dict[str, object] | None = None
) -> None:
    write_audit_line(
        actor, action, workspace_id=token.workspace_id, subject=token.name,
        details={"token": token.pk, "member": token.member_id, **(details or {})},
    )  # fmt: skip
