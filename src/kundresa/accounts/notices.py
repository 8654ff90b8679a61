"""Notices to members: written with what they tell, in words only when they are read.

A notice holds facts, so that it speaks the language that its reader has when they read it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from kundresa.accounts.models import Member, Membership, Notice, Workspace
from kundresa.accounts.rules import Role
from kundresa.core.clock import now
from kundresa.core.errors import Fault, known_values, raise_if_faulty, shown

NOTICE_KINDS: Final[Mapping[str, frozenset[str]]] = {
    "joined": frozenset({"name", "role"}),
    "role_changed": frozenset({"role", "by"}),
    "removed": frozenset({"by"}),
    "import_done": frozenset({"file", "events", "readings"}),
    "import_failed": frozenset({"file"}),
    "mail_given_up": frozenset({"to"}),
}
"""The facts that each kind of notice tells; ``role`` as stored, ``by`` a name."""

_FOR_LEAVERS: Final = ("removed",)
_PATH: Final = re.compile(r"/(?![/\\])[\x21-\x7e]*")


def notify(
    member: Member,
    workspace: Workspace,
    kind: str,
    facts: Mapping[str, str | int],
    address: str = "",
) -> None:
    """Write a notice; call it inside the transaction of what it tells.

    Parameters
    ----------
    kind
        One of ``NOTICE_KINDS``, with exactly its facts.
    address
        The path of the page that it is about, if there is one.

    Raises
    ------
    BadInputError
        With every fault of kind, facts and address.
    """
    raise_if_faulty(list(_faults(kind, facts, address)), "The notice")
    Notice.objects.create(
        member=member, workspace=workspace, kind=kind, facts=dict(facts), address=address
    )


def notify_actor(
    actor: str, workspace_id: int, kind: str, facts: Mapping[str, str | int], address: str = ""
) -> None:
    """Tell whoever began something, by the name in the audit trail; only members are told."""
    number = actor.removeprefix("member:")
    if number == actor or not number.isdecimal():
        return
    for each in _memberships(workspace_id).filter(member=int(number)):
        notify(each.member, each.workspace, kind, facts, address)


def notify_owners(
    workspace_id: int, kind: str, facts: Mapping[str, str | int], address: str = ""
) -> None:
    """Tell the owners of a workspace."""
    for each in _memberships(workspace_id).filter(role=Role.OWNER.value):
        notify(each.member, each.workspace, kind, facts, address)


def notices_of(member: Member) -> QuerySet[Notice]:
    """Give a member's notices, newest first; none of a workspace that they are no longer in.

    That they were taken out is the one thing that they are still told.
    """
    still_in = Membership.objects.filter(member=member, workspace=OuterRef("workspace"))
    own = Notice.objects.filter(member=member).select_related("workspace").order_by("-id")
    return own.filter(Q(Exists(still_in)) | Q(kind__in=_FOR_LEAVERS))


def unread_count(member: Member) -> int:
    """Count what waits to be read."""
    return notices_of(member).filter(read_at=None).count()


def mark_read(member: Member, notice_id: int) -> Notice | None:
    """Mark a notice as read and give it; None where the member has no such notice."""
    found = notices_of(member).filter(pk=notice_id).first()
    if found is not None:
        Notice.objects.filter(pk=found.pk, read_at=None).update(read_at=now())
    return found


def mark_all_read(member: Member) -> datetime | None:
    """Mark everything as read, all at the moment that is given; None where nothing was unread."""
    moment = now()
    changed = Notice.objects.filter(member=member, read_at=None).update(read_at=moment)
    return moment if changed else None


def mark_unread(member: Member, read_at: datetime) -> int:
    """Take `mark_all_read` back: what was marked at that moment is unread again."""
    return Notice.objects.filter(member=member, read_at=read_at).update(read_at=None)


def _memberships(workspace_id: int) -> QuerySet[Membership]:
    found = Membership.objects.filter(workspace_id=workspace_id, member__is_active=True)
    return found.select_related("member", "workspace")


def _faults(kind: str, facts: Mapping[str, str | int], address: str) -> Iterator[Fault]:
    if address and not _PATH.fullmatch(address):
        yield Fault("address", f"{shown(address)} is no path.", "Write /like/this.")
    if kind not in NOTICE_KINDS:
        said = f"{shown(kind)} is no kind of notice."
        yield Fault("kind", said, known_values(kind, NOTICE_KINDS))
        return
    wanted = NOTICE_KINDS[kind]
    for name in sorted(wanted - facts.keys()):
        yield Fault(f"facts.{name}", "is missing.", f"{kind} tells {', '.join(sorted(wanted))}.")
    for name in sorted(facts.keys() - wanted):
        yield Fault(f"facts.{name}", f"is nothing that {kind} tells.", known_values(name, wanted))
