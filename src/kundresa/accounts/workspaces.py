"""Writes of workspaces as their owners ask for them: another one, its name, language, time zone."""

from __future__ import annotations

import re
from itertools import count
from typing import Final

from django.db import transaction
from django.utils.text import slugify

from kundresa.accounts.actions import join, make_workspace, write_audit_line
from kundresa.accounts.models import Member, Membership, Workspace
from kundresa.accounts.rules import Role

_LONGEST: Final = 50
"""Of what the name gives to the address, so that a number has room behind it."""


def found_workspace(member: Member, name: str, *, language: str = "") -> Workspace:
    """Make a workspace at an address that is free; whoever asks becomes its owner."""
    actor = f"member:{member.pk}"
    with transaction.atomic():
        workspace = make_workspace(name, slug=_free_slug(name), actor=actor)
        workspace.language, workspace.time_zone = language, member.time_zone
        workspace.save(update_fields=["language", "time_zone"])
        join(workspace, member, Role.OWNER, actor=actor)
    return workspace


def change_workspace(
    workspace: Workspace, *, name: str, language: str, time_zone: str, actor: str
) -> bool:
    """Change what a workspace is called and speaks; its address stays. False if nothing changed."""
    told = {"name": name, "language": language, "time_zone": time_zone}
    with transaction.atomic():
        found = Workspace.objects.select_for_update().get(pk=workspace.pk)
        before = {
            key: getattr(found, key) for key, new in told.items() if getattr(found, key) != new
        }
        if not before:
            return False
        after = {key: told[key] for key in before}
        Workspace.objects.filter(pk=found.pk).update(**after)
        write_audit_line(
            actor, "changed workspace", workspace_id=found.pk, subject=name,
            details={"before": before, "after": after},
        )  # fmt: skip
    return True


def owns_a_workspace(member: Member) -> bool:
    """Tell whether a member is the owner of some workspace, and so may make another."""
    return Membership.objects.filter(member=member, role=Role.OWNER.value).exists()


def _free_slug(name: str) -> str:
    first = re.sub(r"^-+|-+$", "", slugify(name)[:_LONGEST]) or "workspace"
    taken = set(Workspace.objects.filter(slug__startswith=first).values_list("slug", flat=True))
    if first not in taken:
        return first
    return next(slug for n in count(2) if (slug := f"{first}-{n}") not in taken)
