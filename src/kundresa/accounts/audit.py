"""Reads of the audit trail: what was done in a workspace, by whom and on which day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

from django.db.models import QuerySet

from kundresa.accounts.models import AuditLine

ON_A_PAGE: Final = 50


@dataclass(frozen=True)
class Sought:
    """Which lines are asked for; what is empty leaves nothing out."""

    actor: str = ""
    action: str = ""
    day: date | None = None


@dataclass(frozen=True)
class AuditPage:
    """Some lines, newest first, and the ids to go on from."""

    lines: Sequence[AuditLine]
    older: int | None
    newer: int | None


def audit_lines(workspace_id: int, sought: Sought, zone: tzinfo) -> QuerySet[AuditLine]:
    """Give the lines of a workspace that are asked for, newest first; days are those of ``zone``."""
    found = AuditLine.objects.filter(workspace_id=workspace_id).order_by("-id")
    if sought.actor:
        found = found.filter(actor=sought.actor)
    if sought.action:
        found = found.filter(action=sought.action)
    if sought.day is not None:
        found = found.filter(at__gte=_begin(sought.day, zone))
        found = found.filter(at__lt=_begin(sought.day + timedelta(days=1), zone))
    return found


def audit_page(lines: QuerySet[AuditLine], *, below: int | None, above: int | None) -> AuditPage:
    """Give a page of lines below or above an id, so that new lines move nobody's page."""
    if above is not None:
        later = list(lines.filter(id__gt=above).order_by("id")[: ON_A_PAGE + 1])
        has_newer, shown = len(later) > ON_A_PAGE, later[:ON_A_PAGE][::-1]
        return AuditPage(shown, above + 1, shown[0].pk if has_newer and shown else None)
    some = lines if below is None else lines.filter(id__lt=below)
    found = list(some[: ON_A_PAGE + 1])
    has_older, shown = len(found) > ON_A_PAGE, found[:ON_A_PAGE]
    older = shown[-1].pk if has_older else None
    is_first = below is None or not lines.filter(id__gte=below).exists()
    return AuditPage(
        shown, older, None if is_first else (shown[0].pk if shown else (below or 1) - 1)
    )


def actors_in(workspace_id: int) -> list[str]:
    """Give everybody who did something there."""
    found = AuditLine.objects.filter(workspace_id=workspace_id).order_by("actor")
    return list(found.values_list("actor", flat=True).distinct())


def actions_in(workspace_id: int) -> list[str]:
    """Give everything that was done there, each once."""
    found = AuditLine.objects.filter(workspace_id=workspace_id).order_by("action")
    return list(found.values_list("action", flat=True).distinct())


def _begin(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)
