"""The inbox by days: one table a day, no event twice over the kept days, days dropped when sealed."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection

from kundresa.events import sealing
from kundresa.events.collect import days
from kundresa.events.queries import days_half_dropped, inbox_days, store_of
from kundresa.events.sealing import drop_sealed_days, seal_inbox
from tests.support.crash import every_death
from tests.support.inbox import TODAY, an_inbox, append, ask, move_to, row

pytestmark = [
    pytest.mark.db,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("_inbox"),
]


def come_in(days_ago: int, *names: str) -> None:
    """Let events come in on a day; PostgreSQL's own clock says today, so they are moved there."""
    if connection.vendor == "postgresql" and days_ago:
        before = inbox_days()
        append(*(row(name) for name in names))
        day = TODAY - timedelta(days=days_ago)
        if before:
            with connection.cursor() as cursor:
                for statement in days.postgres_new_day(day):
                    cursor.execute(statement)
                cursor.execute("UPDATE events_inbox SET day = %s WHERE message_id = ANY(%s)",
                               [day, list(names)])  # fmt: skip
        else:
            move_to(day)
    else:
        append(*(row(name, days_ago=days_ago) for name in names))


def names() -> list[str]:
    """The message ids that stand in the inbox."""
    return sorted(str(one) for (one,) in ask("SELECT message_id FROM events_inbox"))


def test_each_day_has_a_table_that_its_first_event_makes() -> None:
    assert inbox_days() == []
    come_in(1, "a", "b")
    come_in(0, "c")
    assert inbox_days() == [TODAY - timedelta(days=1), TODAY]
    assert names() == ["a", "b", "c"]


def test_the_same_message_id_is_one_event_over_all_kept_days(tmp_path: Path) -> None:
    come_in(2, "a", "b")
    come_in(1, "c")
    come_in(0, "a", "c", "d")
    append(row("d"), row("e"), row("e"), row("b"))
    assert names() == ["a", "b", "c", "d", "e"]
    assert seal_inbox(1, tmp_path) == 5


def test_the_same_message_id_in_another_workspace_is_another_event() -> None:
    come_in(1, "a")
    append(row("a", workspace=2))
    assert names() == ["a", "a"]


def test_thousands_of_rows_come_in_together(tmp_path: Path) -> None:
    come_in(1, "7", "900")
    append(*(row(str(number)) for number in range(1300)))
    assert seal_inbox(1, tmp_path, limit=5000) == 1300


def test_a_sealed_day_is_dropped_and_the_last_days_are_kept(tmp_path: Path) -> None:
    for days_ago in (4, 3, 2, 1, 0):
        come_in(days_ago, f"{days_ago}")
    seal_inbox(1, tmp_path / "stores/1")
    dropped = drop_sealed_days(tmp_path, today=TODAY, kept=2)
    assert dropped == [TODAY - timedelta(days=4), TODAY - timedelta(days=3)]
    assert names() == ["0", "1", "2"]
    assert store_of(1, tmp_path).event_count == 5
    append(row("2"), row("new"))
    seal_inbox(1, tmp_path / "stores/1")
    assert store_of(1, tmp_path).event_count == 6


def test_a_day_that_is_not_sealed_for_every_workspace_is_kept(tmp_path: Path) -> None:
    come_in(5, "a")
    with connection.cursor() as cursor:
        table = days.table_of(TODAY - timedelta(days=5))
        cursor.execute(f"UPDATE {table} SET workspace_id = 2")  # noqa: S608
    come_in(0, "b")
    seal_inbox(1, tmp_path / "stores/1")
    assert drop_sealed_days(tmp_path, today=TODAY, kept=2) == []
    seal_inbox(2, tmp_path / "stores/2")
    assert drop_sealed_days(tmp_path, today=TODAY, kept=2) == [TODAY - timedelta(days=5)]


