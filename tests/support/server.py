"""A real ``kundresa start`` in a folder of its own."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx


class Server:
    """Starts, is killed, and starts again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and return once it is ready."""
        code = "from kundresa.cli.start import command; command()"
        arguments = ["--port", str(self.port), "--data", str(self.folder), "--no-browser"]
        with (self.folder.parent / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", code, *arguments],
                stderr=log,
                stdout=log,
                env=_environment(),
            )
        self.wait_until_ready()

    def wait_until_ready(self, seconds: float = 60) -> None:
        """Ask until every part is well."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                if httpx.get(f"{self.address}/readyz", trust_env=False).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.05)
        raise AssertionError((self.folder.parent / "log").read_text()[-4000:])

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def write_key(self) -> str:
        """The key of the first source."""
        return str(self.ask("SELECT write_key FROM events_source")[0][0])

    def ask(self, query: str) -> list[tuple[object, ...]]:
        """Read the database beside the server."""
        connection = sqlite3.connect(self.folder / "kundresa.db", timeout=10)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()

    def kill(self, role: str) -> None:
        """SIGKILL one role, or the supervisor."""
        assert self.process is not None
        if role == "supervisor":
            self.process.kill()
            self.process.wait()
            return
        os.kill(self.pid(role), signal.SIGKILL)

    def pid(self, role: str) -> int:
        """Find a child by its command line."""
        assert self.process is not None
        listing = subprocess.run(
            ["ps", "-A", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True
        )
        for line in listing.stdout.splitlines():
            pid, parent, command = line.split(None, 2)
            if int(parent) == self.process.pid and f"kundresa.project.child {role} " in command:
                return int(pid)
        raise AssertionError(f"{role} does not run")

    def stop(self) -> None:
        """Stop as a member would."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=15)


def _environment() -> dict[str, str]:
    # Where Python may keep no byte code, each start would compile the framework anew.
    dropped = "PYTHONDONTWRITEBYTECODE"
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("KUNDRESA_", dropped))}
    return {**kept, "PYTHONPYCACHEPREFIX": str(Path(tempfile.gettempdir()) / "kundresa-pycache")}
