"""Writes of events: sources, imports, and erasing a profile everywhere."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol

import pyarrow as pa
from django.db import OperationalError, connection, transaction

from kundresa.accounts.api import has_audit_line, write_audit_line
from kundresa.core.clock import now
from kundresa.core.ids import new_id, new_secret
from kundresa.core.logs import logger
from kundresa.core.settings import secret_key, settings
from kundresa.events.collect.days import table_of
from kundresa.events.contracts import Erased, Held, Imported, TakenReadings
from kundresa.events.errors import BusyError, DatabaseBusyError, LedgerKeyError
from kundresa.events.leases import LEASE
from kundresa.events.models import Erasure, Import, SetAside, Source
from kundresa.events.queries import (
    RowKey,
    exports_that,
    held_about,
    inbox_identifiers,
    inbox_rows_of,
    joined_but_kept,
    quarantine_files,
    row_key,
    store_in,
    store_of,
    uploads_that_hold,
)
from kundresa.events.readings import take_readings
from kundresa.events.rules import keyed_hash, line_holds, pattern_of
from kundresa.events.sealing import drop_gone
from kundresa.events.sources import Contents, Piece, Quarantine, Rejected
from kundresa.jobs.api import enqueue
from kundresa.profiles import api as profiles
from kundresa.profiles.api import (
    BEHIND,
    TABLES,
    counts,
    forget_profiles,
    known_names,
    make_profiles,
)
from kundresa.store import Store
from kundresa.store.keeper import IMPORTING, SEALING, locked
from kundresa.store.objects import write_durably

ERASE: Final = "erase_profile"
LEDGER: Final = "erasures.jsonl"
UPLOAD_ERASED: Final = "The file was removed, because a customer who may be in it was erased."
_TAKEN_OVER_AFTER: Final = timedelta(minutes=2)
_ROWS_AT_ONCE: Final = 2_000
_IDS_AT_ONCE: Final = 500
_LONGEST_CHECKPOINT: Final = 10.0
_LONG: Final = 6
_LONGEST_IMPORT_STEP: Final = 120.0
_log = logger(__name__)
CHUNK: Final = 200_000
"""Rows of an import that become one version of the store."""

_MARKS: Final = ("import", "import-events", "import-bad", "import-readings")


class Pieces(Protocol):
    """Reads a source without its first rows."""

    def __call__(self, *, skip: int) -> Iterable[Piece]:
        """Give the pieces, always in the same order."""


def make_source(workspace_id: int, name: str, *, actor: str = "kundresa") -> Source:
    """Make a source with a new write key."""
    key = new_secret(24)
    with transaction.atomic():
        made = Source.objects.create(workspace_id=workspace_id, name=name, write_key=key)
        write_audit_line(actor, "made a source", workspace_id=workspace_id, subject=name)
    return made


def rename_source(workspace_id: int, source_id: int, name: str, *, actor: str) -> bool:
    """Give a source another name; its key stays. False where the workspace has no such source."""
    with transaction.atomic():
        found = _source(workspace_id, source_id)
        if found is not None and found.name != name:
            Source.objects.filter(id=found.id).update(name=name)
            write_audit_line(actor, "renamed a source", workspace_id=workspace_id, subject=name,
                             details={"before": found.name})  # fmt: skip
    return found is not None


def close_source(workspace_id: int, source_id: int, *, actor: str) -> bool:
    """Take a write key out of use; collect refuses it a second later at most."""
    return _set_open(workspace_id, source_id, False, "closed a source", actor)


def open_source(workspace_id: int, source_id: int, *, actor: str) -> bool:
    """Take `close_source` back: the same key works again."""
    return _set_open(workspace_id, source_id, True, "opened a source", actor)


def _set_open(workspace_id: int, source_id: int, is_open: bool, said: str, actor: str) -> bool:
    with transaction.atomic():
        found = _source(workspace_id, source_id)
        if found is not None and found.is_open != is_open:
            Source.objects.filter(id=found.id).update(is_open=is_open)
            write_audit_line(actor, said, workspace_id=workspace_id, subject=found.name)
    return found is not None


def _source(workspace_id: int, source_id: int) -> Source | None:
    own = Source.objects.select_for_update().filter(workspace_id=workspace_id)
    return own.filter(id=source_id).first()


def ensure_first_source(workspace_id: int) -> Source:
    """Give the first open source of a workspace, made when there is none."""
    with transaction.atomic():
        found = Source.objects.filter(workspace_id=workspace_id, is_open=True).order_by("id")
        return found.first() or make_source(workspace_id, "First source")


def take_in(
    workspace_id: int, folder: Path, reading: Contents, *, name: str, fingerprint: str, actor: str
) -> Imported:
    """Put the events of a file that was read into the store, only the first time; `take_in_pieces`.

    It must be the whole file, as its rows count as done afterwards.
    """

    def pieces(*, skip: int) -> list[Piece]:
        whole = Piece(name, reading.rows, 1.0, reading.tables, reading.rejected, reading.readings)
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
    may_correct: bool = True,
    told: Callable[[Imported], None] | None = None,
) -> Imported:
    """Put events into the store and readings into their table, some rows at a time, each once.

    ``fingerprint`` (`events.sources.fingerprint`) tells whether the same content came before. The
    store's version takes the events and how many rows are done in one step, so a call after a
    crash goes on where the last one stopped, and one after the end adds nothing. The audit line
    comes last. Bad rows go to ``quarantine``. Nothing is started by imported events. Readings are
    taken before the store moves on: taken again after a crash, they change nothing. ``told`` is
    called with what is done so far, each time that more of it is saved.

    Raises
    ------
    BusyError
        If another import into this workspace runs.
    """
    store = store_in(workspace_id, folder)
    with _importing(store):
        done = _taken_in(store, fingerprint)
        is_over = has_audit_line(workspace_id, "imported events", fingerprint=fingerprint)
        if done.rows and is_over:
            return done
        known = counts(workspace_id)
        if quarantine:
            quarantine.go_on_after(done.rejected)
        for chunk in _chunks(pieces(skip=done.rows), done.rows):
            tables = [table for piece in chunk for table in piece.tables]
            before = _marks(done, fingerprint)
            taken = take_readings(
                workspace_id, (some for piece in chunk for some in piece.readings),
                content=fingerprint, name=name, actor=actor, may_correct=may_correct,
            )  # fmt: skip
            bad = [*(each for piece in chunk for each in piece.rejected), *taken.rejected]
            done = _after(done, chunk[-1].rows, tables, taken, bad)
            # Before the store moves on: a crash between the two puts the same rows aside again.
            if quarantine:
                quarantine.put(bad)
            store.append_rows(tables, marks=_marks(done, fingerprint), after=before)
            if told:
                told(done)
            _make_profiles(workspace_id, store, least=BEHIND)
        store.compact()
        _make_profiles(workspace_id, store)
        _tell_audit(workspace_id, done, name=name, fingerprint=fingerprint, actor=actor)
        new = counts(workspace_id).since(known)
    return replace(done, **asdict(new))


def _make_profiles(workspace_id: int, store: Store, *, least: int = 1) -> None:
    with store.holding(SEALING):
        make_profiles(workspace_id, store, least=least)


def _after(
    done: Imported,
    rows: int,
    tables: Sequence[pa.Table],
    taken: TakenReadings,
    bad: Sequence[Rejected],
) -> Imported:
    events = sum(table.num_rows for table in tables)
    return Imported(
        rows, done.events + events, done.added + events, done.rejected + len(bad),
        done.readings + taken.count, done.readings_added + taken.added,
        done.readings_corrected + taken.corrected,
    )  # fmt: skip


def _chunks(pieces: Iterable[Piece], before: int) -> Iterator[list[Piece]]:
    """Put pieces together until they hold `CHUNK` rows, as every version of a store has a price."""
    chunk: list[Piece] = []
    for piece in pieces:
        chunk.append(piece)
        if piece.rows - before >= CHUNK or sum(map(_reading_count, chunk)) >= CHUNK:
            yield chunk
            chunk, before = [], piece.rows
    if chunk:
        yield chunk


def _reading_count(piece: Piece) -> int:
    return sum(map(len, piece.readings))


def taken_in(workspace_id: int, folder: Path, fingerprint: str) -> Imported:
    """Say what the store holds of a source by now; nothing is added by saying so."""
    return _taken_in(store_in(workspace_id, folder), fingerprint)


def _taken_in(store: Store, fingerprint: str) -> Imported:
    marks = store.version.marks
    rows, events, bad, readings = (marks.get(f"{what}:{fingerprint}", 0) for what in _MARKS)
    return Imported(rows, events, 0, bad, readings)


def _marks(done: Imported, fingerprint: str) -> dict[str, int]:
    parts = (done.rows, done.events, done.rejected, done.readings)
    return {f"{what}:{fingerprint}": count for what, count in zip(_MARKS, parts, strict=True)}


def _tell_audit(
    workspace_id: int, done: Imported, *, name: str, fingerprint: str, actor: str
) -> None:
    details = {"fingerprint": fingerprint, "events": done.events, "rows": done.rows,
               "rejected": done.rejected, "readings": done.readings}  # fmt: skip
    with transaction.atomic():
        if not has_audit_line(workspace_id, "imported events", fingerprint=fingerprint):
            write_audit_line(
                actor, "imported events", workspace_id=workspace_id, subject=name, details=details
            )


@contextmanager
def _importing(store: Store) -> Iterator[None]:
    # Two imports of one file would both begin where the last one stopped.
    with store.holding(IMPORTING, wait=False) as has_won:
        if not has_won:
            raise BusyError(
                "Another import into this workspace is running.",
                hint="Give the command again when it has ended. If it was killed, that is "
                f"{LEASE:.0f} seconds later at most.",
            )
        yield


def split_profile(workspace_id: int, data_folder: Path, number: int, *, actor: str) -> None:
    """Undo what made a profile one with others, and keep it apart; see `profiles.api`."""
    store = store_of(workspace_id, data_folder)
    with store.holding(SEALING):
        profiles.split_profile(workspace_id, store, number, actor=actor)


def rejoin_profile(workspace_id: int, data_folder: Path, number: int, *, actor: str) -> None:
    """Take `split_profile` back."""
    store = store_of(workspace_id, data_folder)
    with store.holding(SEALING):
        profiles.rejoin_profile(workspace_id, store, number, actor=actor)


def set_merge_rules(
    workspace_id: int, data_folder: Path, rules: profiles.MergeRules, *, actor: str
) -> None:
    """Choose which identifiers make profiles one; see `profiles.api`."""
    store = store_of(workspace_id, data_folder)
    with store.holding(SEALING):
        profiles.set_merge_rules(workspace_id, store, rules, actor=actor)


def erase_profile(workspace_id: int, data_folder: Path, profile: str, *, actor: str) -> Erased:
    """Erase everything that is held about a profile, wherever it lies.

    ``profile`` is any identifier of it; what leads to it and to nobody else goes with it. A call
    that dies is finished by the next one or, some minutes later, by a worker.

    Raises
    ------
    NoSuchProfileError
        If nothing is held about it.
    DatabaseBusyError
        If somebody reads the database for too long; a worker tries again.
    """
    own = keyed_hash(_ledger_key(), workspace_id, profile)
    for begun in Erasure.objects.filter(workspace_id=workspace_id, erased_at=None).order_by("id"):
        done = finish_erasure(begun.id, data_folder)
        if own in begun.hashes:
            return done
    held = held_about(workspace_id, data_folder, profile)
    return finish_erasure(_begin_erasure(workspace_id, held, actor), data_folder)


def _begin_erasure(workspace_id: int, held: Held, actor: str) -> str:
    key, moment = _ledger_key(), now()
    with transaction.atomic():
        begun = Erasure.objects.create(
            id=new_id(), workspace_id=workspace_id, actor=actor, asked_at=moment,
            hashes=[keyed_hash(key, workspace_id, one) for one in held.identifiers],
            identifiers=list(held.identifiers), counts=held.counts,
        )  # fmt: skip
        # The job names the erasure and not the customer: jobs are kept.
        enqueue(
            ERASE, {"erasure": begun.id}, workspace_id=workspace_id, key=begun.id,
            run_at=moment + _TAKEN_OVER_AFTER,
        )  # fmt: skip
    return begun.id


def finish_erasure(erasure_id: str, data_folder: Path) -> Erased:
    """Take every step of an erasure that isn't taken yet; a step taken twice changes nothing."""
    with locked(data_folder / "erasing.lock"):
        begun = Erasure.objects.get(id=erasure_id)
        done = Erased(begun.id, begun.counts)
        if begun.erased_at is not None:
            return done
        identifiers = begun.identifiers
        if identifiers is not None:
            _erase_everywhere(begun.workspace_id, data_folder, identifiers)
            _write_ledger_line(begun, data_folder)
            _forget_identifiers(begun)
        _scrub_database(identifiers)
        Erasure.objects.filter(id=erasure_id).update(erased_at=now())
        return done


