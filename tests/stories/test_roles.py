"""The three roles of ``kundresa start``: they come up, come back, and go in order."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest

from tests.support.server import PATIENCE, Server, clean_environment, free_port

FONT = "/static/ui/vendor/inter/inter-latin-ext-400-normal.woff2"


def log_of(server: Server, event: str) -> list[dict[str, Any]]:
    """Give the lines of that event, in order; the log is to be JSON."""
    lines = [line for line in server.log.splitlines() if line.startswith("{")]
    return [found for line in lines if (found := json.loads(line))["event"] == event]


def wait_until(asked: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Ask again and again, for some seconds."""
    until = time.monotonic() + seconds
    while not asked():
        assert time.monotonic() < until, "it did not come to pass"
        time.sleep(0.02)


@pytest.mark.db
def test_an_event_that_is_answered_is_kept_and_its_key_is_in_no_log(server: Server) -> None:
    server.start()
    key = server.write_key()
    event = {"userId": "ann", "event": "Bought", "messageId": "one"}
    ways: list[dict[str, Any]] = [
        {"json": {**event, "writeKey": key}},
        {"json": {**event, "messageId": "two"}, "params": {"writeKey": key}},
        {"json": {**event, "messageId": "three"}, "auth": (key, "")},
    ]
    for way in ways:
        answer = httpx.post(f"{server.address}/v1/track", trust_env=False, timeout=PATIENCE, **way)
        assert (answer.status_code, answer.json()["success"]) == (200, True)
    wait_until(lambda: server.event_count() == 3)
    nowhere = f"{server.address}/nowhere?key={key}"
    assert httpx.get(nowhere, trust_env=False, timeout=PATIENCE).status_code == 404
    server.stop()
    assert server.process is not None
    assert server.process.returncode == 0
    assert "/nowhere" in server.log
    assert key not in server.log
    assert "Traceback" not in server.log


@contextmanager
def half_sent(port: int, path: str) -> Iterator[None]:
    """Hold a connection on which most of a body is still to come."""
    with socket.create_connection(("127.0.0.1", port)) as caller:
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\nabc"
        caller.sendall(head.encode())
        yield


@contextmanager
def slow_reader(port: int) -> Iterator[None]:
    """Hold a connection that asks for much and reads nothing."""
    with socket.socket() as caller:
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        caller.connect(("127.0.0.1", port))
        caller.sendall(f"GET {FONT} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode() * 200)
        yield


def test_the_roles_stop_in_order_whatever_streams_are_open(server: Server) -> None:
    """Web first, so that no page asks what is gone; none has to be killed."""
    collect_port = free_port()
    server.environment |= {
        "KUNDRESA_LOG_FORMAT": "json",
        "KUNDRESA_COLLECT_PORT": str(collect_port),
    }
    server.start()
    assert server.process is not None
    with ExitStack() as streams:
        for port in (server.port, collect_port):
            streams.enter_context(half_sent(port, "/v1/track"))
        streams.enter_context(half_sent(server.port, "/i18n/setlang/"))
        streams.enter_context(slow_reader(server.port))
        well = httpx.get(f"{server.address}/healthz", trust_env=False, timeout=PATIENCE)
        assert well.status_code == 200
        server.process.terminate()
        assert server.process.wait(timeout=PATIENCE) == 0
    stopped = log_of(server, "role_stopped")
    assert [line["stopped"] for line in stopped] == ["web", "collect", "worker"]
    assert -signal.SIGKILL not in {line["code"] for line in stopped}
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port))


@pytest.mark.kill
def test_a_role_that_dies_comes_back_and_waits_longer_each_time(server: Server) -> None:
    server.environment["KUNDRESA_LOG_FORMAT"] = "json"
    server.start()
    for count in (1, 2, 3):
        server.kill("worker")
        wait_until(lambda wanted=count: len(log_of(server, "role_died")) == wanted)  # type: ignore[misc]
    wait_until(lambda: len(log_of(server, "role_started")) == 6)
    deaths = log_of(server, "role_died")
    assert [line["died"] for line in deaths] == ["worker"] * 3
    assert [line["again_in"] for line in deaths] == [0.1, 0.2, 0.4]


def test_a_second_start_on_the_folder_is_refused_and_harms_nothing(server: Server) -> None:
    server.start()
    again = Server(server.folder)
    ran = start(again)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert f"already runs on {server.folder}" in ran.stderr
    assert "Traceback" not in ran.stderr
    check_that_the_doctor_is_content(server)


def start(server: Server) -> subprocess.CompletedProcess[str]:
    """Run a start that is to fail, to its end."""
    command = [sys.executable, "-m", "kundresa", "start", "--no-browser"]
    told = ["--port", str(server.port), "--data", str(server.folder)]
    return subprocess.run(
        [*command, *told], env=clean_environment(server.environment),
        capture_output=True, text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip


def check_that_the_doctor_is_content(server: Server) -> None:
    """Each part of a running installation is OK; collect is told once it is stopped."""
    told = {"KUNDRESA_DATA_DIR": str(server.folder), "KUNDRESA_PORT": str(server.port)}
    command = [sys.executable, "-m", "kundresa", "doctor", "--json"]
    environment = clean_environment(told)
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert all(part["ok"] for part in json.loads(ran.stdout)["parts"])
    server.stop()
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    parts = {part["part"]: part for part in json.loads(ran.stdout)["parts"]}
    assert ran.returncode == 1
    assert f"nothing answers on port {server.port}" in parts["collect"]["fault"]
