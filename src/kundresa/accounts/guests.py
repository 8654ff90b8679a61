"""Guests: links that let somebody see one thing without an account, and those who came by them.

What can be shared lives in areas above this one: each gives a function that lists its things.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import Count

from kundresa.accounts.actions import write_audit_line
from kundresa.accounts.models import AuditLine, Guest, GuestLink, Member, Workspace
from kundresa.accounts.queries import hash_of
from kundresa.core.clock import now
from kundresa.core.errors import NotFoundError
from kundresa.core.ids import new_secret

REVOKED: Final = "revoked guest link"


@dataclass(frozen=True)
class GuestSubject:
    """One thing that a link may show: its kind and name, what it is called, where it is."""

    kind: str
    name: str
    title: str
    address: str


List = Callable[[Workspace, str], Sequence[GuestSubject]]
"""Gives the things of a workspace, called as the language wants."""


class GuestSubjects:
    """What can be shared, as each area tells once at the start."""

    def __init__(self) -> None:
        self._lists: dict[str, List] = {}

    def fill(self, kind: str, listed: List) -> None:
        """Ask this function for the things of that kind."""
        self._lists[kind] = listed

    def of(self, workspace: Workspace, language: str) -> list[GuestSubject]:
        """Give everything that may be shared, kind by kind."""
        return [one for listed in self._lists.values() for one in listed(workspace, language)]

    def one(self, workspace: Workspace, kind: str, name: str, language: str) -> GuestSubject | None:
        """Give what a link names, while it is there."""
        found = (
            one for one in self.of(workspace, language) if (one.kind, one.name) == (kind, name)
        )
        return next(found, None)


guest_subjects: Final = GuestSubjects()


@dataclass(frozen=True)
class SharedLink:
    """A line of the list: a link, what it shows, and whether it still does."""

    link: GuestLink
    title: str
    address: str
    visit_count: int
    is_open: bool
    is_revoked: bool


def links_of(workspace: Workspace, language: str) -> list[SharedLink]:
    """Give a workspace's links, those made last first."""
    there = {(one.kind, one.name): one for one in guest_subjects.of(workspace, language)}
    found = GuestLink.objects.filter(workspace=workspace).select_related("made_by")
    return [
        _line_of(link, there.get((link.kind, link.subject)), link.visit_count)
        for link in found.annotate(visit_count=Count("guest")).order_by("-id")
    ]


def make_link(
    workspace: Workspace,
    subject: GuestSubject,
    name: str,
    *,
    may_comment: bool,
    days: int | None,
    maker: Member,
) -> tuple[GuestLink, str]:
    """Make a link to one thing; its secret is given this once. ``days`` of None is for ever."""
    secret = new_secret()
    with transaction.atomic():
        link = GuestLink.objects.create(
            workspace=workspace,
            name=name,
            kind=subject.kind,
            subject=subject.name,
            may_comment=may_comment,
            secret_hash=hash_of(secret),
            made_by=maker,
            expires_at=None if days is None else now() + timedelta(days=days),
        )
        _tell("made guest link", link, f"member:{maker.pk}")
    return link, secret


def revoke_link(workspace: Workspace, link_id: int, *, actor: str) -> AuditLine:
    """Let a link no longer let in, nor those who came by it."""
    with transaction.atomic():
        changed = GuestLink.objects.filter(workspace=workspace, pk=link_id, revoked_at=None)
        link = changed.first()
        if link is None:
            raise NotFoundError("That link is no longer open.")
        changed.update(revoked_at=now())
        return _tell(REVOKED, link, actor)


def undo_revoking(workspace: Workspace, line_id: int, *, actor: str) -> GuestLink:
    """Let a revoked link let in again, as long as it would have."""
    with transaction.atomic():
        line = AuditLine.objects.filter(pk=line_id, workspace=workspace, action=REVOKED).first()
        number = (line.details or {}).get("link", 0) if line else 0
        found = GuestLink.objects.filter(workspace=workspace, pk=number).first()
        if found is None:
            raise NotFoundError("There is nothing to undo.")
        found.revoked_at = None
        found.save(update_fields=["revoked_at"])
        _tell("restored guest link", found, actor)
    return found


def link_by(secret: str) -> GuestLink | None:
    """Give the link of a secret, open or not."""
    found = GuestLink.objects.select_related("workspace", "made_by")
    return found.filter(secret_hash=hash_of(secret)).first()


def enter(link: GuestLink, name: str) -> Guest:
    """Let a guest in, who counts as a visit."""
    with transaction.atomic():
        guest = Guest.objects.create(link=link, name=name)
        _tell("came as guest", link, f"guest:{guest.pk}")
    return guest


def _line_of(link: GuestLink, subject: GuestSubject | None, visit_count: int) -> SharedLink:
    return SharedLink(
        link,
        subject.title if subject else link.subject,
        subject.address if subject else "",
        visit_count,
        link.is_open and subject is not None,
        link.revoked_at is not None,
    )


def _tell(action: str, link: GuestLink, actor: str) -> AuditLine:
    details = {"link": link.pk, "kind": link.kind, "subject": link.subject}
    return write_audit_line(
        actor, action, workspace_id=link.workspace_id, subject=link.name, details=details
    )
