"""The version of a workspace's store is a row: what is from before is taken over, nothing is lost.

Leases let one work at a time on machines that share a database, and let go of who died.
"""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection

from kundresa.core.errors import BadInputError
from kundresa.core.records import Event, parse_event
from kundresa.events import leases, row_keeper
from kundresa.events.leases import Leases
from kundresa.events.models import SetAside, StoreLease, StoreVersion
from kundresa.events.queries import store_in, store_of
from kundresa.events.sealing import seal_inbox, tidy_store
from kundresa.store import Store, compaction, keeper
from kundresa.store.keeper import COMPACTING, SEALING, HoldLostError, MovedOnError
from tests.support.crash import every_death
from tests.support.inbox import append, row

pytestmark = [
    pytest.mark.db,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("_inbox"),
]
FORMATS = Path(__file__).resolve().parents[2] / "support/formats"


def events(*names: str) -> list[Event]:
    return [
        parse_event({"profile": name, "event": f"Saw {name}", "time": "2026-03-01", "id": name})
        for name in names
    ]


def ids(store: Store) -> list[str]:
    """The events that a store holds, by id."""
    return sorted(
        text for block in store.snapshot().blocks() for text in block.texts["id"].to_pylist()
    )


# --- taking over ----------------------------------------------------------------------------------


@pytest.mark.parametrize("has_row", [False, True], ids=["no row", "a row without text"])
def test_a_store_with_its_version_in_a_file_is_taken_over(tmp_path: Path, has_row: bool) -> None:
    folder = tmp_path / "stores/1"
    Store(folder).append(events("a", "b"), marks={"inbox": 7})
    if has_row:
        StoreVersion.objects.create(workspace_id=1, number=1, sealed_through=7)
    assert ids(store_of(1, tmp_path)) == ["a", "b"]
    store_of(1, tmp_path).append(events("c"), marks={"inbox": 9})
    found = StoreVersion.objects.get(workspace_id=1)
    assert (found.number, found.sealed_through) == (2, 9)
    assert ids(store_of(1, tmp_path)) == ["a", "b", "c"]
    with pytest.raises(BadInputError, match="has its version in a database"):
        _ = Store(folder).version


@pytest.mark.parametrize("number", [1, 2])
def test_a_store_of_an_older_format_is_taken_over(tmp_path: Path, number: int) -> None:
    shutil.copytree(FORMATS / f"store-{number}", tmp_path / "stores/1")
    records = json.loads((FORMATS / f"store-{number}.json").read_text("utf-8"))
    assert len(store_of(1, tmp_path).table()) == len(records)
    store_of(1, tmp_path).append(events("new"))
    assert len(store_of(1, tmp_path).table()) == len(records) + 1


def test_a_takeover_that_dies_anywhere_is_finished_by_the_next(tmp_path: Path) -> None:
    for step, _ in enumerate(
        every_death(lambda: _take_over(tmp_path), [row_keeper], stride=3), start=1
    ):
        assert ids(store_of(1, tmp_path)) == ["a"], step
        store_of(1, tmp_path).append(events("b"))
        assert ids(store_of(1, tmp_path)) == ["a", "b"], step


def _take_over(folder: Path) -> None:
    StoreVersion.objects.all().delete()
    shutil.rmtree(folder / "stores", ignore_errors=True)
    Store(folder / "stores/1").append(events("a"))
    _ = store_of(1, folder).version


def test_a_folder_without_its_database_is_refused_and_not_swept(tmp_path: Path) -> None:
    store_of(1, tmp_path).append(events("a"))
    row = StoreVersion.objects.get()
    StoreVersion.objects.all().delete()
    for act in (
        lambda: store_of(1, tmp_path).sweep(grace=0),
        lambda: store_of(1, tmp_path).table(),
    ):
        with pytest.raises(BadInputError, match="isn't that of this database"):
            act()
    row.save()
    assert ids(store_of(1, tmp_path)) == ["a"]


