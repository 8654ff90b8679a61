"""An import that was started from its page goes on after its worker is killed, and counts exactly."""

from __future__ import annotations

import contextlib
import random
import re
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from tests.stories.test_store_hands import store_of
from tests.support.server import Server

ROWS = 300_000
"""Saved in two pieces, so that a kill after the first leaves much to do."""

ROUNDS = 20
MANY_ROWS = 900_000


def table_of(rows: int, name: str) -> bytes:
    """Give orders, each with an id of its own and an address that some share; two are bad."""
    lines = [
        f"{name}{n},k{n % 5_000},k{n % 5_000}@x.se,2026-03-01T12:{n % 60:02}:00"
        for n in range(rows)
    ]
    lines[rows // 2] = f"{name}-bad,k1,k1@x.se,soon"
    lines[-1] = f"{name}-bad,k1,k1@x.se,later"
    return "\n".join(["order_id,customer,email,ordered", *lines, ""]).encode()


class Page:
    """The page of imports, as a browser uses it."""

    def __init__(self, server: Server, client: httpx.Client) -> None:
        self.server, self.client = server, client
        self.address = ""

    def token(self, address: str) -> str:
        """Give the token that a form of the page holds."""
        text = self.client.get(address).text
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', text)
        assert found, text[:2000]
        return found[1]

    def upload(self, table: bytes) -> None:
        """Send a file as the page's script does, and choose the column of the id."""
        [[slug]] = self.server.ask("SELECT slug FROM accounts_workspace ORDER BY id")
        home = f"/w/{slug}/imports/"
        answer = self.client.put(f"{home}upload/?name=orders.csv&zone=UTC", content=table,
                                 headers={"X-CSRFToken": self.token(home)})  # fmt: skip
        assert answer.status_code == 200, answer.text
        self.address = answer.json()["address"]
        self.send("preview", **{"becomes-0": "id", "zone": "UTC"})

    def send(self, what: str, **fields: str) -> None:
        """Press a button of the import's page."""
        form = {"csrfmiddlewaretoken": self.token(self.address), **fields}
        answer = self.client.post(f"{self.address}{what}/", data=form)
        assert answer.status_code in (200, 302), answer.text

    @property
    def import_id(self) -> str:
        """The import's name in the database."""
        return self.address.rstrip("/").rpartition("/")[2]

    def state(self) -> tuple[str, int]:
        """Give how far it is: its state and the rows that were read."""
        query = f"SELECT state, rows FROM events_import WHERE id = '{self.import_id}'"  # noqa: S608
        [(state, rows)] = self.server.ask(query)
        return str(state), int(str(rows))

    def wait_until_done(self) -> None:
        """Return once a worker has brought it to its end."""
        until = time.monotonic() + 180
        while self.state()[0] != "done":
            assert self.state()[0] in ("waiting", "running"), self.state()
            assert time.monotonic() < until, f"{self.state()}\n{self.server.log[-2000:]}"
            time.sleep(0.1)


def let_lease_end(server: Server) -> None:
    """Let the minute pass after which a job is taken from a worker that no longer tells of itself."""
    past = datetime(2026, 1, 1, tzinfo=UTC).isoformat(sep=" ").removesuffix("+00:00")
    change = f"UPDATE jobs_job SET lease_until = '{past}' WHERE state = 'leased'"  # noqa: S608
    if server.database_url:
        import psycopg

        with psycopg.connect(server.database_url) as postgres:
            postgres.execute(f"{change.replace(past, past + '+00:00')}")
        return
    database = sqlite3.connect(server.folder / "kundresa.db", timeout=10)
    with contextlib.closing(database), database:
        database.execute(change)


def kill_amid(server: Server, page: Page, kills: int, chance: random.Random | None = None) -> int:
    """Start an import and kill its worker some times; give how many of the kills hit it at work."""
    before, hits = server.event_count(), 0
    page.send("start", zone="UTC")
    for _ in range(kills):
        wait_until_some_are_saved(server, page, before)
        if chance is not None:
            time.sleep(chance.random() / 2)
        before = server.event_count()
        server.kill("worker")
        hits += page.state()[0] == "running"
        let_lease_end(server)
    page.wait_until_done()
    return hits


def wait_until_some_are_saved(server: Server, page: Page, before: int) -> None:
    until = time.monotonic() + 120
    while server.event_count() <= before and page.state()[0] != "done":
        assert time.monotonic() < until, f"{page.state()}\n{server.log[-2000:]}"
        time.sleep(0.01)


def check(server: Server, names: list[str], rows: int) -> None:
    """Compare what the store holds with what the files held: each good row once."""
    found = Counter(
        text for block in store_of(server).snapshot().blocks() for text in block.texts["id"].to_pylist()
    )  # fmt: skip
    assert set(found.values()) == {1}
    wanted = {f"{name}{n}" for name in names for n in range(rows - 1) if n != rows // 2}
    assert found.keys() == wanted
    told = server.ask("SELECT rows, events, rejected, state FROM events_import")
    assert told == [(rows, rows - 2, 2, "done")] * len(names)
    assert server.ask("SELECT count(*) FROM profiles_profile") == [(5_000,)]
    carried = server.ask("SELECT count(*) FROM profiles_identifier WHERE type = 'email'")
    assert carried == [(5_000,)]
    aside = list((server.folder / "quarantine/1").glob("*.jsonl"))
    assert [len(path.read_text().splitlines()) for path in aside] == [2] * len(names)


@pytest.fixture
def page(server: Server) -> Iterator[Page]:
    """The page of imports of a server that is started."""
    server.start()
    with server.become_owner() as member:
        yield Page(server, member)


@pytest.mark.db
@pytest.mark.kill
def test_an_import_from_the_page_goes_on_after_its_worker_is_killed(
    server: Server, page: Page
) -> None:
    page.upload(table_of(ROWS, "a"))
    assert kill_amid(server, page, 1) == 1
    check(server, ["a"], ROWS)


@pytest.mark.db
@pytest.mark.kill
@pytest.mark.long
def test_imports_that_are_killed_at_random_moments_count_exactly(
    server: Server, page: Page
) -> None:
    chance, hits = random.Random(7), 0
    names = [f"{chr(97 + number)}-" for number in range(ROUNDS // 2)]
    for name in names:
        page.upload(table_of(MANY_ROWS, name))
        hits += kill_amid(server, page, 2, chance)
    assert hits > ROUNDS // 2
    check(server, names, MANY_ROWS)
