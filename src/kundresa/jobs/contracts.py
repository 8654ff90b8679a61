"""What crosses the door of jobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class ClaimedJob:
    """A job that one worker holds; ``attempt`` also proves that the lease is still its own."""

    id: int
    workspace_id: int | None
    kind: str
    payload: Mapping[str, Any]
    attempt: int


@dataclass(frozen=True)
class FailedJob:
    """A job that was given up, and why."""

    payload: Mapping[str, Any]
    error: str
    ended_at: datetime
