"""Whether this installation can do its work: database, worker, collect."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import httpx
from django.db import connection
from django.utils import timezone

from kundresa.jobs.api import last_heartbeat

FRESH: Final = timedelta(seconds=15)


def database_fault() -> str:
    """Say what is wrong with the database, or nothing."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception as error:  # noqa: BLE001
        connection.close()
        return f"does not answer: {type(error).__name__}"
    return ""


def worker_fault() -> str:
    """Say what is wrong with the workers, or nothing."""
    try:
        seen = last_heartbeat()
    except Exception as error:  # noqa: BLE001
        return f"heartbeat can't be read: {type(error).__name__}"
    if seen is None:
        return "has never been seen"
    return "" if timezone.now() - seen < FRESH else f"was last seen at {seen:%Y-%m-%d %H:%M:%S} UTC"


def collect_fault(port: int) -> str:
    """Say what is wrong with the collect process, or nothing."""
    try:
        with httpx.Client(trust_env=False, timeout=2) as client:
            status = client.get(f"http://127.0.0.1:{port}/healthz").status_code
    except httpx.HTTPError as error:
        return f"does not answer: {type(error).__name__}"
    return "" if status == 200 else f"answers {status}"


def faults(collect_port: int) -> dict[str, str]:
    """Give what is wrong, by part; empty when all is well."""
    found = {
        "database": database_fault(),
        "worker": worker_fault(),
        "collect": collect_fault(collect_port),
    }
    return {part: fault for part, fault in found.items() if fault}
