"""Whatever is killed, every event that was answered is in the store exactly once."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Sequence

import httpx
import pytest

from tests.support.server import PATIENCE, Server

ROLES = ("collect", "worker", "web", "supervisor")
THREE_EACH = ROLES * 3
# Apart, so that each is over in the minutes that a day has for long tests.
SEEDS = range(5)
ROUNDS = 5


class Sender(threading.Thread):
    """Posts batches until told to end; sends again, under the same ids, what wasn't answered."""

    def __init__(self, server: Server, key: str, name: str) -> None:
        super().__init__(daemon=True)
        self.server, self.key, self.label = server, key, name
        self.acknowledged: set[str] = set()
        self.sending = threading.Event()
        self.ended = threading.Event()

    def run(self) -> None:
        number = 0
        while not self.ended.wait(0.01):
            ids = [f"{self.label}-{number}-{index}" for index in range(20)]
            if self.post(ids):
                self.acknowledged.update(ids)
                number += 1
                self.sending.set()

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

    def wait_until_answered(self) -> None:
        """Return once a batch was answered after this call."""
        self.sending.clear()
        assert self.sending.wait(PATIENCE), "nothing is answered"


@pytest.mark.db
@pytest.mark.kill
def test_a_kill_loses_nothing_and_doubles_nothing(server: Server) -> None:
    """Kill each role and the supervisor three times while two senders post."""
    kill_in_turn(server, THREE_EACH)


@pytest.mark.db
@pytest.mark.kill
@pytest.mark.long
@pytest.mark.parametrize("seed", SEEDS)
def test_many_kills_at_random_moments_lose_nothing(server: Server, seed: int) -> None:
    chance = random.Random(seed)
    turns = [role for role in ROLES for _ in range(ROUNDS)]
    chance.shuffle(turns)
    kill_in_turn(server, turns, chance)


def kill_in_turn(server: Server, roles: Sequence[str], chance: random.Random | None = None) -> None:
    """Kill under load, start again, and count: each acknowledged event once, none set aside."""
    server.start()
    senders = [Sender(server, server.write_key(), name) for name in ("a", "b")]
    for sender in senders:
        sender.start()
    for role in roles:
        for sender in senders:
            sender.wait_until_answered()
        if chance is not None:
            time.sleep(chance.random() / 3)
        server.kill(role)
        if role == "supervisor":
            server.start()
    for sender in senders:
        sender.ended.set()
        sender.join()
    wait_until_sealed(server)
    check_nothing_lost(server, set[str]().union(*(sender.acknowledged for sender in senders)))


def check_nothing_lost(server: Server, acknowledged: set[str]) -> None:
    """Compare what was answered with the inbox and with the store."""
    assert len(acknowledged) > 100
    inbox = Counter(str(row[0]) for row in server.ask("SELECT message_id FROM events_inbox"))
    assert acknowledged <= inbox.keys()
    assert set(inbox.values()) == {1}
    assert server.ask("SELECT count(*) FROM events_set_aside") == [(0,)]
    assert server.event_count() == len(inbox)


def wait_until_sealed(server: Server) -> None:
    """Wait until the worker has read the whole inbox."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        rows = server.ask("SELECT count(*) FROM events_inbox")[0][0]
        if server.event_count() == rows:
            return
        time.sleep(0.1)
    pytest.fail("the inbox is not sealed")
