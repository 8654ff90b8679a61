"""The supervisor of ``kundresa start``: collect, web and worker as three processes.

The listening sockets are the supervisor's, so a restarted child finds the callers that waited.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from kundresa.core.errors import KundresaError
from kundresa.core.logs import logger
from kundresa.core.settings import Settings
from kundresa.project.data_folder import DataFolder

_START: Final = ("collect", "web", "worker")
_STOP: Final = ("web", "collect", "worker")
_LONGEST_WAIT: Final = 30.0
_STEADY: Final = 60.0
_log = logger(__name__)


class PortTakenError(KundresaError):
    """Something else listens on the port."""

    status = 409
    code = "port_taken"


class DatabaseUnusableError(KundresaError):
    """The database doesn't answer, or its driver isn't installed."""

    status = 503
    code = "database_unusable"


@dataclass
class _Child:
    role: str
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_at: float = 0.0
    wait: float = 0.0


class Supervisor:
    """Starts the roles, starts them again when they die, and stops them in order."""

    def __init__(self, found: Settings) -> None:
        self._settings = found
        self._children = {role: _Child(role) for role in _START}
        self._sockets: dict[str, socket.socket] = {}
        self._pipe = os.pipe()
        self._stopping = False

    def open(self) -> None:
        """Take the ports, before anything is promised."""
        self._sockets["web"] = listen(self._settings.host, self._settings.port)
        self._sockets["collect"] = listen("127.0.0.1", self._settings.collect_port)

    def run(self, when_ready: Callable[[], None] = lambda: None) -> None:
        """Keep the roles alive until SIGTERM or SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._ask_to_stop())
        is_told = False
        while not self._stopping:
            self._look_after()
            if not is_told and self._is_ready():
                when_ready()
                is_told = True
            time.sleep(0.1)
        self._stop_all()

    def _ask_to_stop(self) -> None:
        self._stopping = True

    def _look_after(self) -> None:
        for child in self._children.values():
            if child.process is not None and child.process.poll() is not None:
                self._note_death(child, child.process.returncode)
            if child.process is None and time.monotonic() >= child.start_at:
                self._start(child)

    def _note_death(self, child: _Child, exit_code: int) -> None:
        lived = time.monotonic() - child.started_at
        first = lived > _STEADY or child.wait == 0.0
        child.wait = 0.1 if first else min(child.wait * 2, _LONGEST_WAIT)
        child.start_at = time.monotonic() + child.wait
        _log.warning("role_died", died=child.role, code=exit_code, again_in=child.wait)
        child.process = None

    def _start(self, child: _Child) -> None:
        listener = self._sockets.get(child.role)
        handle = -1 if listener is None else listener.fileno()
        numbers = [str(handle), str(os.getpid()), str(self._pipe[0])]
        kept = [self._pipe[0]] if listener is None else [self._pipe[0], handle]
        child.process = subprocess.Popen(
            [sys.executable, "-m", "kundresa.project.child", child.role, *numbers],
            pass_fds=kept,
            env={**os.environ, **self._environment()},
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C reaches us alone, and we stop them in order
        )
        child.started_at = time.monotonic()
        _log.info("role_started", started=child.role, pid=child.process.pid)

    def _environment(self) -> dict[str, str]:
        return {
            "KUNDRESA_DATA_DIR": str(self._settings.data_dir),
            "KUNDRESA_PORT": str(self._settings.port),
            "KUNDRESA_COLLECT_PORT": str(self._sockets["collect"].getsockname()[1]),
        }

    def _is_ready(self) -> bool:
        import httpx

        try:
            address = f"{self._settings.local_address}/readyz"
            with httpx.Client(trust_env=False, timeout=1) as client:
                return client.get(address).status_code == 200
        except httpx.HTTPError:
            return False

    def _stop_all(self) -> None:
        for role in _STOP:
            process = self._children[role].process
            if process is None:
                continue
            process.terminate()
            try:
                process.wait(timeout=4)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            _log.info("role_stopped", stopped=role, code=process.returncode)
        for listener in self._sockets.values():
            listener.close()


def listen(host: str, port: int) -> socket.socket:
    """Take a port; wait a moment for one whose process was just killed."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    address = "127.0.0.1" if host == "localhost" else host
    for attempt in range(20):
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((address, port))
            listener.listen(1024)
            return listener
        except OSError as error:
            listener.close()
            if attempt == 19:
                raise PortTakenError(
                    f"Port {port} can't be taken: {error.strerror}.",
                    hint="Stop what listens there, or name another port with --port.",
                ) from error
            time.sleep(0.1)
    raise AssertionError("unreachable")


def folder_of(found: Settings) -> DataFolder:
    """Give the data folder, made where it is missing."""
    folder = DataFolder(found.data_dir)
    folder.prepare()
    return folder


def prepare(found: Settings) -> DataFolder:
    """Make and lock the folder, and bring the database to this release."""
    folder = folder_of(found)
    folder.lock()
    check_driver(found)
    set_up_django()
    from django.db import OperationalError, connections

    try:
        _bring_database_here()
    except OperationalError as error:
        # No driver's text: it may hold what stands in the address.
        raise DatabaseUnusableError(
            "The database does not answer, or refuses us.",
            hint="Check KUNDRESA_DATABASE_URL, and that the server runs and knows the name.",
        ) from error
    connections.close_all()
    return folder


def _bring_database_here() -> None:
    from django.core.management import call_command

    from kundresa.accounts.api import ensure_first_workspace
    from kundresa.events.api import ensure_first_source

    call_command("migrate", interactive=False, verbosity=0)
    ensure_first_source(ensure_first_workspace().id)


def first_owner_secret() -> str:
    """Give the secret of a new link for the first owner, or nothing when there is one."""
    from django.db import connections

    from kundresa.accounts.api import new_owner_link

    secret = new_owner_link()
    connections.close_all()
    return secret


def check_driver(found: Settings) -> None:
    """Refuse an address of PostgreSQL where its driver isn't installed."""
    if found.is_postgres and importlib.util.find_spec("psycopg") is None:
        raise DatabaseUnusableError(
            "KUNDRESA_DATABASE_URL names a PostgreSQL, whose driver is not installed.",
            hint='Install it: pip install "kundresa[postgres]".',
        )


def set_up_django() -> None:
    """Load the framework with our settings."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kundresa.project.django_settings")
    django.setup()
