"""Sealing: exactly once over any crash, nothing skipped, and what can't be taken is set aside."""

from __future__ import annotations

import errno
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from kundresa.events import queries, row_keeper, sealing
from kundresa.events.models import SetAside, StoreLease, StoreVersion
from kundresa.events.queries import store_in, store_of
from kundresa.events.sealing import seal_inbox, tidy_store
from kundresa.jobs.models import Job
from kundresa.profiles.api import Counts, counts
from kundresa.store import compaction, keeper, objects, store
from kundresa.store.compaction import MANY
from tests.support.crash import DiedError, dies_at, every_death
from tests.support.inbox import TODAY, append, make_day, move_to, row

pytestmark = [
    pytest.mark.db,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("_inbox"),
]


def test_each_event_is_sealed_once_and_a_bad_one_is_set_aside(tmp_path: Path) -> None:
    append(row("1"), row("1"), row("2", event=None), row("3"))
    assert seal_inbox(1, tmp_path) == 3
    assert seal_inbox(1, tmp_path) == 0
    assert store_in(1, tmp_path).event_count == 2
    assert SetAside.objects.count() == 1


def test_the_events_of_a_workspace_go_into_its_own_store(tmp_path: Path) -> None:
    append(row("1"), row("1", workspace=2), row("2", workspace=2))
    assert [seal_inbox(one, tmp_path / str(one)) for one in (1, 2)] == [1, 2]


def test_profiles_that_a_crash_left_unmade_are_made_by_the_next_seal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(row("1", anonymousId="device"), row("2", userId="ann", anonymousId="device"))

    def die(*_: object) -> None:
        raise DiedError

    with monkeypatch.context() as patched:
        patched.setattr(sealing, "make_profiles", die)
        with pytest.raises(DiedError):
            seal_inbox(1, tmp_path)
    assert (store_in(1, tmp_path).event_count, counts(1)) == (2, Counts())
    assert seal_inbox(1, tmp_path) == 0
    assert counts(1) == Counts(2, 2, merged=1)


# Coprime with the lines of a loop, so that each line has its turn; the long tests take them all.
STRIDES = [7, pytest.param(1, marks=pytest.mark.long)]


@pytest.mark.parametrize("stride", STRIDES)
def test_a_seal_that_dies_between_any_two_statements_is_finished_by_the_next(
    tmp_path: Path, stride: int
) -> None:
    """Two good events and a bad one come in before each death; at the end each is there once."""
    modules = [sealing, queries, row_keeper, store, keeper, objects]
    appended = 0

    def come_in_and_seal() -> None:
        nonlocal appended
        appended += 1
        append(row(f"{appended}a"), row(f"{appended}b"), row(f"{appended}c", event=None))
        seal_inbox(1, tmp_path)

    deaths = 0
    for _ in every_death(come_in_and_seal, modules, stride=stride):
        deaths += 1
        seal_inbox(1, tmp_path)
        assert store_in(1, tmp_path).event_count == 2 * appended
    assert deaths > 20
    found = store_in(1, tmp_path)
    rows = [text for block in found.snapshot().blocks() for text in block.texts["id"].to_pylist()]
    assert len(set(rows)) == 2 * appended
    assert SetAside.objects.count() == appended
    assert StoreVersion.objects.get(workspace_id=1).number == found.version.number


@pytest.mark.parametrize("stride", [23, STRIDES[1]])
def test_a_compaction_that_dies_between_any_two_statements_loses_nothing(
    tmp_path: Path, stride: int
) -> None:
    """Each dies on a store of its own: what the dead leave behind makes the next take more steps."""
    for number in range(3):
        append(row(f"{number}a"), row(f"{number}b"))
        seal_inbox(1, tmp_path / "stores/1")
    before, modules = times(1, tmp_path), [sealing, row_keeper, store, compaction, objects]
    step, is_dead = 1, True
    while is_dead:
        workspace = 1 + step
        copy_store(1, workspace, tmp_path)
        is_dead = dies_at(step, lambda one=workspace: tidy_store(one, tmp_path), modules)  # type: ignore[misc]
        assert times(workspace, tmp_path) == before, step
        # A lease that the dead still held runs out.
        StoreLease.objects.update(until=0)
        tidy_store(workspace, tmp_path)
        assert times(workspace, tmp_path) == before, step
        assert not store_of(workspace, tmp_path).version.deltas, step
        shutil.rmtree(tmp_path / f"stores/{workspace}")
        step += stride
    assert step > 20 * stride


