"""Writes of stored maps."""

from __future__ import annotations

import json

from django.db import transaction

from kundresa.accounts.api import write_audit_line
from kundresa.core.errors import BadInputError, Fault, raise_if_faulty
from kundresa.documents import fmt, lint, read_data, read_map
from kundresa.journeys.errors import MapChangedError
from kundresa.journeys.models import StoredMap
from kundresa.journeys.queries import mark_of


def save_map(
    workspace_id: int,
    text: str,
    *,
    actor: str,
    map_id: str | None = None,
    made_from: str | None = None,
) -> str:
    """Check a map document, keep it in canonical form, and give its id.

    Parameters
    ----------
    map_id
        The id that the document must have, where it was named beside it.
    made_from
        The mark (`mark_of`) of the stored text that the change was made from.

    Raises
    ------
    BadInputError
        With every fault of the document.
    MapChangedError
        If the stored map has another mark than ``made_from``, or isn't there.
    """
    # One line that ends like a file's name would be taken for one.
    text += "\n"
    raise_if_faulty(lint(text), "The map")
    found_id, canonical = read_map(text, "yaml").id, fmt(text)
    if map_id is not None and map_id != found_id:
        fault = Fault("id", f"is {found_id!r}.", f"Write {map_id!r}, as the address has it.")
        raise BadInputError("The map has another id.", faults=[fault])
    _refuse_what_json_lacks(canonical)
    map_id = found_id
    with transaction.atomic():
        own = StoredMap.objects.select_for_update().filter(workspace_id=workspace_id)
        found = own.filter(map_id=map_id).first()
        if made_from is not None and (found is None or mark_of(found.text) != made_from):
            raise MapChangedError(
                f"The map {map_id!r} was changed meanwhile.",
                hint="Read it again, make the change in it, and send it with its new ETag.",
            )
        if found is not None and found.text == canonical:
            return map_id
        StoredMap.objects.update_or_create(
            workspace_id=workspace_id, map_id=map_id, defaults={"text": canonical}
        )
        verb = "made map" if found is None else "changed map"
        write_audit_line(actor, verb, workspace_id=workspace_id, subject=map_id)
    return map_id


def _refuse_what_json_lacks(text: str) -> None:
    """Refuse what YAML can write and no answer could carry."""
    try:
        json.dumps(read_data(text, "yaml").result, ensure_ascii=False, allow_nan=False).encode()
    except ValueError as error:
        raise BadInputError(
            "The map has half a character (a lone surrogate), or a number that is none.",
            hint="Write characters whole, and numbers in digits.",
        ) from error
