"""Tables of who is who. Profiles and accounts have the numbers that the store gives them as codes.

Times are UTC microseconds, as in the store: rows are written by the hundred thousand.
"""

from __future__ import annotations

from django.db import models


class Profile(models.Model):
    """A customer or visitor as the events name it; its number is its code in the store.

    There is no index on ``key``: the store's dictionary answers that, and keeping a second one
    would double what an import costs here.
    """

    pk = models.CompositePrimaryKey("workspace_id", "number")
    workspace_id = models.BigIntegerField()
    number = models.BigIntegerField()
    key = models.TextField(null=True)
    first_seen = models.BigIntegerField(null=True)
    last_seen = models.BigIntegerField(null=True)
    merged_into = models.BigIntegerField(null=True)
    kept_apart_at = models.BigIntegerField(null=True)

    class Meta:
        db_table = "profiles_profile"
        indexes = (
            models.Index(
                fields=["workspace_id", "merged_into"], name="profile_by_merged",
                condition=models.Q(merged_into__isnull=False),
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"profile {self.number} in workspace {self.workspace_id}"


class Identifier(models.Model):
    """A type and a value that events of a profile carry."""

    # The value before its type: an erasure looks for values, whatever they are called.
    pk = models.CompositePrimaryKey("workspace_id", "value", "type", "number")
    workspace_id = models.BigIntegerField()
    type = models.TextField()
    value = models.TextField()
    number = models.BigIntegerField()
    first_seen = models.BigIntegerField(null=True)
    source = models.TextField(null=True)

    class Meta:
        db_table = "profiles_identifier"
        indexes = (models.Index(fields=["workspace_id", "number"], name="identifier_by_profile"),)

    def __str__(self) -> str:
        return f"a {self.type} of profile {self.number} in workspace {self.workspace_id}"


class Account(models.Model):
    """A customer account: what events call their group; its number is that group's code."""

    pk = models.CompositePrimaryKey("workspace_id", "number")
    workspace_id = models.BigIntegerField()
    number = models.BigIntegerField()
    key = models.TextField(null=True)
    first_seen = models.BigIntegerField(null=True)
    last_seen = models.BigIntegerField(null=True)

    class Meta:
        db_table = "profiles_account"

    def __str__(self) -> str:
        return f"account {self.number} in workspace {self.workspace_id}"


class Membership(models.Model):
    """A profile that has events of a customer account."""

    pk = models.CompositePrimaryKey("workspace_id", "account", "number")
    workspace_id = models.BigIntegerField()
    account = models.BigIntegerField()
    number = models.BigIntegerField()
    first_seen = models.BigIntegerField(null=True)
    last_seen = models.BigIntegerField(null=True)

    class Meta:
        db_table = "profiles_membership"
        indexes = (models.Index(fields=["workspace_id", "number"], name="membership_by_profile"),)

    def __str__(self) -> str:
        return f"profile {self.number} of account {self.account} in workspace {self.workspace_id}"


class Merge(models.Model):
    """That a profile became part of another one, by which identifier, and when that ended."""

    id = models.BigAutoField(primary_key=True)
    workspace_id = models.BigIntegerField()
    number = models.BigIntegerField()
    root = models.BigIntegerField()
    type = models.TextField(null=True)
    value = models.TextField(null=True)
    merged_at = models.BigIntegerField(null=True)
    undone_at = models.BigIntegerField(null=True)

    class Meta:
        db_table = "profiles_merge"
        indexes = (
            models.Index(fields=["workspace_id", "number"], name="merge_by_profile"),
            models.Index(fields=["workspace_id", "root"], name="merge_by_root"),
            models.Index(
                fields=["workspace_id", "value"], name="merge_by_identifier",
                condition=models.Q(undone_at__isnull=True),
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.number} into {self.root} in workspace {self.workspace_id}"


class Shared(models.Model):
    """An identifier that leads to several profiles and merges nothing, and why."""

    pk = models.CompositePrimaryKey("workspace_id", "value", "type")
    workspace_id = models.BigIntegerField()
    type = models.TextField()
    value = models.TextField()
    profiles = models.BigIntegerField(null=True)
    why = models.TextField(null=True)

    class Meta:
        db_table = "profiles_shared"

    def __str__(self) -> str:
        return f"a {self.type} of {self.profiles} profiles in workspace {self.workspace_id}"


class Making(models.Model):
    """How far the profiles of a workspace are made, and by which rules they merge.

    ``has_left_out`` says that some identifier or key didn't fit into the tables as it is.
    """

    workspace_id = models.BigIntegerField(primary_key=True)
    sequence = models.BigIntegerField()
    has_left_out = models.BooleanField(null=True)
    types = models.JSONField(null=True)
    most_profiles = models.IntegerField(null=True)

    class Meta:
        db_table = "profiles_making"

    def __str__(self) -> str:
        return f"profiles of workspace {self.workspace_id}, made through {self.sequence}"
