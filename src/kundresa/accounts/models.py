"""Tables of workspaces and of who did what."""

from __future__ import annotations

from django.db import models


class Workspace(models.Model):
    """One company's or department's own room; everything belongs to one."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=60, unique=True)
    made_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class AuditLine(models.Model):
    """One thing that somebody did; never changed afterwards."""

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, null=True, on_delete=models.PROTECT)
    at = models.DateTimeField(auto_now_add=True)
    actor = models.CharField(max_length=200)
    action = models.CharField(max_length=100)
    subject = models.CharField(max_length=200, blank=True)
    details = models.JSONField(null=True)

    class Meta:
        indexes = (models.Index(fields=["workspace", "id"], name="audit_by_workspace"),)

    def __str__(self) -> str:
        return f"{self.actor} {self.action} {self.subject}".strip()
