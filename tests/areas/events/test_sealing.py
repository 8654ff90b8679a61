"""Sealing: exactly once, nothing skipped, and what can't be taken is set aside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.db import connection

from kundresa.core.settings import settings
from kundresa.events.actions import seal_inbox
from kundresa.events.collect.inbox import Row, open_inbox
from kundresa.events.models import SetAside
from kundresa.store import Store

pytestmark = [pytest.mark.db, pytest.mark.django_db(transaction=True)]


def row(name: str, **message: object) -> Row:
    """A row as collect writes it."""
    body = {"type": "track", "event": "Bought", "userId": "ann", "messageId": name, **message}
    return 1, name, 1_700_000_000_000_000, json.dumps(body).encode()


def append(*rows: Row) -> None:
    """Write rows by collect's own connection, to the test's database."""
    found = settings()
    name = str(connection.settings_dict["NAME"])
    address = found.database.rsplit("/", 1)[0] + "/" + name if found.is_postgres else name
    url = address if found.is_postgres else f"sqlite:///{address}"
    inbox = open_inbox(found.model_copy(update={"database_url": url}))
    inbox.append(rows)
    inbox.close()


def test_each_event_is_sealed_once_and_a_bad_one_is_set_aside(tmp_path: Path) -> None:
    append(row("1"), row("1"), row("2", event=None), row("3"))
    assert seal_inbox(1, tmp_path) == 3
    assert seal_inbox(1, tmp_path) == 0
    assert Store(tmp_path).event_count == 2
    assert SetAside.objects.count() == 1


@pytest.mark.postgresql
def test_a_writer_that_commits_late_is_not_skipped(tmp_path: Path) -> None:
    """Two open writers: the lower sequence commits after the higher one."""
    import psycopg

    insert = (
        "INSERT INTO events_inbox (workspace_id, message_id, received_at, day, body) "
        "VALUES (%s, %s, %s, '2023-11-14', %s)"
    )
    parameters = connection.get_connection_params()
    known = {key: parameters[key] for key in ("dbname", "user", "password", "host", "port")
             if key in parameters}  # fmt: skip
    with psycopg.connect(**known) as slow:
        slow.execute(insert, row("slow"))
        append(row("fast"))
        seal_inbox(1, tmp_path)
        slow.commit()
    seal_inbox(1, tmp_path)
    assert Store(tmp_path).event_count == 2
