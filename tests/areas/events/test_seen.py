"""Ids in memory (SQLite): no event twice, none lost, whoever writes, erases or drops meanwhile."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from django.db import connection

from kundresa.events.collect import inbox as inbox_module
from kundresa.events.collect import seen
from kundresa.events.collect.days import SQLITE_IDS, days_of, ids_of, sqlite_view, table_of
from kundresa.events.collect.inbox import Inbox
from kundresa.events.collect.seen import Hashes, Seen, hash_ids
from kundresa.events.queries import days_half_dropped, inbox_days
from kundresa.events.sealing import drop_sealed_days, seal_inbox
from tests.support.inbox import TODAY, an_inbox, append, ask, row

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("_inbox")]
YESTERDAY = TODAY - timedelta(days=1)


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    """A connection that stays open, as collect's own does."""
    with an_inbox() as one:
        yield one


def names() -> list[str]:
    """The message ids that stand in the inbox."""
    return sorted(str(one) for (one,) in ask("SELECT message_id FROM events_inbox"))


def run(*statements: str) -> None:
    """Change the test's database."""
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def test_what_another_connection_wrote_is_known(inbox: Inbox) -> None:
    with an_inbox() as other:
        for name in ("a", "b", "c"):
            inbox.append([row(name)])
            other.append([row(name), row(f"other {name}")])
            inbox.append([row(f"other {name}")])
    assert names() == ["a", "b", "c", "other a", "other b", "other c"]


def test_an_erased_event_may_come_again_once(inbox: Inbox) -> None:
    """The memory still has the erased row's number, before and beside that of the new one."""
    inbox.append([row("a")])
    run(f"DELETE FROM {table_of(TODAY)}")  # noqa: S608
    for _ in range(3):
        inbox.append([row("a")])
        append(row("a"))
    assert names() == ["a"]


def test_ids_of_one_hash_are_told_apart(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    def same(ids: object) -> Hashes:
        return np.full(len(list(ids)), 7, np.uint64)  # type: ignore[call-overload]

    monkeypatch.setattr(inbox_module, "hash_ids", same)
    many = [str(number) for number in range(50)]
    for _ in range(2):
        inbox.append([row(name) for name in many])
        append(*(row(name) for name in many))
    assert names() == sorted(many)


def test_a_failed_commit_leaves_no_id_behind(inbox: Inbox) -> None:
    inbox.append([row("a")])
    broken = (*row("c")[:3], None)
    with pytest.raises(sqlite3.IntegrityError):
        inbox.append([row("b"), broken])  # type: ignore[list-item]
    inbox.append([row("b"), row("c")])
    assert names() == ["a", "b", "c"]


def test_an_id_of_a_dropped_day_is_new_again(inbox: Inbox, tmp_path: Path) -> None:
    inbox.append([row("a", days_ago=5), row("b")])
    seal_inbox(1, tmp_path / "stores/1")
    assert drop_sealed_days(tmp_path, today=TODAY, kept=2) == [TODAY - timedelta(days=5)]
    assert (days_half_dropped(), days_of(ask(SQLITE_IDS))) == ([], [TODAY])
    inbox.append([row("a"), row("b")])
    assert names() == ["a", "b"]


def test_a_backup_that_is_put_in_place_is_read_anew(inbox: Inbox) -> None:
    inbox.append([row("a")])
    ((then,),) = ask("SELECT last FROM events_inbox_counter")
    inbox.append([row("b"), row("c")])
    run(
        f"DELETE FROM {table_of(TODAY)} WHERE sequence > {then}",  # noqa: S608
        f"DELETE FROM {ids_of(TODAY)} WHERE sequence > {then}",  # noqa: S608
        f"UPDATE events_inbox_counter SET last = {then}",  # noqa: S608
    )
    inbox.append([row("a"), row("new")])
    inbox.append([row("b"), row("new")])
    assert names() == ["a", "b", "new"]


def make_old_day(day: date, *ids: str) -> None:
    """Make a day as a release before did: with a unique index and without a table of ids."""
    table = table_of(day)
    run(
        f"CREATE TABLE {table} (sequence INTEGER PRIMARY KEY, workspace_id INTEGER NOT NULL, "
        "message_id TEXT NOT NULL, received_at INTEGER NOT NULL, body BLOB NOT NULL)",
        f"CREATE UNIQUE INDEX {table}_once ON {table} (workspace_id, message_id)",
        f"CREATE INDEX {table}_order ON {table} (workspace_id)",
        *sqlite_view([*inbox_days(), day]),
    )
    for name in ids:
        workspace, _, received, body = row(name)
        run("UPDATE events_inbox_counter SET last = last + 1")
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} SELECT last, %s, %s, %s, %s FROM events_inbox_counter",  # noqa: S608
                [workspace, name, received, body],
            )


@pytest.mark.parametrize("old_days", [[YESTERDAY], [TODAY], [YESTERDAY, TODAY]])
def test_days_of_a_release_before_still_work(
    inbox: Inbox, tmp_path: Path, old_days: list[date]
) -> None:
    """An update in the middle of a day goes on in that day's table, with its index."""
    for number, day in enumerate(old_days):
        make_old_day(day, f"old {number}", "both")
    come = ["old 0", "old 1", "both", "new"]
    for _ in range(2):
        inbox.append([row(name) for name in come])
        append(*(row(name) for name in come))
    inbox.append([row("of yesterday", days_ago=1)])
    append(row("of yesterday"))
    known = {name for (name,) in ask("SELECT message_id FROM events_inbox")}
    assert known == {*come, "of yesterday"}
    expected = len(known) + len(old_days) - 1  # "both" was there twice
    assert len(names()) == expected
    assert seal_inbox(1, tmp_path / "stores/1") == expected
    later = TODAY + timedelta(days=9)
    assert drop_sealed_days(tmp_path, today=later, kept=1) == [YESTERDAY, TODAY]
    assert names() == []


def test_the_memory_finds_every_place_of_a_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over tables that fill up, full buckets and numbers that lie far apart."""
    monkeypatch.setattr(seen, "_BUCKETS", 4)
    monkeypatch.setattr(seen, "_GROWTH", 2)
    chance = np.random.default_rng(5)
    memory, plain = Seen(), dict[int, list[int]]()
    number = 1
    for _ in range(60):
        hashes = chance.integers(1, 400, chance.integers(1, 40), dtype=np.uint64)
        found: dict[int, list[int]] = {}
        for index, place in memory.places(hashes):
            found.setdefault(int(hashes[index]), []).append(place)
        expected = {one: plain[one] for one in map(int, hashes) if one in plain}
        assert {one: sorted(set(places)) for one, places in found.items()} == expected
        numbers = np.arange(number, number + len(hashes))
        memory.add(hashes, numbers)
        for one, place in zip(hashes.tolist(), numbers.tolist(), strict=True):
            plain.setdefault(one, []).append(place)
        number += len(hashes) + int(chance.choice([0, 0, 1 << 33]))


def test_a_hash_is_of_the_workspace_and_the_id() -> None:
    """Its bytes stand in files, so they mustn't change from release to release."""
    found = hash_ids([(1, "a"), (1, "b"), (2, "a"), (1, "å")])
    assert len(set(found.tolist())) == 4
    assert found.astype("<u8").tobytes()[:8].hex() == "e357ae2bc133f242"
    assert hash_ids([]).tolist() == []
