"""Writes of events: sources, and sealing what came in into the store."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
from django.db import transaction

from kundresa.accounts.api import has_audit_line, write_audit_line
from kundresa.core.errors import KundresaError
from kundresa.core.ids import new_secret
from kundresa.core.records import Event, parse_event
from kundresa.events.contracts import Imported
from kundresa.events.models import SetAside, Source, StoreVersion
from kundresa.events.queries import InboxRow, inbox_after
from kundresa.events.rules import event_record
from kundresa.events.sources import Reading
from kundresa.store import Store, Version

BATCH: Final = 5_000


def make_source(workspace_id: int, name: str) -> Source:
    """Make a source with a new write key."""
    key = new_secret(24)
    return Source.objects.create(workspace_id=workspace_id, name=name, write_key=key)


def close_source(source_id: int) -> None:
    """Take a write key out of use."""
    Source.objects.filter(id=source_id).update(is_open=False)


def ensure_first_source(workspace_id: int) -> Source:
    """Give the first open source of a workspace, made when there is none."""
    with transaction.atomic():
        found = Source.objects.filter(workspace_id=workspace_id, is_open=True).order_by("id")
        return found.first() or make_source(workspace_id, "First source")


def seal_inbox(workspace_id: int, folder: Path, *, limit: int = BATCH) -> int:
    """Put the next events of the inbox into the store, exactly once; give how many were read.

    The store's ``CURRENT`` takes the events and the bookmark in one step, so it alone decides
    what is sealed; the database row follows and is mended by the next call after a crash.
    """
    store = Store(folder)
    with _sealing(folder):
        marks = store.version.marks
        bookmark = marks.get("inbox_transaction", 0), marks.get("inbox", 0)
        rows = inbox_after(workspace_id, bookmark, limit)
        if not rows:
            _write_version(workspace_id, store.version)
            return 0
        events, refused = _read(rows)
        # Before the store moves on: a crash between the two repeats this, and changes nothing.
        SetAside.objects.bulk_create(
            [SetAside(sequence=at, workspace_id=workspace_id, reason=why) for at, why in refused],
            ignore_conflicts=True,
        )
        last = rows[-1]
        version = store.append(
            events, marks={"inbox": last.sequence, "inbox_transaction": last.transaction}
        )
        _write_version(workspace_id, version)
    return len(rows)


def take_in(
    workspace_id: int, folder: Path, reading: Reading, *, name: str, fingerprint: str, actor: str
) -> Imported:
    """Put the events of a file into the store, in one step, and only the first time.

    ``fingerprint`` (`events.sources.fingerprint`) tells whether the same content came before. The
    store's ``CURRENT`` takes it together with the events, so it alone decides; the audit line
    follows and is written by the next call after a crash. Nothing is started by imported events.
    """
    store = Store(folder)
    is_new = store.append_once(f"import:{fingerprint}", reading.tables)
    _write_version(workspace_id, store.version)
    details = {"fingerprint": fingerprint, "events": reading.event_count, "rows": reading.rows,
               "rejected": len(reading.rejected)}  # fmt: skip
    with transaction.atomic():
        if not has_audit_line(workspace_id, "imported events", fingerprint=fingerprint):
            write_audit_line(
                actor, "imported events", workspace_id=workspace_id, subject=name, details=details
            )
    added = reading.event_count if is_new else 0
    return Imported(reading.rows, reading.event_count, added, len(reading.rejected))


def _read(rows: Sequence[InboxRow]) -> tuple[list[Event], list[tuple[int, str]]]:
    events: list[Event] = []
    refused: list[tuple[int, str]] = []
    for row in rows:
        try:
            message = msgspec.json.decode(row.body)
            events.append(parse_event(event_record(message, row.received_at)))
        except KundresaError as error:
            refused.append((row.sequence, str(error)))
        except Exception as error:  # whatever one event does, the others go on  # noqa: BLE001
            refused.append((row.sequence, f"{type(error).__name__}: {error}"))
    return events, refused


def _write_version(workspace_id: int, version: Version) -> None:
    values = {"number": version.number, "sealed_through": version.marks.get("inbox", 0)}
    if not StoreVersion.objects.filter(workspace_id=workspace_id, **values).exists():
        StoreVersion.objects.update_or_create(workspace_id=workspace_id, defaults=values)


@contextmanager
def _sealing(folder: Path) -> Iterator[None]:
    # Two workers must not read the same bookmark; the system frees the lock of a killed one.
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "sealing.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
