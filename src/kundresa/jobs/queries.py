"""Reads of jobs."""

from __future__ import annotations

from datetime import datetime

from kundresa.jobs.models import Heartbeat, Job


def last_heartbeat() -> datetime | None:
    """Give when any worker was last seen alive."""
    return Heartbeat.objects.order_by("-at").values_list("at", flat=True).first()


def open_job_count() -> int:
    """Count the jobs that are waiting or leased."""
    return Job.objects.filter(state__in=Job.OPEN).count()