def replay_ledger(data_folder: Path, *, since: datetime | None = None) -> int:
    """Erase again whoever a restored backup brought back; give how many erasures that were.

    ``since`` is when the backup was made: older erasures are in it, and who came back after
    being erased is not to be erased again.

    Raises
    ------
    LedgerKeyError
        If the ledger was written with another secret key.
    """
    entries = [one for one in _ledger_lines(data_folder) if since is None or one["at"] >= since]
    check = _key_check()
    if any(one["key"] != check for one in entries):
        raise LedgerKeyError(
            "The ledger of erasures was written with another secret key.",
            hint="Give this installation the secret key that it had then (KUNDRESA_SECRET_KEY).",
        )
    for workspace_id in sorted({one["workspace"] for one in entries}):
        hashes = {each for one in entries if one["workspace"] == workspace_id
                  for each in one["hashes"]}  # fmt: skip
        found = [name for name in _names_in(workspace_id, data_folder)
                 if keyed_hash(_ledger_key(), workspace_id, name) in hashes]  # fmt: skip
        if found:
            _erase_everywhere(workspace_id, data_folder, found)
            _scrub_database(found)
    _take_ledger_over(entries)
    return len(entries)


def _names_in(workspace_id: int, data_folder: Path) -> set[str]:
    names = store_of(workspace_id, data_folder).snapshot().dictionaries.texts("profile")
    in_store = {name for name in names.to_pylist() if name is not None}
    return in_store | inbox_identifiers(workspace_id) | known_names(workspace_id)


