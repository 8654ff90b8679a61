"""Whatever is killed, every event that was answered is in the store exactly once."""

from __future__ import annotations

import threading
import time
from collections import Counter
from pathlib import Path

import httpx
import pytest

from kundresa.store import Store
from tests.support.server import Server

KILLS = ["collect", "worker", "web", "supervisor"] * 3


class Sender(threading.Thread):
    """Posts batches until told to end; sends again, under the same ids, what wasn't answered."""

    def __init__(self, server: Server, key: str, name: str) -> None:
        super().__init__(daemon=True)
        self.server, self.key, self.label = server, key, name
        self.acknowledged: set[str] = set()
        self.ended = threading.Event()

    def run(self) -> None:
        number = 0
        while not self.ended.is_set():
            ids = [f"{self.label}-{number}-{index}" for index in range(20)]
            if self.post(ids):
                self.acknowledged.update(ids)
                number += 1
            time.sleep(0.01)

    def post(self, ids: list[str]) -> bool:
        batch = [
            {"type": "track", "event": "Bought", "userId": "ann", "messageId": one} for one in ids
        ]
        try:
            answer = httpx.post(
                f"{self.server.address}/v1/batch",
                json={"batch": batch, "writeKey": self.key},
                trust_env=False,
                timeout=5,
            )
        except httpx.HTTPError:
            return False
        return answer.status_code == 200


def test_a_kill_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    """Kill each role and the supervisor three times while two senders post."""
    server = Server(tmp_path / "data")
    server.start()
    senders = [Sender(server, server.write_key(), name) for name in ("a", "b")]
    try:
        for sender in senders:
            sender.start()
        for role in KILLS:
            time.sleep(0.3)
            server.kill(role)
            if role == "supervisor":
                server.start()
            else:
                server.wait_until_ready()
        for sender in senders:
            sender.ended.set()
            sender.join()
        wait_until_sealed(server)
    finally:
        server.stop()
    acknowledged = set[str]().union(*(sender.acknowledged for sender in senders))
    assert len(acknowledged) > 100
    inbox = Counter(str(row[0]) for row in server.ask("SELECT message_id FROM events_inbox"))
    assert acknowledged <= inbox.keys()
    assert set(inbox.values()) == {1}
    assert server.ask("SELECT count(*) FROM events_set_aside") == [(0,)]
    assert Store(server.folder / "stores" / "1").event_count == len(inbox)


def wait_until_sealed(server: Server) -> None:
    """Wait until the worker has read the whole inbox."""
    store = Store(server.folder / "stores" / "1")
    until = time.monotonic() + 15
    while time.monotonic() < until:
        last = server.ask("SELECT max(sequence) FROM events_inbox")[0][0]
        if store.version.marks.get("inbox", 0) == last:
            return
        time.sleep(0.1)
    pytest.fail("the inbox is not sealed")
