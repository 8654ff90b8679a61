"""Tables of what came in: sources with their keys, readings, what was set aside, what was erased.

The inbox itself is plain SQL (`events.collect.days`), because the collect process writes it and
because it has a table for each day.
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
    """The version of a workspace's store (`store.version`): which files count, how far it is sealed.

    ``text`` is empty in a row of an older release, whose stores had their version in ``CURRENT``.
    """

    workspace_id = models.BigIntegerField(primary_key=True)
    number = models.BigIntegerField()
    sealed_through = models.BigIntegerField()
    text = models.TextField(null=True)

    class Meta:
        db_table = "store_version"

    def __str__(self) -> str:
        return f"version {self.number}"


class StoreLease(models.Model):
    """Who may seal, compact or import in a store, and until when by the database's clock.

    ``until`` is UTC microseconds.
    """

    id = models.BigAutoField(primary_key=True)
    workspace_id = models.BigIntegerField()
    name = models.CharField(max_length=40)
    holder = models.CharField(max_length=120)
    until = models.BigIntegerField()

    class Meta:
        db_table = "store_lease"
        constraints = (
            models.UniqueConstraint(fields=["workspace_id", "name"], name="store_lease_once"),
        )

    def __str__(self) -> str:
        return f"{self.name} by {self.holder}"


class Erasure(models.Model):
    """A line of the ledger of erasures: whom, as keyed hashes, when, and how much it was.

    ``identifiers`` has the clear text while the erasure is under way, so that whoever goes on
    after a crash knows what to erase; it is empty from the moment that nothing is left to find.
    """

    id = models.CharField(max_length=26, primary_key=True)
    workspace_id = models.BigIntegerField()
    hashes = models.JSONField()
    identifiers = models.JSONField(null=True)
    actor = models.CharField(max_length=200)
    asked_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)
    counts = models.JSONField()

    class Meta:
        db_table = "events_erasure"
        indexes = (models.Index(fields=["workspace_id", "id"], name="erasure_by_workspace"),)

    def __str__(self) -> str:
        return f"{self.id} in workspace {self.workspace_id}"


class Reading(models.Model):
    """A number for a period, from ``begins`` until before ``ends`` (microseconds, UTC).

    ``key`` is the hash of what makes it the one it is: series, period, place and source. Money is
    in ``micro``, everything else in ``number``. ``content`` says which import it last came with.
    """

    id = models.BigAutoField(primary_key=True)
    workspace_id = models.BigIntegerField()
    key = models.CharField(max_length=32)
    series = models.CharField(max_length=200)
    place_kind = models.CharField(max_length=10, blank=True)
    place = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=200)
    begins = models.BigIntegerField()
    ends = models.BigIntegerField()
    zone = models.CharField(max_length=64)
    unit = models.CharField(max_length=200)
    micro = models.BigIntegerField(null=True)
    number = models.FloatField(null=True)
    content = models.CharField(max_length=32)

    class Meta:
        db_table = "events_reading"
        constraints = (
            models.UniqueConstraint(fields=["workspace_id", "key"], name="reading_once"),
        )
        indexes = (models.Index(fields=["workspace_id", "begins"], name="reading_by_period"),)

    def __str__(self) -> str:
        return f"{self.series} of workspace {self.workspace_id}"
