"""The inbox of the test's own database, as collect writes it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection

from kundresa.core.settings import Settings, settings
from kundresa.core.times import microseconds
from kundresa.events.collect.days import (
    SQLITE_IDS,
    days_of,
    ids_of,
    postgres_new_day,
    sqlite_view,
    table_of,
)
from kundresa.events.collect.inbox import Inbox, Row, open_inbox
from kundresa.events.queries import days_half_dropped, inbox_days

TODAY = datetime.now(UTC).date()


def row(name: str, workspace: int = 1, days_ago: int = 0, **message: Any) -> Row:
    """A row as collect writes it; on SQLite it stands on the day it was received."""
    said = {"userId": "ann"} if "anonymousId" not in message else {}
    body = {"type": "track", "event": "Bought", **said, "messageId": name, **message}
    at = datetime.now(UTC) - timedelta(days=days_ago)
    return workspace, name, microseconds(at), json.dumps(body).encode()


def found_settings() -> Settings:
    """The settings of a process that uses the test's database."""
    found = settings()
    name = str(connection.settings_dict["NAME"])
    address = found.database.rsplit("/", 1)[0] + "/" + name if found.is_postgres else name
    url = address if found.is_postgres else f"sqlite:///{address}"
    return found.model_copy(update={"database_url": url})


@contextmanager
def an_inbox() -> Iterator[Inbox]:
    """A connection of collect's own."""
    inbox = open_inbox(found_settings())
    yield inbox
    inbox.close()


def append(*rows: Row) -> None:
    """Write rows in one transaction."""
    with an_inbox() as inbox:
        inbox.append(rows)


def make_day(day: date) -> None:
    """Make the partition of a day that is over (PostgreSQL, whose clock we can't turn)."""
    with connection.cursor() as cursor:
        for statement in postgres_new_day(day):
            cursor.execute(statement)


def move_to(day: date) -> None:
    """Let everything in the inbox have come in on a day (PostgreSQL)."""
    make_day(day)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE events_inbox SET day = %s", [day])


def ask(query: str) -> list[tuple[Any, ...]]:
    """Read the test's database."""
    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def empty_inbox() -> None:
    """Drop every day; the framework doesn't know these tables and leaves them between tests."""
    with connection.cursor() as cursor:
        days = inbox_days()
        if connection.vendor != "postgresql":
            for statement in sqlite_view([]):
                cursor.execute(statement)
            hashed = days_of(ask(SQLITE_IDS))
            for table in (*days_half_dropped(), *map(ids_of, hashed)):
                cursor.execute(f"DROP TABLE {table}")
        for day in days:
            cursor.execute(f"DROP TABLE {table_of(day)}")
