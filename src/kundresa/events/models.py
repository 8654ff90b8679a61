"""Tables of what came in: sources with their keys, readings, imports, what was set aside, erased.

The inbox itself is plain SQL (`events.collect.days`), because the collect process writes it and
because it has a table for each day.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from kundresa.accounts.api import Workspace


class Source(models.Model):
    """A sender of events and the key that it shows; ``heard_at`` is microseconds of UTC."""

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT)
    name = models.CharField(max_length=200)
    write_key = models.CharField(max_length=100, unique=True)
    is_open = models.BooleanField(default=True)
    made_at = models.DateTimeField(auto_now_add=True)
    heard_at = models.BigIntegerField(null=True)

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


class Import(models.Model):
    """A file that was uploaded to be imported, and how far that is.

    ``plan`` says how its rows become events, without any value of them: event records, the choices
    of a page, a mapping as it was written, or rows of another import that were mended. ``file`` is
    its name in the workspace's folder of uploads. The values from ``began_at`` to ``share`` tell
    of the turn that is under way or was the last one; ``before`` counts the events of the same
    content that the store had before the first, ``readings_before`` its readings. Of ``readings``,
    ``readings_added`` are new and ``readings_corrected`` replaced another number; the others stood
    there already, as do those that a turn had taken when its process was killed.
    """

    DRAFT: ClassVar = "draft"
    WAITING: ClassVar = "waiting"
    RUNNING: ClassVar = "running"
    STOPPING: ClassVar = "stopping"
    STOPPED: ClassVar = "stopped"
    DONE: ClassVar = "done"
    FAILED: ClassVar = "failed"
    AT_WORK: ClassVar = (WAITING, RUNNING, STOPPING)
    MAY_START: ClassVar = (DRAFT, STOPPED, FAILED)

    id = models.CharField(max_length=26, primary_key=True)
    workspace_id = models.BigIntegerField()
    name = models.CharField(max_length=200)
    file = models.CharField(max_length=60)
    size = models.BigIntegerField()
    actor = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    plan = models.JSONField()
    notes = models.JSONField(default=list)
    state = models.CharField(max_length=10, default=DRAFT)
    turn = models.IntegerField(default=0)
    mended_of = models.CharField(max_length=26, null=True)
    fingerprint = models.CharField(max_length=32, null=True)
    before = models.BigIntegerField(default=0)
    began_at = models.DateTimeField(null=True)
    began_rows = models.BigIntegerField(default=0)
    began_share = models.FloatField(default=0)
    seen_at = models.DateTimeField(null=True)
    rows = models.BigIntegerField(default=0)
    share = models.FloatField(default=0)
    events = models.BigIntegerField(default=0)
    readings = models.BigIntegerField(default=0)
    readings_before = models.BigIntegerField(default=0)
    readings_added = models.BigIntegerField(default=0)
    readings_corrected = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    error = models.TextField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=["workspace_id", "id"], name="imports_by_workspace"),)

    def __str__(self) -> str:
        return f"{self.name} ({self.state})"

    @property
    def added(self) -> int:
        """Count the events that came in by this import, not by an earlier one of the same."""
        return max(self.events - self.before, 0)

    @property
    def came_before(self) -> bool:
        """Whether an earlier import had taken all of the same content."""
        taken = self.events + self.readings
        return taken > 0 and taken == self.before + self.readings_before


class SavedMapping(models.Model):
    """A plan that was kept under a name, offered where a file with the same columns comes."""

    id = models.BigAutoField(primary_key=True)
    workspace_id = models.BigIntegerField()
    name = models.CharField(max_length=100)
    columns = models.CharField(max_length=32)
    plan = models.JSONField()
    saved_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["workspace_id", "name"], name="mapping_once_per_name"),
        )

    def __str__(self) -> str:
        return self.name
