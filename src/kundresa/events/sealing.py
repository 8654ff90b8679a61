"""Sealing what came in into the store, dropping the days that are sealed, and tidying the store."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import pyarrow as pa
from django.db import DatabaseError, connection, transaction

from kundresa.core.errors import KundresaError
from kundresa.core.logs import logger
from kundresa.events.collect.days import GONE, ids_of, sqlite_day_away, table_of
from kundresa.events.columns import Rows
from kundresa.events.models import SetAside
from kundresa.events.queries import (
    InboxRow,
    days_half_dropped,
    has_unsealed,
    inbox_after,
    inbox_days,
    store_in,
    store_of,
    workspaces_of_day,
)
from kundresa.jobs.api import enqueue
from kundresa.profiles.api import made_through, make_profiles
from kundresa.store import Store, Version
from kundresa.store.compaction import MANY
from kundresa.store.keeper import SEALING, HoldLostError, MovedOnError

BATCH: Final = 5_000
TIDY: Final = "tidy_store"
_ROWS_AT_ONCE: Final = 2_000
_COMMITS_AT_ONCE: Final = 400
"""Of a table of ids, whose rows have the ids of a whole commit."""
_log = logger(__name__)


def seal_inbox(workspace_id: int, folder: Path, *, limit: int = BATCH, wait: bool = True) -> int:
    """Put the next events of the inbox into the store, exactly once; give how many were read.

    While somebody else seals or erases in the workspace this waits, or gives 0 without ``wait``.

    The store's version, which has the bookmark, and the events that are set aside change in one
    transaction. It is lost to whoever read on meanwhile, so even two who don't know of each other
    put no event in twice.
    """
    store = store_in(workspace_id, folder)
    # A look costs nothing; a hold may be a write.
    if not inbox_after(workspace_id, bookmark(store), 1):
        _catch_up(workspace_id, store, wait=wait)
        return 0
    with store.holding(SEALING, wait=wait) as has_won:
        begun = bookmark(store)
        rows = inbox_after(workspace_id, begun, limit) if has_won else ()
        version = _sealed(workspace_id, store, begun, rows) if rows else None
        if version is not None:
            make_profiles(workspace_id, store)
    if version is None:
        return 0
    if len(version.deltas) > MANY:
        enqueue(TIDY, workspace_id=workspace_id, key=TIDY)
    return len(rows)


def _catch_up(workspace_id: int, store: Store, *, wait: bool) -> None:
    """Make the profiles that a crash left unmade."""
    if made_through(workspace_id) >= store.version.sequence:
        return
    with store.holding(SEALING, wait=wait) as has_won:
        if has_won:
            make_profiles(workspace_id, store)


def _sealed(
    workspace_id: int, store: Store, begun: tuple[int, int], rows: Sequence[InboxRow]
) -> Version | None:
    """Put the rows behind a bookmark into the store; None where somebody else did meanwhile."""
    arrived, refused = _read(rows)
    last = rows[-1]

    def set_aside() -> None:
        SetAside.objects.bulk_create(
            [SetAside(sequence=at, workspace_id=workspace_id, reason=why) for at, why in refused],
            ignore_conflicts=True,
        )

    try:
        return store.append_rows(
            [arrived],
            marks={"inbox": last.sequence, "inbox_transaction": last.transaction},
            after={"inbox_transaction": begun[0], "inbox": begun[1]},
            along=set_aside if refused else None,
        )
    except (HoldLostError, MovedOnError) as error:
        _log.warning("sealing_taken_over", workspace=workspace_id, error=str(error))
        return None


def _read(rows: Sequence[InboxRow]) -> tuple[pa.Table, list[tuple[int, str]]]:
    arrived = Rows()
    refused: list[tuple[int, str]] = []
    for row in rows:
        try:
            arrived.add(row.body, row.received_at)
        except KundresaError as error:
            refused.append((row.sequence, str(error)))
        except Exception as error:  # whatever one event does, the others go on  # noqa: BLE001
            refused.append((row.sequence, f"{type(error).__name__}: {error}"))
    return arrived.table(), refused


def bookmark(store: Store) -> tuple[int, int]:
    """Give how far the inbox is read into a store: transaction and sequence."""
    marks = store.version.marks
    return marks.get("inbox_transaction", 0), marks.get("inbox", 0)


# --- days of the inbox --------------------------------------------------------------------------


def drop_sealed_days(data_folder: Path, *, today: date, kept: int) -> list[date]:
    """Drop the days that are wholly in the stores, but for the ``kept`` before today.

    While a day is kept, the same message id again is refused.
    """
    old = [day for day in inbox_days() if day < today - timedelta(days=kept)]
    dropped = [day for day in old if _drop_day(day, data_folder)]
    drop_gone()
    return dropped


def _drop_day(day: date, data_folder: Path) -> bool:
    if connection.vendor != "postgresql":
        if _has_unsealed(day, data_folder):
            return False
        with transaction.atomic(), connection.cursor() as cursor:
            has_ids = ids_of(day) in connection.introspection.table_names(cursor)
            for statement in sqlite_day_away(day, inbox_days(), has_ids=has_ids):
                cursor.execute(statement)
        return True
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            # Senders wait behind this lock, so it must not wait long for a reader.
            cursor.execute("SET LOCAL lock_timeout = '1s'")
            cursor.execute("LOCK TABLE events_inbox IN ACCESS EXCLUSIVE MODE")
            if _has_unsealed(day, data_folder):
                return False
            cursor.execute(f"DROP TABLE {table_of(day)}")
    except DatabaseError as error:
        _log.warning("inbox_day_not_dropped", day=str(day), error=str(error))
        return False
    return True


def _has_unsealed(day: date, data_folder: Path) -> bool:
    return any(
        has_unsealed(day, workspace_id, bookmark(store_of(workspace_id, data_folder)))
        for workspace_id in workspaces_of_day(day)
    )


def drop_gone() -> None:
    """Empty and drop what nobody reads any more (SQLite), in steps that let senders between.

    Dropped in one go, a day would be overwritten in one go, and senders would wait for that.
    """
    for table in days_half_dropped():
        day = table.removeprefix(GONE)
        at_once = _COMMITS_AT_ONCE if day.endswith("_ids") else _ROWS_AT_ONCE
        with connection.cursor() as cursor:
            cursor.execute(f"DROP INDEX IF EXISTS events_inbox_{day}_once")
            cursor.execute(f"DROP INDEX IF EXISTS events_inbox_{day}_order")
            gone = 1
            while gone:
                began = time.monotonic()
                cursor.execute(
                    f"DELETE FROM {table} WHERE sequence IN "  # noqa: S608
                    f"(SELECT sequence FROM {table} ORDER BY sequence LIMIT {at_once})"
                )
                gone = cursor.rowcount
                time.sleep(time.monotonic() - began)
            cursor.execute(f"DROP TABLE {table}")


# --- the store ----------------------------------------------------------------------------------


def tidy_store(workspace_id: int, data_folder: Path) -> bool:
    """Compact a store where that is worth it and delete files that nobody reads any more."""
    store = store_of(workspace_id, data_folder)
    # Before, too: where compactions die for want of room, what they left is what's in the way.
    store.sweep()
    has_changed = store.compact()
    store.sweep()
    return has_changed
