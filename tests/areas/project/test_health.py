"""Health: alive whatever is broken; ready only when every part is, and each fault by its part."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.db import connections

from kundresa.jobs.api import beat
from kundresa.project.asgi import Dispatch, make_application
from kundresa.project.health import database_fault, worker_fault

pytestmark = [pytest.mark.db, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that is bound, so that nobody else takes it, and that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.fixture
def database_gone() -> Iterator[None]:
    """Every new connection fails, as on a server that was shut down."""
    settings = connections.settings["default"]
    kept = settings["NAME"]
    close_everywhere()
    settings["NAME"] = "/kundresa-gone/away"
    yield
    close_everywhere()
    settings["NAME"] = kept


def close_everywhere() -> None:
    """Close the connections of this thread, and of the one that answers for the front door."""
    connections.close_all()
    asyncio.run(sync_to_async(connections.close_all)())


def ask(application: Dispatch, method: str, path: str) -> httpx.Response:
    """Ask the web process's front door."""

    async def go() -> httpx.Response:
        door = httpx.ASGITransport(application)
        async with httpx.AsyncClient(transport=door, base_url="http://127.0.0.1") as client:
            return await client.request(method, path)

    return asyncio.run(go())


def test_without_worker_and_collect_it_is_alive_and_not_ready(silent_port: int) -> None:
    application = make_application(silent_port)
    assert ask(application, "GET", "/healthz").json() == {"alive": True}
    answer = ask(application, "GET", "/readyz")
    assert answer.status_code == 503
    assert answer.json() == {
        "ready": False,
        "faults": {"worker": "has never been seen", "collect": "does not answer: ConnectError"},
    }


@pytest.mark.usefixtures("database_gone")
def test_a_database_that_is_gone_is_named(silent_port: int) -> None:
    application = make_application(silent_port)
    assert ask(application, "GET", "/healthz").status_code == 200
    answer = ask(application, "GET", "/readyz")
    assert answer.status_code == 503
    faults = answer.json()["faults"]
    assert faults["database"] == "does not answer: OperationalError"
    assert faults["worker"] == "heartbeat can't be read: OperationalError"


def test_a_database_that_is_back_is_well_again(silent_port: int) -> None:
    assert database_fault() == ""


def test_a_worker_counts_as_alive_for_a_short_while() -> None:
    beat("somebody")
    assert worker_fault() == ""


def test_collect_that_is_down_is_told_to_senders_as_a_reason_to_come_again(
    silent_port: int,
) -> None:
    answer = ask(make_application(silent_port), "POST", "/v1/track")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["code"] == "unavailable"
