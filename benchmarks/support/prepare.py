"""Fills an installation for a benchmark: a workspace with a living map, a source, old rows.

``python -m benchmarks.support.prepare ROWS``, with the settings in the environment. Prints the
workspace's id and write key as JSON.
"""

from __future__ import annotations

import json
import sys
from typing import Any, Final

from kundresa.core.settings import settings

_BODY: Final = json.dumps({"type": "track", "event": "Seen before", "padding": "x" * 370})
_SQLITE: Final = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %s)
INSERT INTO events_inbox (workspace_id, message_id, received_at, day, body)
SELECT %s, lower(hex(randomblob(16))), 1700000000000000, '2023-11-14', CAST(%s AS BLOB) FROM n
"""
_POSTGRES: Final = """
INSERT INTO events_inbox (workspace_id, message_id, received_at, day, body)
SELECT %s, replace(gen_random_uuid()::text, '-', ''), 1700000000000000, '2023-11-14',
       convert_to(%s, 'UTF8') FROM generate_series(1, %s)
"""


def fill_inbox(workspace_id: int, rows: int) -> dict[str, int]:
    """Write old rows with random ids; give the bookmark behind them."""
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_POSTGRES, [workspace_id, _BODY, rows])
            cursor.execute("VACUUM ANALYZE events_inbox")
        else:
            # The index doesn't fit the small cache of a page's connection.
            cursor.execute("PRAGMA cache_size = -1500000")
            cursor.execute(_SQLITE, [rows, workspace_id, _BODY])
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        cursor.execute("SELECT max(sequence), max(coalesce(transaction, 0)) FROM events_inbox")
        sequence, transaction = cursor.fetchone()
    return {"inbox": sequence, "inbox_transaction": transaction}


def main(rows: int) -> dict[str, Any]:
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
        marks = fill_inbox(workspace, rows)
        store_of(workspace, folder.path).append([], marks=marks)
    return {"workspace": workspace, "key": ensure_first_source(workspace).write_key}


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]))))
