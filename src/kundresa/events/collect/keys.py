"""The write keys in memory: read again each second, and at once for an unknown key."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

from kundresa.core.logs import logger
from kundresa.events.collect.envelope import RefusedError
from kundresa.events.collect.inbox import Inbox

_EVERY: Final = 1.0
_AT_MOST_EVERY: Final = 0.2
_TELL_EVERY: Final = 10.0
"""A commit costs a wait for the disk, and people look at the hour."""

_log = logger(__name__)


class WriteKeys:
    """Which key writes into which workspace."""

    def __init__(self, connect: Callable[[], Inbox], *, most_at_once: int = 512) -> None:
        self._connect = connect
        self._inbox: Inbox | None = None
        self._known: Mapping[str, int] = {}
        self._read_at = 0.0
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._most_at_once = most_at_once
        self.under_way: Counter[str] = Counter()
        self._heard: dict[str, int] = {}
        self._told_at = 0.0

    async def start(self) -> None:
        """Read the keys and keep them fresh."""
        await self.refresh()
        self._task = asyncio.create_task(self._keep_fresh())

    async def stop(self) -> None:
        """Stop reading."""
        if self._task is not None:
            self._task.cancel()
        async with self._lock:
            if self._inbox is not None:
                self._inbox.close()

    async def workspace(self, key: str) -> int:
        """Give the workspace of a key, or refuse."""
        if key and key not in self._known and time.monotonic() - self._read_at > _AT_MOST_EVERY:
            await self.refresh()
        if key not in self._known:
            if not self._read_at:
                raise RefusedError(503, "unavailable", "The write keys can't be read now.", 1)
            raise RefusedError(401, "unknown_write_key", "The write key is missing or not known.")
        if self.under_way[key] >= self._most_at_once:
            raise RefusedError(429, "too_many_requests", "This key sends too much at once.", 1)
        return self._known[key]

    def hear(self, key: str, at: int) -> None:
        """Note that a key brought events (microseconds); it is written down a little later."""
        self._heard[key] = at

    async def refresh(self) -> bool:
        """Read the keys again; False when the database doesn't answer."""
        async with self._lock:
            try:
                self._known = await asyncio.to_thread(self._read)
            except Exception as error:  # noqa: BLE001
                _log.warning("write_keys_not_read", error=str(error))
                self._inbox = None
                return False
            self._read_at = time.monotonic()
            return True

    def _read(self) -> Mapping[str, int]:
        if self._inbox is None:
            self._inbox = self._connect()
        self._tell(self._inbox)
        return self._inbox.write_keys()

    def _tell(self, inbox: Inbox) -> None:
        if self._heard and time.monotonic() - self._told_at > _TELL_EVERY:
            heard, self._heard = self._heard, {}
            inbox.tell_heard(heard)
            self._told_at = time.monotonic()

    async def _keep_fresh(self) -> None:
        while True:
            await asyncio.sleep(_EVERY)
            await self.refresh()
