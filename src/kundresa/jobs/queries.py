"""Reads of jobs."""

from __future__ import annotations

from datetime import datetime

from kundresa.jobs.contracts import FailedJob
from kundresa.jobs.models import Heartbeat, Job


def last_heartbeat() -> datetime | None:
    """Give when any worker was last seen alive."""
    return Heartbeat.objects.order_by("-at").values_list("at", flat=True).first()


def open_job_count(kind: str = "") -> int:
    """Count the jobs that are waiting or leased, of all kinds or of one."""
    found = Job.objects.filter(state__in=Job.OPEN)
    return (found.filter(kind=kind) if kind else found).count()


def failed_jobs(kind: str, *, since: datetime, workspace_id: int | None = None) -> list[FailedJob]:
    """Give the jobs of a kind and a workspace that were given up, the newest first."""
    found = Job.objects.filter(
        kind=kind, workspace_id=workspace_id, state="failed", ended_at__gte=since
    )
    columns = ("payload", "error", "ended_at")
    return [FailedJob(*row) for row in found.order_by("-id").values_list(*columns)]
