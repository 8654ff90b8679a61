"""Notices: what a member should know, kept as facts and said in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kundresa.accounts.models import Member, Notice, Workspace


def notify(
    member: Member, workspace: Workspace, kind: str, facts: Mapping[str, Any], address: str
) -> None:
    """Tell a member something; call it inside the transaction of what it tells."""
    Notice.objects.create(
        member=member, workspace=workspace, kind=kind, facts=dict(facts), address=address
    )