def _erase_everywhere(workspace_id: int, data_folder: Path, identifiers: Sequence[str]) -> None:
    store = store_of(workspace_id, data_folder)
    _erase_uploads(workspace_id, data_folder, identifiers)
    # Nothing may be on its way from the inbox into the store meanwhile: it would come back.
    with store.holding(SEALING):
        drop_gone()
        _erase_inbox(workspace_id, set(identifiers))
        if kept := joined_but_kept(store, identifiers):
            store.part([*kept, *identifiers])
        store.erase(identifiers)
        # After the store, so that nothing can make them again of what it still had.
        forget_profiles(workspace_id, store, identifiers)
    pattern = pattern_of(identifiers)
    for path, lines in quarantine_files(workspace_id, data_folder):
        kept = [line for line in lines if not line_holds(line, pattern)]
        if not kept:
            path.unlink()
        elif len(kept) < len(lines):
            _replace(path, "".join(kept))
    for path in exports_that(pattern.search, workspace_id, data_folder):
        path.unlink()


def _erase_uploads(workspace_id: int, data_folder: Path, identifiers: Sequence[str]) -> None:
    """Remove the uploaded files that name somebody, and end what is being imported of them."""
    own = Import.objects.filter(workspace_id=workspace_id)
    for path in uploads_that_hold(identifiers, workspace_id, data_folder):
        ended = {"state": Import.FAILED, "error": UPLOAD_ERASED, "ended_at": now()}
        at_work = own.filter(file=path.name, state__in=Import.AT_WORK)
        is_at_work = bool(at_work.update(**ended))
        own.filter(file=path.name, state__in=Import.MAY_START).update(**ended)
        path.unlink(missing_ok=True)
        if is_at_work:
            # What it has read may still be on its way into the store, and would come back.
            _wait_for_import(store_of(workspace_id, data_folder))


