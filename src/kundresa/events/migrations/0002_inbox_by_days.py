"""One table of the inbox becomes one for each day; the ledger of erasures."""
# mypy: disable-error-code="no-untyped-call"

from django.db import migrations, models

from kundresa.events.collect.days import (
    POSTGRES_INBOX,
    SQLITE_COUNTER,
    days_of,
    postgres_new_day,
    sqlite_view,
    table_of,
)


def to_days(apps, schema_editor):
    """Move what stands in the one table into tables by day, each row with its place in order."""
    schema_editor.execute("ALTER TABLE events_inbox RENAME TO events_inbox_before")
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT day FROM events_inbox_before")
        days = days_of([(str(row[0]).replace("-", ""),) for row in cursor.fetchall()])
        cursor.execute("SELECT coalesce(max(sequence), 0) FROM events_inbox_before")
        last = cursor.fetchone()[0]
    move = _move_postgres if schema_editor.connection.vendor == "postgresql" else _move_sqlite
    move(schema_editor, days, last)
    schema_editor.execute("DROP TABLE events_inbox_before")


def _move_sqlite(schema_editor, days, last):
    for statement in (*SQLITE_COUNTER, *sqlite_view([])):
        schema_editor.execute(statement)
    # Erased rows count, too: their numbers must not come back behind a bookmark.
    schema_editor.execute(
        "UPDATE events_inbox_counter SET last = max(%s, coalesce((SELECT seq FROM sqlite_sequence "
        "WHERE name IN ('events_inbox', 'events_inbox_before')), 0))",
        [last],
    )
    for index, day in enumerate(days):
        for statement in _sqlite_day(day, days[:index]):
            schema_editor.execute(statement, params=None)
        schema_editor.execute(
            f"INSERT INTO {table_of(day)} "
            "SELECT sequence, workspace_id, message_id, received_at, body "
            "FROM events_inbox_before WHERE day = %s",
            [str(day)],
        )


def _sqlite_day(day, known):
    table = table_of(day)
    columns = (
        "sequence INTEGER PRIMARY KEY, workspace_id INTEGER NOT NULL, message_id TEXT NOT NULL, "
        "received_at INTEGER NOT NULL, body BLOB NOT NULL"
    )
    return [
        f"CREATE TABLE {table} ({columns})",
        f"CREATE UNIQUE INDEX {table}_once ON {table} (workspace_id, message_id)",
        f"CREATE INDEX {table}_order ON {table} (workspace_id)",
        *sqlite_view([*known, day]),
    ]


def _move_postgres(schema_editor, days, last):
    for statement in POSTGRES_INBOX:
        schema_editor.execute(statement)
    schema_editor.execute("SELECT setval('events_inbox_counter', greatest(%s, "
                          "nextval(pg_get_serial_sequence('events_inbox_before', 'sequence'))))",
                          [last])
    for day in days:
        for statement in postgres_new_day(day):
            schema_editor.execute(statement)
    columns = "sequence, workspace_id, message_id, received_at, day, body, transaction"
    schema_editor.execute(
        f"INSERT INTO events_inbox ({columns}) SELECT {columns} FROM events_inbox_before"
    )


class Migration(migrations.Migration):

    dependencies = [
        ("events", "0001_initial"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.DeleteModel("InboxEvent")],
            database_operations=[migrations.RunPython(to_days, migrations.RunPython.noop)],
        ),
        migrations.CreateModel(
            name="Erasure",
            fields=[
                ("id", models.CharField(max_length=26, primary_key=True, serialize=False)),
                ("workspace_id", models.BigIntegerField()),
                ("hashes", models.JSONField()),
                ("identifiers", models.JSONField(null=True)),
                ("actor", models.CharField(max_length=200)),
                ("asked_at", models.DateTimeField()),
                ("erased_at", models.DateTimeField(null=True)),
                ("counts", models.JSONField()),
            ],
            options={
                "db_table": "events_erasure",
                "indexes": [
                    models.Index(fields=["workspace_id", "id"], name="erasure_by_workspace")
                ],
            },
        ),
    ]
