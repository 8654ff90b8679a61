"""A real ``kundresa start`` in a folder of its own."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from kundresa.store.version import from_text
from tests.support.caches import byte_code, kernels

# A busy machine is slow, not wrong.
PATIENCE = 120.0


def free_port() -> int:
    """Give a port that nothing listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


class Server:
    """Starts, is killed, and starts again; on SQLite unless ``database_url`` names another."""

    def __init__(
        self,
        folder: Path,
        *,
        database_url: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.port = free_port()
        self.database_url = database_url
        self.environment = dict(environment or {})
        if database_url:
            self.environment["KUNDRESA_DATABASE_URL"] = database_url
        self.process: subprocess.Popen[bytes] | None = None
        self.sessions: dict[str, str] = {}
        """Keys of sessions by role, where whoever filled the folder made some."""

    def start(self, *, wait: bool = True) -> None:
        """Start, and return once it is ready."""
        code = "from kundresa.cli.start import command; command()"
        arguments = ["--port", str(self.port), "--data", str(self.folder), "--no-browser"]
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", code, *arguments],
                stderr=log,
                stdout=log,
                env=clean_environment(self.environment),
            )
        if wait:
            self.wait_until_ready()

    def wait_until_ready(self, seconds: float = PATIENCE) -> None:
        """Ask until every part is well."""
        assert self.process is not None
        until = time.monotonic() + seconds
        while time.monotonic() < until and self.process.poll() is None:
            try:
                if httpx.get(f"{self.address}/readyz", trust_env=False).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.05)
        raise AssertionError(self.log[-4000:])

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log_file(self) -> Path:
        """Where everything that it prints goes."""
        return self.folder.parent / "log"

    @property
    def log(self) -> str:
        """What it printed up to now."""
        return self.log_file.read_text()

    @contextmanager
    def become_owner(self) -> Iterator[httpx.Client]:
        """Take the link of the first owner from the log, as a member would, and be signed in."""
        address = self.owner_address()
        with httpx.Client(base_url=self.address, trust_env=False, timeout=30) as client:
            page = client.get(address).text
            token = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[0]
            told = {"name": "Åsa Berg", "email": "asa@example.se", "workspace_name": "My workspace",
                    "password": "en lång fras om tåg", "csrfmiddlewaretoken": token}  # fmt: skip
            assert client.post(address, data=told).status_code == 302
            yield client

    def owner_address(self, seconds: float = 40) -> str:
        """Wait for the link of the first owner, and give its path."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if found := re.findall(r"Become the owner: \S+?(/welcome/\S+)", self.log):
                return str(found[-1])
            time.sleep(0.02)
        raise AssertionError(self.log[-4000:])

    def write_key(self) -> str:
        """The key of the first source."""
        return str(self.ask("SELECT write_key FROM events_source ORDER BY id")[0][0])

    def ask(self, query: str) -> list[tuple[object, ...]]:
        """Read the database beside the server."""
        if self.database_url:
            import psycopg

            with psycopg.connect(self.database_url) as postgres:
                return postgres.execute(query).fetchall()
        connection = sqlite3.connect(self.folder / "kundresa.db", timeout=PATIENCE)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()

    def event_count(self, workspace: int = 1) -> int:
        """How many events the version of a workspace's store counts."""
        rows = self.ask(
            f"SELECT text FROM store_version WHERE workspace_id = {workspace} "  # noqa: S608
            "AND text IS NOT NULL"
        )
        return sum(from_text(str(text), "the row").event_count for (text,) in rows)

    def kill(self, role: str) -> None:
        """SIGKILL one role, or the supervisor."""
        assert self.process is not None
        if role == "supervisor":
            self.process.kill()
            self.process.wait()
            return
        os.kill(self.pid(role), signal.SIGKILL)

    def pid(self, role: str, seconds: float = PATIENCE) -> int:
        """Find a child by its command line; wait for one that is about to be started again."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if found := self._pid_now(role):
                return found
            time.sleep(0.02)
        raise AssertionError(f"{role} does not run")

    def _pid_now(self, role: str) -> int:
        assert self.process is not None
        listing = subprocess.run(
            ["ps", "-A", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True
        )
        for line in listing.stdout.splitlines():
            pid, parent, command = line.split(None, 2)
            if int(parent) == self.process.pid and f"kundresa.project.child {role} " in command:
                return int(pid)
        return 0

    def stop(self) -> None:
        """Stop as a member would."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=PATIENCE)


def clean_environment(added: Mapping[str, str] | None = None) -> dict[str, str]:
    """Give this process's environment without our settings, and with those added."""
    # Where Python may keep no byte code, each start would compile the framework anew.
    dropped = "PYTHONDONTWRITEBYTECODE"
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("KUNDRESA_", dropped))}
    # And the worker of each new data folder the kernels.
    lasting = {"PYTHONPYCACHEPREFIX": byte_code(), "NUMBA_CACHE_DIR": kernels()}
    return {**kept, **lasting, **(added or {})}