def test_version_bookmark_and_what_is_set_aside_change_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(row("good"), row("bad", event=None))
    with monkeypatch.context() as patch:
        patch.setattr(SetAside.objects, "bulk_create", lambda *_a, **_k: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            seal_inbox(1, tmp_path)
    assert store_in(1, tmp_path).version.marks.get("inbox", 0) == 0
    assert (seal_inbox(1, tmp_path), SetAside.objects.count()) == (2, 1)
    found = StoreVersion.objects.get()
    assert found.sealed_through == store_in(1, tmp_path).version.marks["inbox"]


# --- losing a swap --------------------------------------------------------------------------------


def before_the_swap(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Let something happen between writing the files and the first swap."""
    swap, left = row_keeper.RowKeeper.swap, [act]

    def late(self: row_keeper.RowKeeper, *arguments: object, **named: object) -> bool:
        if left:
            left.pop()()
        return swap(self, *arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(row_keeper.RowKeeper, "swap", late)


def test_who_loses_a_swap_codes_its_rows_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both meet new names at once; the codes of the first stay what they are."""
    store_of(1, tmp_path).append(events("x"))
    before_the_swap(monkeypatch, lambda: store_of(1, tmp_path).append(events("q", "r")))
    store_of(1, tmp_path).append(events("s", "t"), marks={"log": 5})
    table = store_of(1, tmp_path).table()
    said = {
        (table.profiles[p], table.events[e])
        for p, e in zip(table.profile, table.event, strict=True)
    }
    assert said == {(name, f"Saw {name}") for name in "xqrst"}
    assert store_of(1, tmp_path).version.marks == {"log": 5}
    assert store_of(1, tmp_path).version.sequence == 5


def test_rows_of_a_log_that_was_read_on_are_not_added_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = store_of(1, tmp_path)
    before_the_swap(
        monkeypatch, lambda: store_of(1, tmp_path).append(events("a"), marks={"log": 1})
    )
    with pytest.raises(MovedOnError, match="log stands at 1"):
        store.append(events("a"), marks={"log": 1}, after={"log": 0})
    assert ids(store_of(1, tmp_path)) == ["a"]


def test_an_erasure_meets_what_is_added_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer whose files an erasure swept writes them again."""
    folder = tmp_path / "stores/1"
    store_of(1, tmp_path).append(events("ann", "bea"))
    # On one machine an erasure waits for who is adding; over several it can't.
    monkeypatch.setattr(keeper.FileHolds, "sharing", lambda _self, name: Leases(1).sharing(name))
    before_the_swap(monkeypatch, lambda: store_of(1, tmp_path).erase(["ann"]))
    store_of(1, tmp_path).append(events("eva"))
    assert ids(store_of(1, tmp_path)) == ["bea", "eva"]
    assert {path.name for path in (folder / "parts").iterdir()} >= set(
        store_of(1, tmp_path).version.objects()
    )


def test_a_reader_of_the_version_before_still_finds_its_files(tmp_path: Path) -> None:
    """As does a backup: it has copied the row, and copies the files that the row names."""
    for name in "abc":
        store_of(1, tmp_path).append(events(name))
    old = store_of(1, tmp_path).version
    parts = tmp_path / "stores/1/parts"
    for path in parts.iterdir():
        age(path)
    compaction_changes(tmp_path)
    assert {path.name for path in parts.iterdir()} >= set(old.objects())
    for path in parts.iterdir():
        age(path)
    store_of(1, tmp_path).sweep()
    assert {path.name for path in parts.iterdir()} == set(store_of(1, tmp_path).version.objects())


def age(path: Path) -> None:
    """Let a file be from yesterday."""
    import os

    moment = datetime.now(UTC).timestamp() - 86_400
    os.utime(path, (moment, moment))


def compaction_changes(folder: Path) -> None:
    """Compact and sweep as the worker does."""
    assert tidy_store(1, folder)
    assert not store_of(1, folder).version.deltas


def test_nothing_is_swept_while_somebody_compacts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a long compaction has written is old before any version names it."""
    store_of(1, tmp_path).append(events("a", "b"))
    swept: list[list[str]] = []
    written = compaction.write_part

    def write_then_sweep(*arguments: object) -> object:
        part = written(*arguments)  # type: ignore[arg-type]
        for path in (tmp_path / "stores/1/parts").iterdir():
            age(path)
        other = threading.Thread(target=lambda: swept.append(swept_by_another(tmp_path)))
        other.start()
        other.join()
        return part

    monkeypatch.setattr(compaction, "write_part", write_then_sweep)
    assert store_of(1, tmp_path).compact(whole=True)
    assert swept
    assert not any(swept)
    assert ids(store_of(1, tmp_path)) == ["a", "b"]


def swept_by_another(folder: Path) -> list[str]:
    try:
        return store_of(1, folder).sweep()
    finally:
        connection.close()


# --- leases ---------------------------------------------------------------------------------------


def run_out(name: str) -> None:
    """Let a lease be over, as if its holder had died a while ago."""
    StoreLease.objects.filter(name=name).update(until=1)


def test_one_at_a_time_has_a_lease(tmp_path: Path) -> None:
    with Leases(1).holding(SEALING) as has_won, Leases(2).holding(SEALING) as has_other:
        assert (has_won, has_other) == (True, True)
        with Leases(1).holding(SEALING, wait=False) as again:
            assert not again
        with Leases(1).holding(COMPACTING, wait=False) as another:
            assert another
    assert StoreLease.objects.count() == 0


def test_a_lease_of_one_that_died_goes_to_who_comes_after_it_ran_out(tmp_path: Path) -> None:
    """A lease is short: stated as ``LEASE``, and written by the database's clock."""
    first = Leases(1)
    with first.holding(SEALING):
        left = StoreLease.objects.get().until / 1e6 - datetime.now(UTC).timestamp()
        assert 0 < left <= leases.LEASE + 5
        run_out(SEALING)
        with Leases(1).holding(SEALING, wait=False) as has_won:
            assert has_won
            with pytest.raises(HoldLostError, match="somebody else has taken it over"):
                first.confirm()
    assert StoreLease.objects.count() == 0


def test_a_holder_prolongs_its_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "_PROLONG_EVERY", 0.01)
    with Leases(1).holding(SEALING):
        run_out(SEALING)
        done = threading.Event()
        while StoreLease.objects.get().until == 1:
            assert not done.wait(0.01)


@pytest.fixture
def _by_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep holds as leases on SQLite, too."""
    made = row_keeper.RowKeeper.__init__

    def with_leases(self: row_keeper.RowKeeper, workspace_id: int, folder: Path) -> None:
        made(self, workspace_id, folder)
        self._holds = self._leases = Leases(workspace_id)

    monkeypatch.setattr(row_keeper.RowKeeper, "__init__", with_leases)


@pytest.mark.usefixtures("_by_leases")
def test_who_lost_its_lease_commits_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sealer that slept while an erasure took over would bring the customer back."""
    append(row("1", userId="ann"))
    store_in(1, tmp_path).append(events("bea"))

    def erased_meanwhile() -> None:
        run_out(SEALING)
        with Leases(1).holding(SEALING):
            store_in(1, tmp_path).erase(["ann"])
            taken.append(StoreLease.objects.get(name=SEALING).holder)
        StoreLease.objects.create(workspace_id=1, name=SEALING, holder="other", until=2**60)

    taken: list[str] = []
    before_the_swap(monkeypatch, erased_meanwhile)
    assert seal_inbox(1, tmp_path) == 0
    assert taken
    assert ids(store_in(1, tmp_path)) == ["bea"]
    StoreLease.objects.all().delete()
    assert seal_inbox(1, tmp_path) == 1


@pytest.mark.usefixtures("_by_leases")
def test_nobody_swaps_while_another_makes_a_version_with_all_waiting(tmp_path: Path) -> None:
    other = store_in(1, tmp_path)
    done = threading.Event()

    def add() -> None:
        other.append(events("late"))
        done.set()
        connection.close()

    mine = store_in(1, tmp_path)
    with mine.holding(keeper.WRITING):
        thread = threading.Thread(target=add)
        thread.start()
        mine.append(events("a"))
        mine.append(events("b"))
        assert not done.is_set()
    thread.join(30)
    assert ids(store_in(1, tmp_path)) == ["a", "b", "late"]
