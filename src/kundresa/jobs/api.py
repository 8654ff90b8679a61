"""The door to jobs."""

from kundresa.jobs.actions import beat, claim, enqueue, extend_lease, fail, finish
from kundresa.jobs.contracts import ClaimedJob
from kundresa.jobs.queries import last_heartbeat, open_job_count

__all__ = [
    "ClaimedJob",
    "beat",
    "claim",
    "enqueue",
    "extend_lease",
    "fail",
    "finish",
    "last_heartbeat",
    "open_job_count",
]
