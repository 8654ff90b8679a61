"""Reads of the inbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.db import connection

from kundresa.events.models import SetAside, Source
from kundresa.store import Store


@dataclass(frozen=True)
class InboxRow:
    """An event in the inbox, with its place in the order of reading."""

    transaction: int
    sequence: int
    received_at: int
    body: bytes


# SQLite has one writer at a time, so sequence is the order of commits. PostgreSQL has many: a
# lower sequence may become visible after a higher one. There we read in the order of transaction
# ids and stop before the oldest that is still open.
_SQLITE: Final = """
SELECT 0, sequence, received_at, body FROM events_inbox
WHERE workspace_id = %s AND sequence > %s ORDER BY sequence LIMIT %s
"""
_POSTGRES: Final = """
SELECT transaction, sequence, received_at, body FROM events_inbox
WHERE workspace_id = %s AND (transaction, sequence) > (%s, %s)
  AND transaction < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
ORDER BY transaction, sequence LIMIT %s
"""


def inbox_after(workspace_id: int, bookmark: tuple[int, int], limit: int) -> Sequence[InboxRow]:
    """Give the rows behind a bookmark (transaction, sequence), none of them skippable."""
    postgres = connection.vendor == "postgresql"
    values = [workspace_id, *(bookmark if postgres else bookmark[1:]), limit]
    with connection.cursor() as cursor:
        cursor.execute(_POSTGRES if postgres else _SQLITE, values)
        return [InboxRow(row[0], row[1], row[2], bytes(row[3])) for row in cursor.fetchall()]


def set_aside_count(workspace_id: int) -> int:
    """Count the events that could not be taken."""
    return SetAside.objects.filter(workspace_id=workspace_id).count()


def write_keys(workspace_id: int) -> list[str]:
    """Give the open write keys of a workspace, oldest first."""
    found = Source.objects.filter(workspace_id=workspace_id, is_open=True).order_by("id")
    return list(found.values_list("write_key", flat=True))


def store_of(workspace_id: int, data_folder: Path) -> Store:
    """Open the store of a workspace."""
    return Store(data_folder / "stores" / str(workspace_id))
