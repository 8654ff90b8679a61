"""Several processes on one store, and whoever of them is killed: nothing is lost or doubled."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from kundresa.store import Store, Version
from kundresa.store.keeper import Along, FileHolds
from tests.support.server import Server, clean_environment
from tests.support.store_hand import Hand

WRITERS = ("a", "b")
# Apart, so that each is over in the minutes that a day has for long tests.
SEEDS = range(5)
ROUNDS = 20


class ReadRow(FileHolds):
    """The version that the row of a server's database says, to read and sweep by."""

    place = "the row"

    def __init__(self, server: Server) -> None:
        super().__init__(server.folder / "stores/1")
        self._server = server

    def read(self) -> str:
        rows = self._server.ask("SELECT text FROM store_version WHERE workspace_id = 1")
        return str(rows[0][0])

    def swap(self, before: int, after: Version, along: Along | None = None) -> bool:
        raise AssertionError("the tests only read")


def store_of(server: Server) -> Store:
    return Store(server.folder / "stores/1", keeper=ReadRow(server))


@pytest.fixture
def made(server: Server) -> Iterator[Server]:
    """A data folder with its database and a workspace; nothing runs on it."""
    environment = {**server.environment, "KUNDRESA_DATA_DIR": str(server.folder)}
    server.folder.mkdir(parents=True, exist_ok=True)
    file = server.folder / "none.jsonl"
    file.write_text(json.dumps({"profile": "x", "event": "e", "time": "2026-01-01", "id": "first"}))
    subprocess.run(
        [sys.executable, "-m", "kundresa", "import", str(file), "--data", str(server.folder)],
        env=clean_environment(environment), check=True, capture_output=True,
    )  # fmt: skip
    return server


def hands(server: Server, stack: ExitStack) -> tuple[list[Hand], Hand]:
    """Start two writers and one that compacts, and wait until all are at work."""
    writers = [Hand(server.folder, server.environment, "add", name) for name in WRITERS]
    compacting = Hand(server.folder, server.environment, "compact")
    for hand in (*writers, compacting):
        stack.enter_context(hand)
    for hand in (*writers, compacting):
        hand.wait_for_news()
    return writers, compacting


def check(server: Server, writers: Sequence[Hand]) -> None:
    """Compare what the writers were told with what the store holds, row by row and file by file."""
    store = store_of(server)
    found = Counter(
        text for block in store.snapshot().blocks() for text in block.texts["id"].to_pylist()
    )
    assert set(found.values()) == {1}
    assert found.pop("first") == 1
    marks = store.version.marks
    assert found.keys() == {f"{name}-{n}" for name in WRITERS for n in range(marks[name])}
    for name, hand in zip(WRITERS, writers, strict=True):
        told = [int(line) for line in hand.said]
        assert told == sorted(set(told))
        # Killed between the swap and the line, a writer has added once more than it told.
        assert marks[name] - told[-1] in (0, 15)
    assert store.version.sequence == store.event_count
    names = store.table().text_column("property", "by")
    assert Counter(names[1][code] for code in names[0] if code >= 0) == {
        name: marks[name] for name in WRITERS
    }
    store.sweep(grace=0)
    parts = {path.name for path in Path(server.folder / "stores/1/parts").iterdir()}
    assert {name for name in parts if not name.endswith(".asked")} == set(store.version.objects())


@pytest.mark.db
def test_two_writers_and_a_compaction_lose_and_double_nothing(made: Server) -> None:
    with ExitStack() as stack:
        writers, compacting = hands(made, stack)
        for _ in range(4):
            for hand in (*writers, compacting):
                hand.wait_for_news()
    check(made, writers)


@pytest.mark.db
@pytest.mark.kill
def test_a_compaction_that_is_killed_loses_and_doubles_nothing(made: Server) -> None:
    kill_compactions(made, 3, random.Random(4))


@pytest.mark.db
@pytest.mark.kill
@pytest.mark.long
@pytest.mark.parametrize("seed", SEEDS)
def test_many_compactions_that_are_killed_lose_nothing(made: Server, seed: int) -> None:
    kill_compactions(made, ROUNDS, random.Random(seed))


def kill_compactions(server: Server, rounds: int, chance: random.Random) -> None:
    """Kill who compacts at random moments under two writers; the next goes on within a minute."""
    with ExitStack() as stack:
        writers, compacting = hands(server, stack)
        for _ in range(rounds):
            compacting.wait_for_news()
            time.sleep(chance.random() / 2)
            compacting.kill()
            compacting.start()
        compacting.wait_for_news()
        for writer in writers:
            writer.wait_for_news()
    check(server, writers)


@pytest.mark.db
@pytest.mark.kill
@pytest.mark.long
@pytest.mark.parametrize("seed", SEEDS)
def test_many_writers_that_are_killed_lose_nothing(made: Server, seed: int) -> None:
    chance = random.Random(seed)
    with ExitStack() as stack:
        writers, _ = hands(made, stack)
        for _ in range(ROUNDS):
            writer = chance.choice(writers)
            writer.wait_for_news()
            time.sleep(chance.random() / 4)
            writer.kill()
            writer.start()
        for writer in writers:
            writer.wait_for_news()
    check(made, writers)