def _wait_for_import(store: Store) -> None:
    until = time.monotonic() + _LONGEST_IMPORT_STEP
    while time.monotonic() < until:
        with store.holding(IMPORTING, wait=False) as is_free:
            if is_free:
                return
        time.sleep(0.1)
    raise _is_busy()


def _replace(path: Path, text: str) -> None:
    mode = path.stat().st_mode
    write_durably(path, text.encode())
    path.chmod(mode & 0o777)


def _erase_inbox(workspace_id: int, identifiers: set[str]) -> None:
    for day, keys in inbox_rows_of(workspace_id, identifiers).items():
        for start in range(0, len(keys), _IDS_AT_ONCE):
            _erase_rows(workspace_id, table_of(day), keys[start : start + _IDS_AT_ONCE])
    pattern = pattern_of(identifiers)
    told = SetAside.objects.filter(workspace_id=workspace_id).values_list("sequence", "reason")
    naming = [sequence for sequence, reason in told.iterator() if pattern.search(reason)]
    for start in range(0, len(naming), _IDS_AT_ONCE):
        SetAside.objects.filter(sequence__in=naming[start : start + _IDS_AT_ONCE]).delete()


def _erase_rows(workspace_id: int, table: str, keys: Sequence[RowKey]) -> None:
    places = ", ".join(["%s"] * len(keys))
    where = f"{table} WHERE workspace_id = %s AND {row_key()} IN ({places})"
    with transaction.atomic(), connection.cursor() as cursor:
        values: list[RowKey] = [workspace_id, *keys]
        cursor.execute(
            "DELETE FROM events_set_aside WHERE sequence IN "  # noqa: S608
            f"(SELECT sequence FROM {where})",
            values,
        )
        cursor.execute(f"DELETE FROM {where}", values)  # noqa: S608


