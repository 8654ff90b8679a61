"""The collect process's own connections: append rows durably, and read the write keys."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, Protocol

from kundresa.core.settings import Settings
from kundresa.core.times import from_microseconds

Row = tuple[int, str, int, bytes]
"""Workspace, message id, received at (microseconds), body."""

_COLUMNS: Final = "workspace_id, message_id, received_at, day, body"
_ONCE: Final = "ON CONFLICT (workspace_id, message_id) DO NOTHING"
_MOST_IN_STATEMENT: Final = 512
_KEYS: Final = "SELECT write_key, workspace_id FROM events_source WHERE is_open"


class Inbox(Protocol):
    """One connection; used by one thread."""

    def append(self, rows: Sequence[Row]) -> None:
        """Write rows, all or none, durable on return; duplicates are ignored."""

    def write_keys(self) -> Mapping[str, int]:
        """Give the workspace of each open write key."""

    def close(self) -> None:
        """Let the connection go."""


class SqliteInbox:
    """The inbox in an SQLite file."""

    def __init__(self, path: str) -> None:
        self._db = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute("PRAGMA secure_delete=ON")
        # Random ids touch a page of the index each; they are to be in memory.
        self._db.execute("PRAGMA cache_size=-64000")
        # Copying the log back costs as much as writing it. The worker's commits do that; ours
        # only when it lags far behind, so that no sender waits for it.
        self._db.execute("PRAGMA wal_autocheckpoint=16000")

    def append(self, rows: Sequence[Row]) -> None:
        """Write rows in one transaction."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            for some in _chunks(rows):
                values = [value for one in some for value in _values(one)]
                self._db.execute(_insert(len(some)), values)
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def write_keys(self) -> Mapping[str, int]:
        """Read the open keys."""
        return dict(self._db.execute(_KEYS).fetchall())

    def close(self) -> None:
        """Close the file."""
        self._db.close()


class PostgresInbox:
    """The inbox in PostgreSQL."""

    def __init__(self, url: str) -> None:
        import psycopg

        self._db: Any = psycopg.connect(url, autocommit=True, connect_timeout=5)

    def append(self, rows: Sequence[Row]) -> None:
        """Write rows in one statement, which is its own transaction."""
        # Column by column: one statement for thousands of rows. Sorted, so that two processes
        # with the same duplicates wait for each other instead of blocking each other for ever.
        ordered = sorted(rows, key=lambda one: one[:2])
        columns = [
            [one[0] for one in ordered],
            [one[1] for one in ordered],
            [one[2] for one in ordered],
            [_day(one[2] // 1_000_000) for one in ordered],
            [one[3] for one in ordered],
        ]
        self._db.execute(
            f"INSERT INTO events_inbox ({_COLUMNS}) SELECT * FROM "  # noqa: S608
            "unnest(%s::bigint[], %s::text[], %s::bigint[], %s::date[], %s::bytea[]) " + _ONCE,
            columns,
        )

    def write_keys(self) -> Mapping[str, int]:
        """Read the open keys."""
        return dict(self._db.execute(_KEYS).fetchall())

    def close(self) -> None:
        """Close the connection."""
        self._db.close()


def open_inbox(found: Settings) -> Inbox:
    """Connect to the database that the settings name."""
    if found.is_postgres:
        return PostgresInbox(found.database)
    return SqliteInbox(str(found.sqlite_path))


def _chunks(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    # Python's lock is let go and fought for at each statement; with one statement a row, a busy
    # event loop made 800 rows wait half a second. Powers of two keep the texts few and cached.
    at = 0
    while at < len(rows):
        size = min(1 << ((len(rows) - at).bit_length() - 1), _MOST_IN_STATEMENT)
        yield rows[at : at + size]
        at += size


@lru_cache
def _insert(count: int) -> str:
    places = ", ".join(["(?, ?, ?, ?, ?)"] * count)
    return f"INSERT INTO events_inbox ({_COLUMNS}) VALUES {places} {_ONCE}"  # noqa: S608


def _values(row: Row) -> tuple[int, str, int, str, bytes]:
    return row[0], row[1], row[2], _day(row[2] // 1_000_000), row[3]


@lru_cache(maxsize=64)
def _day(second: int) -> str:
    return from_microseconds(second * 1_000_000).date().isoformat()
