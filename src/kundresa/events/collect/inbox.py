"""The collect process's own connections: append rows durably, and read the write keys."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from functools import lru_cache
from typing import Any, Final, Protocol

import numpy as np

from kundresa.core.settings import Settings
from kundresa.core.times import from_microseconds
from kundresa.events.collect.days import (
    SQLITE_IDS,
    SQLITE_TABLES,
    days_of,
    ids_of,
    postgres_new_day,
    sqlite_new_day,
    table_of,
)
from kundresa.events.collect.seen import Hashes, Numbers, Seen, hash_ids, read_hashes

Row = tuple[int, str, int, bytes]
"""Workspace, message id, received at (microseconds), body."""

_MOST_IN_STATEMENT: Final = 512
_BLOBS_AT_ONCE: Final = 1024
_KEYS: Final = "SELECT write_key, workspace_id FROM events_source WHERE is_open"
_HEARD: Final = "UPDATE events_source SET heard_at = {0} WHERE write_key = {0}"
_COUNTER: Final = "SELECT last FROM events_inbox_counter"
_NUMBERS: Final = "UPDATE events_inbox_counter SET last = last + ? RETURNING last"
# Only writers wait for it, and it for writers: see `_make_day`.
_AS_WRITER: Final = "LOCK TABLE events_inbox IN ROW EXCLUSIVE MODE"
_AS_MAKER: Final = "LOCK TABLE events_inbox IN SHARE ROW EXCLUSIVE MODE"
_TODAY: Final = """
SELECT day, to_regclass('events_inbox_' || to_char(day, 'YYYYMMDD')) IS NOT NULL
FROM (SELECT (clock_timestamp() AT TIME ZONE 'UTC')::date AS day) AS today
"""
# In binary (b): as text, a body is twice as long, and writing it so took four times the time.
_POSTGRES_INSERT: Final = """
INSERT INTO events_inbox (workspace_id, message_id, received_at, day, body)
SELECT workspace_id, message_id, received_at, %(day)s, body
FROM unnest(%(workspaces)b::bigint[], %(ids)b::text[], %(received)b::bigint[], %(bodies)b::bytea[])
     AS came (workspace_id, message_id, received_at, body)
WHERE NOT EXISTS (
    SELECT 1 FROM events_inbox AS other WHERE other.workspace_id = came.workspace_id
    AND other.message_id = came.message_id AND other.day <> %(day)s)
