"""The inbox's tables: one for each day on which events came in, made on its first event.

Plain SQL, because the collect process makes them and has no framework. On SQLite ``events_inbox``
is a view over the day tables, on PostgreSQL the table whose partitions they are: both are read by
that name. Dropping a day costs no walk over the others, and no migration ever remakes one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Final

INBOX: Final = "events_inbox"
GONE: Final = "events_inbox_gone_"
"""How the name of a table begins that is being dropped: nobody reads it any more."""
IDS: Final = "events_inbox_ids_"
"""How the name of the table begins that has the hashes of a day's message ids (SQLite)."""

SQLITE_TABLES: Final = (
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name GLOB 'events_inbox_[0-9]*'"
)
SQLITE_IDS: Final = (
    f"SELECT name FROM sqlite_master WHERE type = 'table' AND name GLOB '{IDS}[0-9]*'"  # noqa: S608
)
POSTGRES_TABLES: Final = (
    "SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid "
    "WHERE inhparent = 'events_inbox'::regclass"
)
# A sequence of its own instead of rowids: it goes on over days, whatever the clock does, and
# never comes back when rows are erased, so a bookmark can't skip an event.
SQLITE_COUNTER: Final = (
    "CREATE TABLE events_inbox_counter (last INTEGER NOT NULL)",
    "INSERT INTO events_inbox_counter VALUES (0)",
)
POSTGRES_INBOX: Final = (
    "CREATE SEQUENCE events_inbox_counter AS bigint",
    """CREATE TABLE events_inbox (
        sequence bigint NOT NULL DEFAULT nextval('events_inbox_counter'),
        workspace_id bigint NOT NULL,
        message_id varchar(100) NOT NULL,
        received_at bigint NOT NULL,
        day date NOT NULL,
        body bytea NOT NULL,
        transaction bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint
    ) PARTITION BY LIST (day)""",
    "CREATE UNIQUE INDEX events_inbox_once ON events_inbox (workspace_id, message_id, day)",
    "CREATE INDEX events_inbox_order ON events_inbox (workspace_id, transaction, sequence)",
)


def table_of(day: date) -> str:
    """Name the table of a day."""
    return f"{INBOX}_{day:%Y%m%d}"


def day_of(table: str) -> date:
    """Give the day of a table."""
    return datetime.strptime(table[-8:], "%Y%m%d").replace(tzinfo=UTC).date()


def days_of(rows: Iterable[Sequence[object]]) -> list[date]:
    """Read what `SQLITE_TABLES` or `POSTGRES_TABLES` answered, oldest first."""
    return sorted(day_of(str(row[0])) for row in rows)


def ids_of(day: date) -> str:
    """Name the table of the ids of a day."""
    return f"{IDS}{day:%Y%m%d}"


def sqlite_new_day(day: date, known: Sequence[date]) -> list[str]:
    """Give the statements that make a day's tables, in one transaction.

    The ids stand in rows of one commit each, beside the number of its last row; see
    `events.collect.seen`. A day without such a table is of a release before, and has a unique index.
    """
    table = table_of(day)
    columns = (
        "sequence INTEGER PRIMARY KEY, workspace_id INTEGER NOT NULL, message_id TEXT NOT NULL, "
        "received_at INTEGER NOT NULL, body BLOB NOT NULL"
    )
    return [
        f"CREATE TABLE {table} ({columns})",
        f"CREATE INDEX {table}_order ON {table} (workspace_id)",  # and by sequence within
        f"CREATE TABLE {ids_of(day)} (sequence INTEGER PRIMARY KEY, hashes BLOB NOT NULL)",
        *sqlite_view([*known, day]),
    ]


def sqlite_day_away(day: date, known: Sequence[date], *, has_ids: bool) -> list[str]:
    """Give the statements that take a day's tables out of sight, in one transaction."""
    away = f"{GONE}{day:%Y%m%d}"
    return [
        f"DROP VIEW IF EXISTS {INBOX}",
        f"ALTER TABLE {table_of(day)} RENAME TO {away}",
        *([f"ALTER TABLE {ids_of(day)} RENAME TO {away}_ids"] if has_ids else []),
        *sqlite_view([other for other in known if other != day]),
    ]


def sqlite_view(days: Sequence[date]) -> list[str]:
    """Give the statements that make the inbox of these days' tables."""
    selects = [
        f"SELECT sequence, workspace_id, message_id, received_at, '{day}' AS day, body "  # noqa: S608
        f"FROM {table_of(day)}"
        for day in sorted(days)
    ]
    nothing = (
        "SELECT 0 AS sequence, 0 AS workspace_id, '' AS message_id, 0 AS received_at, "
        "'' AS day, x'' AS body WHERE 0"
    )
    return [
        f"DROP VIEW IF EXISTS {INBOX}",
        f"CREATE VIEW {INBOX} AS " + (" UNION ALL ".join(selects) or nothing),
    ]


def postgres_new_day(day: date) -> list[str]:
    """Give the statements that make a day's partition, inside a transaction that holds the lock.

    Made apart and then attached, because a table made as a partition would wait for every reader.
    """
    table = table_of(day)
    return [
        f"CREATE TABLE {table} (LIKE {INBOX} INCLUDING DEFAULTS INCLUDING INDEXES)",
        f"ALTER TABLE {INBOX} ATTACH PARTITION {table} FOR VALUES IN ('{day}')",
    ]
