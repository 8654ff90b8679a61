"""Writes of events: sources, and sealing what came in into the store."""

from __future__ import annotations

import fcntl
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

import msgspec
from django.db import transaction

from kundresa.accounts.api import has_audit_line, write_audit_line
from kundresa.core.errors import KundresaError
from kundresa.core.ids import new_secret
from kundresa.core.records import Event, parse_event
from kundresa.events.contracts import Imported
from kundresa.events.errors import BusyError
from kundresa.events.models import SetAside, Source, StoreVersion
from kundresa.events.queries import InboxRow, inbox_after
from kundresa.events.rules import event_record
from kundresa.events.sources import Piece, Quarantine, Reading
from kundresa.store import Store, Version

BATCH: Final = 5_000
CHUNK: Final = 200_000
"""Rows of an import that become one version of the store."""

_MARKS: Final = ("import", "import-events", "import-bad")


class Pieces(Protocol):
    """Reads a source without its first rows."""

    def __call__(self, *, skip: int) -> Iterable[Piece]:
        """Give the pieces, always in the same order."""


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
    """Put the events of a file that was read into the store, only the first time; `take_in_pieces`.

    It must be the whole file, as its rows count as done afterwards.
    """

    def pieces(*, skip: int) -> list[Piece]:
        whole = Piece(name, reading.rows, 1.0, reading.tables, reading.rejected)
        return [] if 0 < reading.rows <= skip else [whole]

    return take_in_pieces(
        workspace_id, folder, pieces, name=name, fingerprint=fingerprint, actor=actor
    )


def take_in_pieces(
    workspace_id: int,
    folder: Path,
    pieces: Pieces,
    *,
    name: str,
    fingerprint: str,
    actor: str,
    quarantine: Quarantine | None = None,
) -> Imported:
    """Put the events of a source into the store, some rows at a time, each row once.

    ``fingerprint`` (`events.sources.fingerprint`) tells whether the same content came before. The
    store's ``CURRENT`` takes the events and how many rows are done in one step, so a call after a
    crash goes on where the last one stopped, and one after the end adds nothing. The audit line
    comes last. Bad rows go to ``quarantine``. Nothing is started by imported events.

    Raises
    ------
    BusyError
        If another import into this workspace runs.
    """
    with _importing(folder):
        store = Store(folder)
        done = taken_in(folder, fingerprint)
        is_over = has_audit_line(workspace_id, "imported events", fingerprint=fingerprint)
        if done.rows and is_over:
            return done
        if quarantine:
            quarantine.go_on_after(done.rejected)
        for chunk in _chunks(pieces(skip=done.rows), done.rows):
            bad = [each for piece in chunk for each in piece.rejected]
            tables = [table for piece in chunk for table in piece.tables]
            events = sum(table.num_rows for table in tables)
            done = Imported(
                chunk[-1].rows, done.events + events, done.added + events,
                done.rejected + len(bad),
            )  # fmt: skip
            # Before the store moves on: a crash between the two puts the same rows aside again.
            if quarantine:
                quarantine.put(bad)
            _write_version(workspace_id, store.append_rows(tables, marks=_marks(done, fingerprint)))
        store.compact()
        _write_version(workspace_id, store.version)
        _tell_audit(workspace_id, done, name=name, fingerprint=fingerprint, actor=actor)
    return done


def _chunks(pieces: Iterable[Piece], before: int) -> Iterator[list[Piece]]:
    """Put pieces together until they hold `CHUNK` rows, as every version of a store has a price."""
    chunk: list[Piece] = []
    for piece in pieces:
        chunk.append(piece)
        if piece.rows - before >= CHUNK:
            yield chunk
            chunk, before = [], piece.rows
    if chunk:
        yield chunk


def taken_in(folder: Path, fingerprint: str) -> Imported:
    """Say what the store holds of a source by now; nothing is added by saying so."""
    marks = Store(folder).version.marks
    rows, events, bad = (marks.get(f"{what}:{fingerprint}", 0) for what in _MARKS)
    return Imported(rows, events, 0, bad)


def _marks(done: Imported, fingerprint: str) -> dict[str, int]:
    counts = (done.rows, done.events, done.rejected)
    return {f"{what}:{fingerprint}": count for what, count in zip(_MARKS, counts, strict=True)}


def _tell_audit(
    workspace_id: int, done: Imported, *, name: str, fingerprint: str, actor: str
) -> None:
    details = {"fingerprint": fingerprint, "events": done.events, "rows": done.rows,
               "rejected": done.rejected}  # fmt: skip
    with transaction.atomic():
        if not has_audit_line(workspace_id, "imported events", fingerprint=fingerprint):
            write_audit_line(
                actor, "imported events", workspace_id=workspace_id, subject=name, details=details
            )


@contextmanager
def _importing(folder: Path) -> Iterator[None]:
    # Two imports of one file would both begin where the last one stopped.
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "importing.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BusyError(
                "Another import into this workspace is running.",
                hint="Give the command again when it has ended.",
            ) from error
        yield


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