def _forget_identifiers(begun: Erasure) -> None:
    with transaction.atomic():
        Erasure.objects.filter(id=begun.id).update(identifiers=None)
        write_audit_line(
            begun.actor, "erased a profile", workspace_id=begun.workspace_id,
            subject=begun.id, details={"hashes": begun.hashes, **begun.counts},
        )  # fmt: skip


# --- the ledger -----------------------------------------------------------------------------------


def _ledger_key() -> str:
    return secret_key(settings())


def _key_check() -> str:
    """Tell keys apart without showing any."""
    return keyed_hash(_ledger_key(), 0, "")[:16]


def _write_ledger_line(begun: Erasure, data_folder: Path) -> None:
    """Write an erasure into the file that a restore of the database leaves alone."""
    line = {
        "id": begun.id, "workspace": begun.workspace_id, "at": begun.asked_at.isoformat(),
        "key": _key_check(), "hashes": begun.hashes, "counts": begun.counts, "actor": begun.actor,
    }  # fmt: skip
    with (data_folder / LEDGER).open("a", encoding="utf-8") as file:
        # A line of its own, whatever a crash left of the one before.
        file.write(f"\n{json.dumps(line)}\n")
        file.flush()
        os.fsync(file.fileno())


def _ledger_lines(data_folder: Path) -> list[dict[str, Any]]:
    """Give the lines, each erasure once; a line that a crash cut off was written again."""
    found: dict[str, dict[str, Any]] = {}
    path = data_folder / LEDGER
    for text in path.read_text("utf-8").splitlines() if path.exists() else []:
        with contextlib.suppress(ValueError):
            line = json.loads(text)
            found[line["id"]] = {**line, "at": datetime.fromisoformat(line["at"])}
    return list(found.values())


def _take_ledger_over(entries: Sequence[Mapping[str, Any]]) -> None:
    """Write into the table what the restored database doesn't know yet."""
    Erasure.objects.bulk_create(
        [
            Erasure(
                id=one["id"], workspace_id=one["workspace"], hashes=one["hashes"],
                actor=one["actor"], asked_at=one["at"], erased_at=now(), counts=one["counts"],
            )
            for one in entries
        ],
        ignore_conflicts=True,
    )  # fmt: skip


# --- the database's own files ---------------------------------------------------------------------


def _scrub_database(identifiers: Sequence[str] | None) -> None:
    """Let no deleted row stand in the database's files.

    SQLite overwrites what it deletes (``secure_delete``), but its log has the pages from before
    until it is emptied. Then the file is looked through, and written anew if it holds a trace,
    as it may after a crash (None: nobody knows any more what to look for).
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            tables = ", ".join(("events_inbox", "events_set_aside", "events_erasure", *TABLES))
            cursor.execute(f"VACUUM {tables}")
        return
    _empty_log()
    if identifiers is None or _file_holds(Path(connection.settings_dict["NAME"]), identifiers):
        try:
            with connection.cursor() as cursor:
                cursor.execute("VACUUM")
        except OperationalError as error:
            raise _is_busy() from error
        _empty_log()


def _empty_log() -> None:
    until = time.monotonic() + _LONGEST_CHECKPOINT
    while True:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            if not cursor.fetchone()[0]:
                return
        if time.monotonic() > until:
            raise _is_busy()
        time.sleep(0.05)


def _is_busy() -> DatabaseBusyError:
    return DatabaseBusyError(
        "The customer is erased, but the database is in use and keeps deleted rows in its log.",
        hint="A worker finishes it; or run the command again in a while.",
    )


def _file_holds(path: Path, identifiers: Sequence[str]) -> bool:
    pattern = pattern_of(identifiers)
    # In an index a text stands right behind another one, where no pattern for words finds it.
    long = [one.encode() for one in identifiers if len(one) >= _LONG]
    kept = b""
    with path.open("rb") as file:
        while block := file.read(1 << 22):
            # What is cut at the end of a block is read again with the next.
            whole = kept + block
            if any(one in whole for one in long) or pattern.search(
                whole.decode("utf-8", "replace")
            ):
                return True
            kept = block[-4096:]
    return False
