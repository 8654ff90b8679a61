"""Members in tests, and clients that are signed in as them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.models.signals import post_save
from django.test import Client

from kundresa.accounts.api import Member, Right, Role, Workspace, join, make_member

BACKEND = "django.contrib.auth.backends.ModelBackend"


def a_member(
    *workspaces: Workspace,
    role: Role = Role.OWNER,
    name: str = "Åsa Berg",
    email: str = "",
    rights: set[Right] | None = None,
    **told: Any,
) -> Member:
    """Make a member with a role in these workspaces."""
    email = (
        email
        or f"{name.split(maxsplit=1)[0].lower()}-{role.value}-{Member.objects.count()}@example.se"
    )
    member = make_member(email, name, **told)
    for workspace in workspaces:
        join(workspace, member, role, actor="test", rights=rights)
    return member


def signed_in(client: Client, member: Member) -> Client:
    """Sign a client in, without the time that a password takes."""
    client.force_login(member, BACKEND)
    return client


def session_of(member: Member) -> str:
    """Give the key of a session that is signed in as a member, for a browser's cookie."""
    key = signed_in(Client(), member).session.session_key
    assert key is not None
    return key


@contextmanager
def owner_of_all(name: str = "Åsa Berg") -> Iterator[Member]:
    """A member who owns every workspace that is here and that is made meanwhile."""
    member = a_member(*Workspace.objects.all(), name=name)

    def let_in(instance: Workspace, created: bool, **_: Any) -> None:
        if created:
            join(instance, member, Role.OWNER, actor="test")

    post_save.connect(let_in, sender=Workspace)
    try:
        yield member
    finally:
        post_save.disconnect(let_in, sender=Workspace)
