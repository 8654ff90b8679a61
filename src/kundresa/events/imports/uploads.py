"""Files on their way in: taken over, recognised, guessed, and removed in the end."""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from django.db import transaction

from kundresa.accounts.api import write_audit_line
from kundresa.core.clock import now
from kundresa.core.errors import BadInputError
from kundresa.core.ids import new_id
from kundresa.core.incoming import INCOMING, incoming_file, refuse_without_room
from kundresa.events.imports.places import drop_upload, head_beside
from kundresa.events.imports.plans import Plan, plan_of, plan_of_mapping
from kundresa.events.models import Import
from kundresa.events.queries import uploads_of
from kundresa.events.sources import guess_mapping, is_quarantine
from kundresa.events.sources.choices import choices_of, unchosen, with_names
from kundresa.events.sources.guess import first_look
from kundresa.events.sources.recognise import holds_records, recognised

_HEAD: Final = 1 << 20


def write_incoming(pieces: Iterable[bytes], data_folder: Path, most: int) -> Path:
    """Write what comes in to a place of its own.

    Raises
    ------
     NoRoomError
        Also in the middle; nothing stays then.
    """
    path, size = incoming_file(data_folder), 0
    try:
        with path.open("wb") as file:
            for piece in pieces:
                size += len(piece)
                refuse_without_room(data_folder, size, most)
                file.write(piece)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def receive(
    workspace_id: int, data_folder: Path, incoming: Path, *, name: str, zone: str, actor: str
) -> Import:
    """Take an uploaded file over, say what it is, and guess what its columns mean.

    Raises
    ------
    BadInputError
        If it is nothing that can be imported; the file is gone then.
    """
    path = incoming
    try:
        token = new_id()
        path = _moved(incoming, uploads_of(workspace_id, data_folder) / token)
        if is_quarantine(path):
            raise BadInputError(
                "The file holds rows that were put aside.",
                hint="Mend them and upload them on the page of the import that they come from.",
            )
        called = name.replace("\\", "/").rpartition("/")[2].strip()[:200] or "file"
        plan, notes = _first_plan(_kept_head(path), called, zone)
    except BadInputError as error:
        _forget(path)
        said = _without_place(error.message, path)
        raise BadInputError(said, hint=error.hint, faults=error.faults) from error
    except BaseException:
        _forget(path)
        raise
    return keep(workspace_id, path, called, plan, notes, actor)


def _forget(path: Path) -> None:
    path.unlink(missing_ok=True)
    head_beside(path).unlink(missing_ok=True)


def _without_place(message: str, path: Path) -> str:
    """Take out where the file lies: that is the machine's business, and says nothing to a member."""
    for place in (head_beside(path), path):
        message = message.replace(str(place), "The file")
    return message


def _moved(incoming: Path, target: Path) -> Path:
    path = target.with_name(target.name + recognised(incoming))
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    incoming.chmod(0o600)
    return incoming.rename(path)


def _kept_head(path: Path) -> Path:
    """Keep the beginning of a long text beside it, as a preview must not wait for all of it."""
    if path.suffixes[0] not in (".csv", ".jsonl", ".log"):
        return path
    with path.open("rb") as raw:
        file = gzip.GzipFile(fileobj=raw) if path.suffix == ".gz" else raw
        try:
            beginning = file.read(_HEAD)
        except (EOFError, zlib.error, OSError):
            return path  # what reads it next says so
    cut = _end_of_rows(beginning)
    is_wide = beginning.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if len(beginning) < _HEAD or is_wide or not cut:
        return path
    head = head_beside(path)
    head.touch(mode=0o600)
    head.write_bytes(beginning[:cut])
    return head


def _end_of_rows(text: bytes) -> int:
    """Say where the last whole row ends; a line end between quotes ends none."""
    cut = text.rfind(b"\n") + 1
    has_open = text.count(b'"', 0, cut) % 2 == 1
    while has_open and cut:
        before = text.rfind(b"\n", 0, cut - 1) + 1
        has_open ^= text.count(b'"', before, cut) % 2 == 1
        cut = before
    return cut


def keep(
    workspace_id: int, path: Path, name: str, plan: Plan, notes: list[str], actor: str,
    mended_of: str | None = None,
) -> Import:  # fmt: skip
    """Write an import down whose file lies in its place."""
    with transaction.atomic():
        one = Import.objects.create(
            id=new_id(), workspace_id=workspace_id, name=name, file=path.name, actor=actor,
            size=path.stat().st_size, made_at=now(), plan=plan, notes=notes, mended_of=mended_of,
        )  # fmt: skip
        write_audit_line(actor, "uploaded a file", workspace_id=workspace_id, subject=name,
                         details={"import": one.id})  # fmt: skip
    return one


def _first_plan(path: Path, name: str, zone: str) -> tuple[dict[str, Any], list[str]]:
    if ".jsonl" in path.suffixes and holds_records(path):
        return {"records": True}, []
    table, columns = first_look(path)
    names = [column.name for column in columns]
    try:
        guess = guess_mapping(path, zone=zone, name=name)
    except BadInputError as error:
        return plan_of(unchosen(names, table, zone)), [error.message]
    found = choices_of(guess.data, names)
    if found is None:
        return plan_of_mapping(guess.data, names), list(guess.notes)
    return plan_of(with_names(found, name)), list(guess.notes)


def discard(one: Import, data_folder: Path, *, actor: str) -> bool:
    """Remove an import that was never started, with its file."""
    with transaction.atomic():
        gone, _ = Import.objects.filter(id=one.id, state=Import.DRAFT).delete()
        if gone:
            write_audit_line(actor, "removed an upload", workspace_id=one.workspace_id,
                             subject=one.name, details={"import": one.id})  # fmt: skip
    if gone:
        drop_upload(one, data_folder)
    return bool(gone)


def sweep_uploads(data_folder: Path, *, kept: timedelta) -> None:
    """Remove uploaded files that lay too long, and drafts whose file is gone."""
    before = now() - kept
    busy = set(Import.objects.filter(state__in=Import.AT_WORK).values_list("file", flat=True))
    for path in (data_folder / "uploads").glob("*/*"):
        is_incoming = path.parent.name == INCOMING
        limit = now() - timedelta(days=1) if is_incoming else before
        if path.name not in busy and path.stat().st_mtime < limit.timestamp():
            path.unlink(missing_ok=True)
    Import.objects.filter(state=Import.DRAFT, made_at__lt=before).delete()
