"""Writes of jobs. A claim is one update, so two workers never win the same job."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from kundresa.jobs.contracts import ClaimedJob
from kundresa.jobs.models import Heartbeat, Job

LEASE: Final = timedelta(seconds=60)
WAITS: Final = tuple(timedelta(seconds=5) * 2**n for n in range(7))
"""How long a failed job waits before each next attempt; after the last it is given up."""

SECRET: Final = "secret"  # noqa: S105
"""What stands under this key of a payload is taken out with the end of the job."""

_CLAIM: Final = """
UPDATE jobs_job SET state = 'leased', lease_until = %s, worker = %s, attempts = attempts + 1
WHERE id = (SELECT id FROM jobs_job
            WHERE ((state = 'waiting' AND run_at <= %s)
                   OR (state = 'leased' AND lease_until <= %s)){kinds}
            ORDER BY run_at, id LIMIT 1 {lock})
RETURNING id, workspace_id, kind, payload, attempts
"""


def enqueue(
    kind: str,
    payload: Mapping[str, Any] | None = None,
    *,
    workspace_id: int | None = None,
    key: str | None = None,
    run_at: datetime | None = None,
) -> int:
    """Write a job down; while one with the same key is open, give that one's id instead."""
    try:
        with transaction.atomic():
            job = Job.objects.create(
                kind=kind,
                payload=dict(payload or {}),
                workspace_id=workspace_id,
                key=key,
                run_at=run_at or timezone.now(),
            )
    except IntegrityError:
        same = Job.objects.filter(kind=kind, key=key, workspace_id=workspace_id)
        job = same.get(state__in=Job.OPEN)
    return job.id


def claim(
    worker: str,
    *,
    now: datetime | None = None,
    lease: timedelta = LEASE,
    only: Sequence[str] = (),
    but: Sequence[str] = (),
) -> ClaimedJob | None:
    """Take the job that has been due longest, also one whose worker died.

    ``only`` and ``but`` name kinds, where long ones have a thread of their own.
    """
    moment = now or timezone.now()
    lock = "FOR UPDATE SKIP LOCKED" if connection.vendor == "postgresql" else ""
    values = [_stamp(moment + lease), worker, _stamp(moment), _stamp(moment), *only, *but]
    kinds = _among("IN", only) + _among("NOT IN", but)
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM.format(lock=lock, kinds=kinds), values)
        row = cursor.fetchone()
    if row is None:
        return None
    payload = json.loads(row[3]) if isinstance(row[3], str) else row[3]
    return ClaimedJob(row[0], row[1], row[2], payload, row[4])


def _among(how: str, kinds: Sequence[str]) -> str:
    return f" AND kind {how} ({', '.join(['%s'] * len(kinds))})" if kinds else ""


def extend_lease(
    job: ClaimedJob, *, done: int | None = None, total: int | None = None, lease: timedelta = LEASE
) -> bool:
    """Keep a job and tell how far it is; False says that another worker has it now."""
    values: dict[str, Any] = {"lease_until": timezone.now() + lease}
    if done is not None:
        values["progress_done"] = done
    if total is not None:
        values["progress_total"] = total
    return bool(_held(job).update(**values))


def finish(job: ClaimedJob) -> bool:
    """Mark a job done; False when its lease went to another worker."""
    ended = {"state": "done", "ended_at": timezone.now(), "error": None}
    return bool(_held(job).update(**ended, lease_until=None, **_without_secret(job)))


def fail(
    job: ClaimedJob, error: str, *, permanent: bool = False, waits: Sequence[timedelta] = WAITS
) -> bool:
    """Let a job wait longer each time, and give it up after the last attempt."""
    values: dict[str, Any] = {"error": error[:4000], "lease_until": None}
    if permanent or job.attempt > len(waits):
        values |= {"state": "failed", "ended_at": timezone.now(), **_without_secret(job)}
    else:
        values |= {"state": "waiting", "run_at": timezone.now() + waits[job.attempt - 1]}
    return bool(_held(job).update(**values))


def _without_secret(job: ClaimedJob) -> dict[str, Any]:
    # In the same update as the end, so that no crash leaves a secret behind.
    if SECRET not in job.payload:
        return {}
    return {"payload": {key: value for key, value in job.payload.items() if key != SECRET}}


def beat(worker: str) -> None:
    """Write down that a worker lives, and forget those long gone."""
    moment = timezone.now()
    with transaction.atomic():
        Heartbeat.objects.update_or_create(worker=worker, defaults={"at": moment})
        Heartbeat.objects.filter(at__lt=moment - timedelta(days=1)).delete()


def _held(job: ClaimedJob) -> Any:
    return Job.objects.filter(Q(id=job.id, state="leased", attempts=job.attempt))


def _stamp(moment: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)
