"""A customer who is erased while the server runs, and while the erasing is killed, is gone."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from kundresa.profiles.api import TABLES
from tests.support.server import PATIENCE, Server, clean_environment
from tests.support.traces import traces_of

ANN, DEVICE, BEA = "ann-31415@example.com", "device-27182", "bea-16180@example.com"
KILLS = 3


def send(server: Server, key: str, number: int) -> None:
    """Events of two customers, one of them on a device too, and one event that can't be taken."""
    messages = [
        {"type": "identify", "userId": ANN, "traits": {"email": ANN}},
        {"type": "page", "anonymousId": DEVICE, "name": "Start"},
        {"type": "track", "event": "Bought", "userId": ANN, "anonymousId": DEVICE},
        {"type": "track", "userId": ANN},
        {"type": "group", "groupId": "acme", "userId": ANN},
        {"type": "track", "event": "Bought", "userId": BEA},
    ]
    batch = [{**one, "messageId": f"{number}-{at}"} for at, one in enumerate(messages)]
    answer = httpx.post(f"{server.address}/v1/batch", json={"batch": batch, "writeKey": key},
                        trust_env=False, timeout=PATIENCE)  # fmt: skip
    assert answer.status_code == 200


def kundresa(server: Server, *arguments: str) -> subprocess.Popen[str]:
    """Run a command beside the server."""
    return subprocess.Popen(
        [sys.executable, "-m", "kundresa", *arguments, "--data", str(server.folder), "--json"],
        env=clean_environment(server.environment), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def done(process: subprocess.Popen[str]) -> dict[str, object]:
    """Wait for a command and give its answer."""
    out, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, out + said
    found: dict[str, object] = json.loads(out)
    return found


def wait_until_sealed(server: Server, events: int) -> None:
    """Wait until the store has so many events."""
    until = time.monotonic() + PATIENCE
    while server.event_count() != events:
        assert time.monotonic() < until, f"{server.event_count()} events of {events}"
        time.sleep(0.05)


def traces(server: Server) -> list[str]:
    """Every place that still names Ann: files, and on PostgreSQL rows."""
    found = traces_of([ANN, DEVICE], server.folder)
    for table in ("events_inbox", "events_set_aside", "events_erasure", "jobs_job", *TABLES) * bool(
        server.database_url
    ):
        rows = server.ask(f"SELECT t::text FROM {table} AS t")  # noqa: S608
        hexed = ANN.encode().hex()
        found += [table for (text,) in rows if ANN in str(text) or hexed in str(text)]
    return found


@pytest.mark.db
def test_no_byte_of_an_erased_customer_is_in_the_folder_while_the_server_runs(
    server: Server, tmp_path: Path
) -> None:
    server.start()
    key = server.write_key()
    send(server, key, 1)
    wait_until_sealed(server, 5)
    exported = done(kundresa(server, "export", ANN))
    told = Path(str(exported["file"]))
    assert told.is_relative_to(server.folder / "exports")
    assert len(told.read_text().splitlines()) == exported["events"] == 4
    about = json.loads(Path(str(exported["profile"])).read_text())
    assert about["identifiers"] == [ANN, DEVICE]
    [known] = about["profiles"]
    assert (known["key"], known["merged"], known["accounts"]) == (ANN, [DEVICE], ["acme"])
    carried = {(one["type"], one["value"]) for one in known["identifiers"]}
    assert carried == {("user_id", ANN), ("anonymous_id", DEVICE)}
    assert server.ask("SELECT count(*) FROM profiles_profile") == [(3,)]
    assert about["set_aside"][0]["message"]["messageId"] == "1-3"
    assert traces(server)
    answer = done(kundresa(server, "erase", ANN, "--yes"))
    assert answer["erased"] == {
        "events": 4, "inbox": 5, "quarantine": 0, "exports": 2, "uploads": 0,
    }  # fmt: skip
    assert traces(server) == []
    for table in TABLES:
        left = 1 if table in ("profiles_profile", "profiles_identifier") else 0
        assert server.ask(f"SELECT count(*) FROM {table}") == [(left,)]  # noqa: S608
    send(server, key, 2)
    wait_until_sealed(server, 6)
    for asked in (["erase", "nobody", "--yes"], ["export", "nobody"]):
        process = kundresa(server, *asked)
        out, _ = process.communicate(timeout=PATIENCE)
        assert (process.returncode, json.loads(out)["error"]["code"]) == (1, "not_found")
    server.stop()


@pytest.mark.db
@pytest.mark.kill
def test_an_erasure_that_is_killed_is_finished_by_the_next(server: Server) -> None:
    """SIGKILL at a random moment, three times, under a running server."""
    chance = random.Random(26)
    server.start()
    key = server.write_key()
    for number in range(KILLS):
        send(server, key, number)
        wait_until_sealed(server, 5 + number)
        process = kundresa(server, "erase", ANN, "--yes")
        time.sleep(chance.uniform(0.5, 2.5))
        process.kill()
        process.communicate()
        if traces(server) or server.ask("SELECT 1 FROM events_erasure WHERE erased_at IS NULL"):
            done(kundresa(server, "erase", ANN, "--yes"))
        assert traces(server) == []
        wait_until_sealed(server, 1 + number)
    server.stop()
