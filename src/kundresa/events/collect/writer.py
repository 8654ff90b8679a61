"""Group commit: one thread writes what many requests brought, and answers after the commit."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from typing import Final

from kundresa.core.logs import logger
from kundresa.events.collect.envelope import RefusedError
from kundresa.events.collect.inbox import Inbox, Row

MOST_WAITING: Final = 1024
MOST_TOGETHER: Final = 64
_log = logger(__name__)
_Waiting = tuple[Sequence[Row], "asyncio.Future[None]"]


class Writer:
    """Takes rows from the event loop and resolves their future once they are durable."""

    def __init__(self, connect: Callable[[], Inbox], *, most_waiting: int = MOST_WAITING) -> None:
        self._connect = connect
        self._inbox: Inbox | None = None
        self._queue: queue.Queue[_Waiting | None] = queue.Queue(most_waiting)
        self._thread = threading.Thread(target=self._run, name="inbox-writer", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, then end."""
        self._queue.put(None)
        self._thread.join()

    async def write(self, rows: Sequence[Row]) -> None:
        """Return once the rows are committed; refuse when too many wait or it fails."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        try:
            self._queue.put_nowait((rows, future))
        except queue.Full as error:
            raise _unavailable("Too many events wait to be written.") from error
        await future

    def _run(self) -> None:
        self._open_ahead()
        is_open = True
        while is_open:
            together, is_open = self._next()
            if together:
                self._commit(together)
        if self._inbox is not None:
            self._inbox.close()

    def _next(self) -> tuple[list[_Waiting], bool]:
        together: list[_Waiting] = []
        one = self._queue.get()
        while one is not None:
            together.append(one)
            if len(together) >= MOST_TOGETHER or self._queue.empty():
                return together, True
            one = self._queue.get_nowait()
        return together, False

    def _commit(self, together: Sequence[_Waiting]) -> None:
        rows = [row for some, _ in together for row in some]
        fault: RefusedError | None = None
        try:
            self._opened().append(rows)
        except Exception as error:  # noqa: BLE001
            _log.error("inbox_not_written", error=str(error), events=len(rows))
            self._forget_connection()
            fault = _unavailable("The events can't be written now.")
        # Waking the loop costs as much as a small commit, so once for all.
        futures = [future for _, future in together]
        futures[0].get_loop().call_soon_threadsafe(_resolve, futures, fault)

    def _open_ahead(self) -> None:
        try:
            self._opened().prepare()
        except Exception as error:  # the next commit tries again  # noqa: BLE001
            _log.warning("inbox_not_opened", error=str(error))
            self._forget_connection()

    def _opened(self) -> Inbox:
        if self._inbox is None:
            self._inbox = self._connect()
        return self._inbox

    def _forget_connection(self) -> None:
        if self._inbox is not None:
            try:
                self._inbox.close()
            except Exception as error:  # noqa: BLE001
                _log.warning("inbox_not_closed", error=str(error))
        self._inbox = None


def _resolve(futures: Sequence[asyncio.Future[None]], fault: RefusedError | None) -> None:
    for future in futures:
        if future.done():  # the sender hung up
            continue
        if fault is None:
            future.set_result(None)
        else:
            future.set_exception(fault)


def _unavailable(message: str) -> RefusedError:
    return RefusedError(503, "unavailable", message, retry_after=1)