ON CONFLICT DO NOTHING
"""
# Thousands of ids are looked up one by one in the index; a plan made while a day's table was
# small must not walk through all of it when it has grown.
_DEAR_PLANS: Final = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin")


class Inbox(Protocol):
    """One connection; used by one thread."""

    def prepare(self) -> None:
        """Read what `append` needs, which may take a second for millions of events."""

    def append(self, rows: Sequence[Row]) -> None:
        """Write rows, all or none, durable on return; duplicates are ignored."""

    def write_keys(self) -> Mapping[str, int]:
        """Give the workspace of each open write key."""

    def tell_heard(self, heard: Mapping[str, int]) -> None:
        """Write down when each key last brought events, in microseconds of UTC."""

    def close(self) -> None:
        """Let the connection go."""


class SqliteInbox:
    """The inbox in an SQLite file."""

    def __init__(self, path: str) -> None:
        self._db = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute("PRAGMA secure_delete=ON")
        # Random ids touch a page of an index each; they are to be in memory.
        self._db.execute("PRAGMA cache_size=-64000")
        self._seen: dict[date, Seen] = {}
        self._last = 0

    def prepare(self) -> None:
        """Read the ids of the kept days, in a transaction that no other writer waits for."""
        with self._transaction("BEGIN"):
            last: int = self._db.execute(_COUNTER).fetchall()[0][0]
            self._catch_up(last, self._days(SQLITE_IDS))

    def append(self, rows: Sequence[Row]) -> None:
        """Write rows in one transaction, each into the table of the day it was received."""
        if not self._last:
            self.prepare()
        with self._transaction("BEGIN IMMEDIATE"):
            last: int = self._db.execute(_NUMBERS, [len(rows)]).fetchall()[0][0]
            days, hashed = self._days(SQLITE_TABLES), self._days(SQLITE_IDS)
            # Only who has the lock moves the counter, so it tells whether others wrote.
            self._catch_up(last - len(rows), hashed)
            noted, number = [], last - len(rows) + 1
            for day, some in _by_day(_once(rows)):
                if day not in days:
                    for statement in sqlite_new_day(day, days):
                        self._db.execute(statement)
                    days, hashed = sorted([*days, day]), sorted([*hashed, day])
                indexed = [other for other in days if other not in hashed]
                noted.append((day, *self._write(day, some, number, indexed)))
                number += len(some)
        # Only now: had the transaction failed, the next would have taken its ids for written.
        for day, hashes, numbers in noted:
            if len(hashes):
                self._seen.setdefault(day, Seen()).add(hashes, numbers)
        self._last = last

    def _write(
        self, day: date, rows: Sequence[Row], number: int, indexed: Sequence[date]
    ) -> tuple[Hashes, Numbers]:
        """Write rows of a day with rising numbers; give what is to be remembered of them."""
        hashes = hash_ids(row[:2] for row in rows)
        known = self._known(hashes, rows)
        if known:
            fresh = [index for index in range(len(rows)) if index not in known]
            rows, hashes = [rows[index] for index in fresh], hashes[fresh]
        numbers = np.arange(number, number + len(rows))
        for some in _chunks(rows):
            values = [value for at, row in enumerate(some, number) for value in (at, *row)]
            self._db.execute(_insert(len(some), day, tuple(indexed)), values)
            number += len(some)
        if day in indexed:
            return hashes[:0], numbers[:0]
        if rows:
            ids = [number - 1, hashes.astype("<u8").tobytes()]
            self._db.execute(f"INSERT INTO {ids_of(day)} VALUES (?, ?)", ids)  # noqa: S608
        return hashes, numbers

    def _known(self, hashes: Hashes, rows: Sequence[Row]) -> set[int]:
        """Give the indexes of the rows that came before, on any day that has hashes."""
        known: set[int] = set()
        for day, seen in self._seen.items():
            places = seen.places(hashes)
            for start in range(0, len(places), _MOST_IN_STATEMENT):
                some = places[start : start + _MOST_IN_STATEMENT]
                there = self._ids_at(day, [number for _, number in some])
                # An equal hash is no equal id, and the row may be erased.
                known.update(
                    index for index, number in some if there.get(number) == rows[index][:2]
                )
        return known

    def _ids_at(self, day: date, numbers: Sequence[int]) -> Mapping[int, tuple[int, str]]:
        query = (
            f"SELECT sequence, workspace_id, message_id FROM {table_of(day)} "  # noqa: S608
            f"WHERE sequence IN ({', '.join('?' * len(numbers))})"
        )
        return {row[0]: row[1:] for row in self._db.execute(query, numbers).fetchall()}

    def _days(self, query: str) -> list[date]:
        return days_of(self._db.execute(query).fetchall())

    def _catch_up(self, last: int, hashed: Sequence[date]) -> None:
        """Forget dropped days, and read what others wrote, up to the number ``last``."""
        if last < self._last:  # a backup was put in place
            self._seen, self._last = {}, 0
        self._seen = {day: seen for day, seen in self._seen.items() if day in hashed}
        for day in hashed if last != self._last else ():
            query = f"SELECT sequence, hashes FROM {ids_of(day)} WHERE sequence > ?"  # noqa: S608
            found = self._db.execute(f"{query} ORDER BY sequence", [self._last])
            seen = self._seen.setdefault(day, Seen())
            while rows := found.fetchmany(_BLOBS_AT_ONCE):
                seen.add(*_hashes_and_numbers(rows))
        self._last = last

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        self._db.execute(begin)
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def write_keys(self) -> Mapping[str, int]:
        """Read the open keys."""
        return dict(self._db.execute(_KEYS).fetchall())

    def tell_heard(self, heard: Mapping[str, int]) -> None:
        """Write down when each key last brought events."""
        self._db.executemany(_HEARD.format("?"), [(at, key) for key, at in heard.items()])

    def close(self) -> None:
        """Close the file."""
        self._db.close()


class PostgresInbox:
    """The inbox in PostgreSQL."""

    def __init__(self, url: str) -> None:
        import psycopg

        self._db: Any = psycopg.connect(url, autocommit=True, connect_timeout=5)
        for name in _DEAR_PLANS:
            self._db.execute(f"SET {name} = off")

    def prepare(self) -> None:
        """Nothing: an index knows the ids, as several processes write."""

    def append(self, rows: Sequence[Row]) -> None:
        """Write rows in one transaction, into the partition of today by the database's clock."""
        # Column by column: one statement for thousands of rows. Sorted, so that two processes
        # with the same duplicates wait for each other instead of blocking each other for ever.
        ordered = sorted(rows, key=lambda one: one[:2])
        workspaces, ids, received, bodies = (list(column) for column in zip(*ordered, strict=True))
        columns = {"workspaces": workspaces, "ids": ids, "received": received, "bodies": bodies}
        while not self._written(columns):
            self._make_day()

    def _written(self, columns: Mapping[str, Any]) -> bool:
        with self._db.transaction():
            # The lock before the clock: whoever gets it after a day was made sees that day.
            self._db.execute(_AS_WRITER)
            day, is_there = self._db.execute(_TODAY).fetchone()
            if is_there:
                self._db.execute(_POSTGRES_INSERT, {"day": day, **columns})
            return bool(is_there)

    def _make_day(self) -> None:
        """Make today's partition once nobody writes into yesterday's any more.

        So who writes today sees every id of the days before, and none comes in twice.
        """
        with self._db.transaction():
            self._db.execute(_AS_MAKER)
            day, is_there = self._db.execute(_TODAY).fetchone()
            for statement in [] if is_there else postgres_new_day(day):
                self._db.execute(statement)

    def write_keys(self) -> Mapping[str, int]:
        """Read the open keys."""
        return dict(self._db.execute(_KEYS).fetchall())

    def tell_heard(self, heard: Mapping[str, int]) -> None:
        """Write down when each key last brought events."""
        with self._db.cursor() as cursor:
            cursor.executemany(_HEARD.format("%s"), [(at, key) for key, at in heard.items()])

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


