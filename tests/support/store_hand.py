"""A process that works on the store of workspace 1 until it is killed (`store_work`)."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.server import PATIENCE, clean_environment

WORK = Path(__file__).with_name("store_work.py")


class Hand:
    """Such a process, and what it has printed."""

    def __init__(self, folder: Path, environment: Mapping[str, str], *arguments: str) -> None:
        self._folder, self._environment, self._arguments = folder, environment, arguments
        self._news = threading.Semaphore(0)
        self.said: list[str] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self.kill()

    def start(self) -> None:
        """Start, or start again."""
        environment = {**self._environment, "KUNDRESA_DATA_DIR": str(self._folder)}
        with (self._folder.parent / "hands.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(WORK), *self._arguments],
                stdout=subprocess.PIPE, stderr=log, text=True, env=clean_environment(environment),
            )  # fmt: skip
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self.said.append(line.strip())
                self._news.release()

    def wait_for_news(self, seconds: float = PATIENCE) -> None:
        """Return once it prints something after this call."""
        while self._news.acquire(blocking=False):
            pass
        if not self._news.acquire(timeout=seconds):
            raise AssertionError((self._folder.parent / "hands.log").read_text()[-4000:])

    def kill(self) -> None:
        """SIGKILL, and hear to the end what it had printed."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._listener.join()
