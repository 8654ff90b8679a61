"""What workers do for events, one job at a time; thin entries over the actions."""

from __future__ import annotations

from datetime import timedelta

from kundresa.core.clock import now
from kundresa.core.settings import settings
from kundresa.events import actions, imports, sealing
from kundresa.jobs.api import ClaimedJob


def tidy_store(job: ClaimedJob) -> None:
    """Compact and sweep the store of the job's workspace."""
    if job.workspace_id is not None:
        sealing.tidy_store(job.workspace_id, settings().data_dir)


def drop_inbox_days(job: ClaimedJob) -> None:  # noqa: ARG001
    """Drop the days of the inbox that are sealed and old enough."""
    found = settings()
    sealing.drop_sealed_days(found.data_dir, today=now().date(), kept=found.inbox_days)


def erase_profile(job: ClaimedJob) -> None:
    """Finish an erasure whose caller died."""
    actions.finish_erasure(str(job.payload["erasure"]), settings().data_dir)


def import_file(job: ClaimedJob) -> None:
    """Take an uploaded file in."""
    imports.run(str(job.payload["import"]), int(job.payload["turn"]), settings().data_dir)


def sweep_uploads(job: ClaimedJob) -> None:  # noqa: ARG001
    """Remove uploaded files that nobody imported."""
    found = settings()
    imports.sweep_uploads(found.data_dir, kept=timedelta(days=found.upload_days))