@lru_cache(maxsize=256)
def _insert(count: int, day: date, indexed: tuple[date, ...]) -> str:
    """Give the statement that writes rows; ``indexed`` are the days of a release before."""
    into = f"INSERT INTO {table_of(day)} (sequence, workspace_id, message_id, received_at, body)"
    came = "VALUES " + ", ".join(["(?, ?, ?, ?, ?)"] * count)
    once = " ON CONFLICT (workspace_id, message_id) DO NOTHING" if day in indexed else ""
    others = [other for other in indexed if other != day]
    if not others:
        return f"{into} {came}{once}"
    unseen = " AND ".join(
        f"NOT EXISTS (SELECT 1 FROM {table_of(other)} AS other "  # noqa: S608
        "WHERE other.workspace_id = came.column2 AND other.message_id = came.column3)"
        for other in others
    )
    return f"{into} SELECT * FROM ({came}) AS came WHERE {unseen}{once}"  # noqa: S608


def _hashes_and_numbers(rows: Sequence[tuple[int, bytes]]) -> tuple[Hashes, Numbers]:
    """Read the rows of a table of ids: each has the number of its last id."""
    counts = np.array([len(blob) // 8 for _, blob in rows])
    ends = np.cumsum(counts)
    behind = np.array([last + 1 for last, _ in rows]) - ends
    return read_hashes([blob for _, blob in rows]), np.repeat(behind, counts) + np.arange(ends[-1])


def _once(rows: Sequence[Row]) -> Sequence[Row]:
    first: dict[tuple[int, str], Row] = {}
    for row in rows:
        first.setdefault(row[:2], row)
    return list(first.values())


def _by_day(rows: Sequence[Row]) -> list[tuple[date, Sequence[Row]]]:
    found: dict[date, list[Row]] = {}
    for row in rows:
        found.setdefault(_day(row[2] // 1_000_000), []).append(row)
    return list(found.items())


@lru_cache(maxsize=64)
def _day(second: int) -> date:
    return from_microseconds(second * 1_000_000).date()
