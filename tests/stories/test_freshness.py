"""An event that is sent to a running server is on its map within ten seconds."""

from __future__ import annotations

import subprocess
import sys
import time

import httpx
import pytest

from tests.support.server import Server, clean_environment

LONGEST_SECONDS = 10.0
MAP = """journey-map: 1
id: buying
title: Buying
kind: current_state
stages:
  - id: find
    title: Find
    steps:
      - id: look
        title: Look
"""
PREPARE = """
import sys
from kundresa.core.settings import settings
from kundresa.project.roles import prepare
prepare(settings())
from kundresa.accounts.api import ensure_first_workspace
from kundresa.journeys.api import save_map
save_map(ensure_first_workspace().id, sys.stdin.read(), actor="alice")
"""


@pytest.mark.db
def test_an_event_is_on_the_map_within_ten_seconds(server: Server) -> None:
    """The first event, and one into a workspace that is already being looked at."""
    told = {**server.environment, "KUNDRESA_DATA_DIR": str(server.folder)}
    subprocess.run([sys.executable, "-c", PREPARE], input=MAP.encode(), check=True,
                   env=clean_environment(told))  # fmt: skip
    server.start()
    member = server.become_owner()
    key = server.write_key()
    for name in ("Looked at a kettle", "Bought a kettle"):
        send(server, key, name)
        seconds = seconds_until_shown(member, name)
        assert seconds < LONGEST_SECONDS


def send(server: Server, key: str, name: str) -> None:
    """Send one event."""
    event = {"userId": "ann", "event": name, "writeKey": key}
    answer = httpx.post(f"{server.address}/v1/track", json=event, trust_env=False, timeout=30)
    assert answer.status_code == 200


def seconds_until_shown(member: httpx.Client, name: str) -> float:
    """Open the map again and again until it tells of an event; give how long that took."""
    began = time.monotonic()
    while (waited := time.monotonic() - began) < LONGEST_SECONDS:
        page = member.get("/w/my-workspace/maps/buying/")
        assert page.status_code == 200
        if name in page.text:
            return time.monotonic() - began
    return waited
