"""Tables of stored maps."""

from __future__ import annotations

from django.db import models

from kundresa.accounts.api import Workspace


class StoredMap(models.Model):
    """A map document of a workspace."""

    id = models.BigAutoField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT)
    map_id = models.CharField(max_length=100)
    text = models.TextField()
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["workspace", "map_id"], name="map_id_in_workspace"),
        )

    def __str__(self) -> str:
        return self.map_id