def copy_store(workspace: int, to: int, data_folder: Path) -> None:
    """Give another workspace the same store."""
    shutil.copytree(data_folder / f"stores/{workspace}", data_folder / f"stores/{to}")
    version = StoreVersion.objects.get(workspace_id=workspace)
    version.workspace_id = to
    version.save(force_insert=True)


def times(workspace: int, data_folder: Path) -> list[int]:
    found: list[int] = store_of(workspace, data_folder).table().time.tolist()
    return sorted(found)


def test_what_dead_compactions_left_is_swept_though_none_comes_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(row("1"))
    seal_inbox(1, tmp_path / "stores/1")
    left = tmp_path / "stores/1/parts/.half-written"
    left.write_bytes(b"half")
    os.utime(left, (0, 0))

    def no_room(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(store, "compacted", no_room)
    with pytest.raises(OSError, match="No space left"):
        tidy_store(1, tmp_path)
    assert not left.exists()


def test_many_deltas_ask_for_a_compaction_once(tmp_path: Path) -> None:
    for number in range(MANY + 3):
        append(row(str(number)))
        seal_inbox(1, tmp_path)
    asked = Job.objects.filter(kind="tidy_store", workspace_id=1, state="waiting")
    assert asked.count() == 1


def test_an_event_of_long_ago_stands_where_it_happened(tmp_path: Path) -> None:
    append(row("new", timestamp="2026-03-02T10:00:00Z", event="Second"))
    seal_inbox(1, tmp_path)
    append(row("late", timestamp="2026-03-01T10:00:00Z", event="First"))
    seal_inbox(1, tmp_path)
    (slab,) = store_in(1, tmp_path).snapshot().slabs
    hours = [datetime.fromtimestamp(time / 1e6, UTC).day for time in slab.column("time").tolist()]
    assert hours == [1, 2]


# --- two open writers of PostgreSQL ---------------------------------------------------------------

INSERT = (
    "INSERT INTO events_inbox (workspace_id, message_id, received_at, day, body) "
    "VALUES (%s, %s, %s, %s, %s)"
)


def writer() -> psycopg.Connection:
    """A connection with a transaction of its own."""
    parameters = connection.get_connection_params()
    known = ("dbname", "user", "password", "host", "port")
    return psycopg.connect(**{key: parameters[key] for key in known if key in parameters})


def write(into: psycopg.Connection, name: str) -> None:
    """Write a row and leave the transaction open."""
    workspace, message, received, body = row(name)
    into.execute(INSERT, (workspace, message, received, TODAY, body))


@pytest.mark.postgresql
def test_a_writer_that_commits_late_is_not_skipped(tmp_path: Path) -> None:
    """Two open writers: the lower sequence commits after the higher one."""
    make_day(TODAY)
    with writer() as slow:
        write(slow, "slow")
        append(row("fast"))
        seal_inbox(1, tmp_path)
        slow.commit()
    seal_inbox(1, tmp_path)
    assert store_in(1, tmp_path).event_count == 2


@pytest.mark.postgresql
@pytest.mark.parametrize("first_to_commit", ["earlier", "later"])
def test_neither_order_of_commits_hides_an_event(tmp_path: Path, first_to_commit: str) -> None:
    """Whichever of two writers that are open at once commits first, both are read, once."""
    make_day(TODAY)
    with writer() as earlier, writer() as later:
        write(earlier, "e1")
        write(later, "l1")
        write(earlier, "e2")
        write(later, "l2")
        ordered = (earlier, later) if first_to_commit == "earlier" else (later, earlier)
        for one in ordered:
            one.commit()
            seal_inbox(1, tmp_path)
            append(row(f"after {id(one)}"))
            seal_inbox(1, tmp_path)
    assert seal_inbox(1, tmp_path) == 0
    assert store_in(1, tmp_path).event_count == 6


@pytest.mark.postgresql
def test_a_writer_open_over_midnight_is_not_skipped(tmp_path: Path) -> None:
    """An event of yesterday that commits after events of today were sealed."""
    append(row("old"))
    yesterday = TODAY.replace(year=TODAY.year - 1)
    move_to(yesterday)
    seal_inbox(1, tmp_path)
    with writer() as slow:
        workspace, message, received, body = row("slow")
        slow.execute(INSERT, (workspace, message, received, yesterday, body))
        append(row("fast"))
        seal_inbox(1, tmp_path)
        slow.commit()
    seal_inbox(1, tmp_path)
    assert seal_inbox(1, tmp_path) == 0
    assert store_in(1, tmp_path).event_count == 3
