"""The door to jobs."""

from kundresa.jobs.actions import SECRET, WAITS, beat, claim, enqueue, extend_lease, fail, finish
from kundresa.jobs.contracts import ClaimedJob, FailedJob
from kundresa.jobs.queries import failed_jobs, last_heartbeat, open_job_count

__all__ = [
    "SECRET",
    "WAITS",
    "ClaimedJob",
    "FailedJob",
    "beat",
    "claim",
    "enqueue",
    "extend_lease",
    "fail",
    "failed_jobs",
    "finish",
    "last_heartbeat",
    "open_job_count",
]
