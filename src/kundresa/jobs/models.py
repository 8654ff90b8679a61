"""The table of jobs."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce


class Job(models.Model):
    """One piece of work: waiting, leased by a worker, done or failed."""

    OPEN: ClassVar = ("waiting", "leased")

    id = models.BigAutoField(primary_key=True)
    workspace_id = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=100)
    payload = models.JSONField(default=dict)
    run_at = models.DateTimeField()
    state = models.CharField(max_length=10, default="waiting")
    lease_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=100, null=True)
    attempts = models.IntegerField(default=0)
    key = models.CharField(max_length=200, null=True)
    progress_done = models.BigIntegerField(default=0)
    progress_total = models.BigIntegerField(null=True)
    error = models.TextField(null=True)
    made_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=["state", "run_at"], name="jobs_due"),)
        constraints = (
            # coalesce, because SQL takes two empty workspaces for different ones
            models.UniqueConstraint(
                Coalesce("workspace_id", models.Value(0)),
                "kind",
                "key",
                condition=Q(state__in=("waiting", "leased")) & Q(key__isnull=False),
                name="jobs_key_once_while_open",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.id} ({self.state})"


class Heartbeat(models.Model):
    """When a worker was last seen alive."""

    worker = models.CharField(max_length=100, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.worker
