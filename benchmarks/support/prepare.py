"""Fills an installation for a benchmark: a workspace with a living map, a source, old rows.

``python -m benchmarks.support.prepare ROWS DAYS_AGO``, with the settings in the environment. Prints the
workspace's id and write key as JSON.
"""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from typing import Any, Final

from kundresa.core.clock import now
from kundresa.core.settings import settings
from kundresa.events.collect.days import ids_of, postgres_new_day, sqlite_new_day, table_of
from kundresa.events.collect.seen import hash_ids

_BODY: Final = json.dumps({"type": "track", "event": "Seen before", "padding": "x" * 370})
_SQLITE: Final = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %s)
INSERT INTO {table} (sequence, workspace_id, message_id, received_at, body)
SELECT i, %s, lower(hex(randomblob(16))), 1700000000000000, CAST(%s AS BLOB) FROM n
"""
_IDS: Final = """
SELECT workspace_id, message_id FROM {table} WHERE sequence BETWEEN %s AND %s ORDER BY sequence
"""
_AT_ONCE: Final = 1_000
_POSTGRES: Final = """
INSERT INTO events_inbox (workspace_id, message_id, received_at, day, body)
SELECT %s, replace(gen_random_uuid()::text, '-', ''), 1700000000000000, %s,
       convert_to(%s, 'UTF8') FROM generate_series(1, %s)
"""


def fill_inbox(workspace_id: int, rows: int, days_ago: int) -> dict[str, int]:
    """Write rows with random ids into a day's table; give the bookmark behind them."""
    from django.db import connection

    day = now().date() - timedelta(days=days_ago)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for statement in postgres_new_day(day):
                cursor.execute(statement)
            cursor.execute(_POSTGRES, [workspace_id, day, _BODY, rows])
            cursor.execute("VACUUM ANALYZE events_inbox")
        else:
            # The index doesn't fit the small cache of a page's connection.
            cursor.execute("PRAGMA cache_size = -1500000")
            for statement in sqlite_new_day(day, []):
                cursor.execute(statement)
            cursor.execute(_SQLITE.format(table=table_of(day)), [rows, workspace_id, _BODY])
            for first in range(1, rows + 1, _AT_ONCE):
                last = min(rows, first + _AT_ONCE - 1)
                cursor.execute(_IDS.format(table=table_of(day)), [first, last])
                blob = hash_ids(cursor.fetchall()).astype("<u8").tobytes()
                cursor.execute(f"INSERT INTO {ids_of(day)} VALUES (%s, %s)", [last, blob])
            cursor.execute("UPDATE events_inbox_counter SET last = %s", [rows])
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        column = "max(transaction)" if connection.vendor == "postgresql" else "0"
        cursor.execute(f"SELECT max(sequence), {column} FROM events_inbox")
        sequence, transaction = cursor.fetchone()
    return {"inbox": sequence, "inbox_transaction": transaction}


def main(rows: int, days_ago: int) -> dict[str, Any]:
    """Prepare the folder that the settings name."""
    from kundresa.project.roles import prepare

    folder = prepare(settings())
    from kundresa.accounts.api import workspace_by_slug
    from kundresa.events.api import ensure_first_source, store_of
    from kundresa.project.demo_data import WORKSPACE, fill

    fill(folder, lambda _name, _count: None)
    workspace = workspace_by_slug(WORKSPACE).id
    if rows:
        # As after some busy days: the rows are sealed, and not yet dropped.
        marks = fill_inbox(workspace, rows, days_ago)
        store_of(workspace, folder.path).append([], marks=marks)
    return {"workspace": workspace, "key": ensure_first_source(workspace).write_key}


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]))))
