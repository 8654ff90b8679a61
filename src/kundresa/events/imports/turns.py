"""Starting and stopping imports; a worker does the rest."""

from __future__ import annotations

from typing import Final

from django.db import transaction
from django.db.models import F

from kundresa.accounts.api import write_audit_line
from kundresa.events.models import Import
from kundresa.jobs.api import enqueue

IMPORT: Final = "import_file"


def start(one: Import, *, actor: str) -> bool:
    """Hand an import to the workers, also one that stopped or failed; False if it is under way."""
    with transaction.atomic():
        changed = Import.objects.filter(id=one.id, state__in=Import.MAY_START).update(
            state=Import.WAITING, turn=F("turn") + 1, error=None, began_at=None, ended_at=None
        )
        if changed:
            turn = Import.objects.values_list("turn", flat=True).get(id=one.id)
            # Each turn has a key of its own: the job of the last may still be ending.
            enqueue(IMPORT, {"import": one.id, "turn": turn}, workspace_id=one.workspace_id,
                    key=f"{one.id}:{turn}")  # fmt: skip
            write_audit_line(actor, "started an import", workspace_id=one.workspace_id,
                             subject=one.name, details={"import": one.id})  # fmt: skip
    return bool(changed)


def stop(one: Import, *, actor: str) -> bool:
    """Stop an import; what is saved stays, and it can go on later."""
    own = Import.objects.filter(id=one.id)
    with transaction.atomic():
        changed = own.filter(state=Import.RUNNING).update(state=Import.STOPPING)
        changed += own.filter(state=Import.WAITING).update(state=Import.STOPPED)
        if changed:
            write_audit_line(actor, "stopped an import", workspace_id=one.workspace_id,
                             subject=one.name, details={"import": one.id})  # fmt: skip
    return bool(changed)