def test_dropping_that_dies_anywhere_is_finished_by_the_next(tmp_path: Path) -> None:
    come_in(0, "today")
    old, deaths = TODAY - timedelta(days=5), 0

    def come_in_and_drop() -> None:
        if old not in inbox_days():
            drop_sealed_days(tmp_path, today=TODAY, kept=2)
            assert days_half_dropped() == []
            come_in(5, f"old {deaths}")
        seal_inbox(1, tmp_path / "stores/1")
        dying.append(drop_sealed_days(tmp_path, today=TODAY, kept=2))

    dying: list[object] = []
    for _ in every_death(come_in_and_drop, [sealing], stride=7):
        deaths += 1
        assert "today" in names()
    assert deaths > 5
    assert dying == [[old]]
    assert names() == ["today"]
    assert days_half_dropped() == []


def test_a_number_never_comes_back_when_rows_are_erased(tmp_path: Path) -> None:
    """A bookmark stands behind rows that are gone; what comes next must lie before it."""
    come_in(0, "a", "b")
    seal_inbox(1, tmp_path)
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {days.table_of(TODAY)}")  # noqa: S608
    append(row("c"))
    assert seal_inbox(1, tmp_path) == 1


def test_one_event_of_many_senders_at_once_comes_in_once(tmp_path: Path) -> None:
    """Also when they make the day's table at the same moment."""
    together = threading.Barrier(4)

    def send() -> None:
        with an_inbox() as inbox:
            together.wait()
            for number in range(20):
                inbox.append([row(f"{number}-{index}") for index in range(5)])

    senders = [threading.Thread(target=send) for _ in range(4)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert len(names()) == 100
    assert seal_inbox(1, tmp_path) == 100


@pytest.mark.postgresql
def test_a_new_day_begins_when_nobody_writes_into_the_old_one() -> None:
    """Who sends the same event again after midnight waits for whoever is still writing it."""
    come_in(1, "old")
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {days.table_of(TODAY)}")
    known = ("dbname", "user", "password", "host", "port")
    parameters = connection.get_connection_params()
    with psycopg.connect(**{key: parameters[key] for key in known if key in parameters}) as slow:
        workspace, name, received, body = row("twice")
        slow.execute(
            "INSERT INTO events_inbox (workspace_id, message_id, received_at, day, body) "
            "VALUES (%s, %s, %s, %s, %s)",
            (workspace, name, received, TODAY - timedelta(days=1), body),
        )
        again = threading.Thread(target=append, args=[row("twice")])
        again.start()
        again.join(0.5)
        has_waited = again.is_alive()
        slow.commit()
    again.join(20)
    assert has_waited
    assert names() == ["old", "twice"]


def test_rows_of_a_release_before_keep_their_place(tmp_path: Path) -> None:
    """The migration moves what stands in the one table into days, sealed or not."""
    call_command("migrate", "events", "0002", verbosity=0)
    call_command("migrate", "events", "0001", verbosity=0, fake=True)
    _back_to_one_table()
    call_command("migrate", verbosity=0)
    assert seal_inbox(1, tmp_path) == 2
    append(row("new"), row("a"))
    assert seal_inbox(1, tmp_path) == 1
    assert len(inbox_days()) == 3


def _back_to_one_table() -> None:
    """Give the database the shape that 0001 left, with two rows in it."""
    postgres = connection.vendor == "postgresql"
    number = "bigserial" if postgres else "integer"
    blob = "bytea" if postgres else "blob"
    auto = "PRIMARY KEY" if postgres else "PRIMARY KEY AUTOINCREMENT"
    columns = (
        "workspace_id bigint NOT NULL, message_id varchar(100) NOT NULL, "
        'received_at bigint NOT NULL, day date NOT NULL, "transaction" bigint'
    )
    old = [
        "DROP TABLE events_inbox" if postgres else "DROP VIEW events_inbox",
        "DROP SEQUENCE events_inbox_counter" if postgres else "DROP TABLE events_inbox_counter",
        "DROP TABLE events_erasure",
        f"CREATE TABLE events_inbox (sequence {number} {auto}, {columns}, body {blob} NOT NULL)",
    ]
    with connection.cursor() as cursor:
        for statement in old:
            cursor.execute(statement)
        for name, days_ago in (("a", 2), ("b", 1)):
            workspace, _, received, body = row(name)
            cursor.execute(
                "INSERT INTO events_inbox (workspace_id, message_id, received_at, day, body, "
                '"transaction") VALUES (%s, %s, %s, %s, %s, 3)',
                [workspace, name, received, TODAY - timedelta(days=days_ago), body],
            )
