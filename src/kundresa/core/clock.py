"""The one place that asks what time it is; everything below is passed ``now``."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """Give the time, aware, UTC."""
    return datetime.now(UTC)


def now_microseconds() -> int:
    """Give the time as whole microseconds since 1970."""
    moment = now()
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond
