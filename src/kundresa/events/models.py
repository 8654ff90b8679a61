"""Tables of what came in: sources with their write keys, the inbox, what was set aside.

``events_inbox`` is also written by the collect process, in plain SQL (`events.collect`).
"""

from __future__ import annotations

from django.db import models

from kundresa.accounts.api import Workspace


class Source(models.Model):
    """A sender of events and the key that it shows."""

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT)
    name = models.CharField(max_length=200)
    write_key = models.CharField(max_length=100, unique=True)
    is_open = models.BooleanField(default=True)
    made_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class InboxEvent(models.Model):
    """One event as it came in; ``received_at`` is in microseconds since 1970, UTC.

    ``transaction`` is PostgreSQL's transaction id, filled by the database there (see
    `events.queries.inbox_after`), and empty on SQLite.
    """

    sequence = models.BigAutoField(primary_key=True)
    workspace_id = models.BigIntegerField()
    message_id = models.CharField(max_length=100)
    received_at = models.BigIntegerField()
    day = models.DateField()
    body = models.BinaryField()
    transaction = models.BigIntegerField(null=True)

    class Meta:
        db_table = "events_inbox"
        constraints = (
            models.UniqueConstraint(fields=["workspace_id", "message_id"], name="inbox_once"),
        )
        indexes = (
            models.Index(fields=["workspace_id", "transaction", "sequence"], name="inbox_order"),
        )

    def __str__(self) -> str:
        return f"{self.sequence} {self.message_id}"


class SetAside(models.Model):
    """An event that can't be taken, and why."""

    sequence = models.BigIntegerField(primary_key=True)
    workspace_id = models.BigIntegerField()
    reason = models.TextField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "events_set_aside"

    def __str__(self) -> str:
        return f"{self.sequence}: {self.reason}"


class StoreVersion(models.Model):
    """What the store's ``CURRENT`` last said; a reader without the folder looks here."""

    workspace_id = models.BigIntegerField(primary_key=True)
    number = models.BigIntegerField()
    sealed_through = models.BigIntegerField()

    class Meta:
        db_table = "store_version"

    def __str__(self) -> str:
        return f"version {self.number}"
