"""Writes of stored maps."""

from __future__ import annotations

from django.db import transaction

from kundresa.accounts.api import write_audit_line
from kundresa.core.errors import raise_if_faulty
from kundresa.documents import fmt, lint, read_map
from kundresa.journeys.models import StoredMap


def save_map(workspace_id: int, text: str, *, actor: str) -> str:
    """Check a map document, keep it in canonical form, and give its id.

    Raises
    ------
    BadInputError
        With every fault of the document.
    """
    raise_if_faulty(lint(text), "The map")
    map_id, canonical = read_map(text).id, fmt(text)
    with transaction.atomic():
        found = StoredMap.objects.filter(workspace_id=workspace_id, map_id=map_id).first()
        if found is not None and found.text == canonical:
            return map_id
        StoredMap.objects.update_or_create(
            workspace_id=workspace_id, map_id=map_id, defaults={"text": canonical}
        )
        verb = "made map" if found is None else "changed map"
        write_audit_line(actor, verb, workspace_id=workspace_id, subject=map_id)
    return map_id
