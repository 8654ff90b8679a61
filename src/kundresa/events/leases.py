"""Holds on a store as rows with a time limit, for machines that share a PostgreSQL.

A holder prolongs its lease while it lives; whoever comes after one that died waits until the lease
has run out by the database's clock. A holder that was too slow finds out in the transaction that
would have swapped its version in (`confirm`).
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import DatabaseError, connection

from kundresa.core.ids import new_id
from kundresa.core.logs import logger
from kundresa.store.keeper import HoldLostError

LEASE: Final = 10.0
"""Seconds after which the work of one that died goes to another."""

_PROLONG_EVERY: Final = LEASE / 4
_LOOK_EVERY: Final = 0.05
_CLOCKS: Final = {
    "postgresql": "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint",
    "sqlite": "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)",
}
_TAKE: Final = """
INSERT INTO store_lease (workspace_id, name, holder, until)
VALUES (%s, %s, %s, {clock} + {lease})
ON CONFLICT (workspace_id, name) DO UPDATE SET holder = excluded.holder, until = excluded.until
WHERE store_lease.until <= {clock}
"""
_PROLONG: Final = """
UPDATE store_lease SET until = {clock} + {lease}
WHERE workspace_id = %s AND name = %s AND holder = %s
"""
_FREE: Final = "DELETE FROM store_lease WHERE workspace_id = %s AND name = %s AND holder = %s"
_OTHERS: Final = """
SELECT 1 FROM store_lease
WHERE workspace_id = %s AND name = %s AND holder <> %s AND until > {clock}
"""
_log = logger(__name__)


class Leases:
    """What is held in the store of one workspace."""

    def __init__(self, workspace_id: int) -> None:
        self._workspace = workspace_id
        self._own = threading.local()

    @property
    def _mine(self) -> dict[str, str]:
        """Give who this thread is in each name that it holds."""
        mine: dict[str, str] = self._own.__dict__.setdefault("holders", {})
        return mine

    @contextmanager
    def holding(self, name: str, *, wait: bool = True) -> Iterator[bool]:
        """Take a lease, prolong it meanwhile, and free it at the end."""
        if name in self._mine:
            yield True
            return
        holder = f"{socket.gethostname()[:60]}-{os.getpid()}-{new_id()}"
        while not self._take(name, holder):
            if not wait:
                yield False
                return
            time.sleep(_LOOK_EVERY)
        self._mine[name] = holder
        try:
            with self._prolonged(name, holder):
                yield True
        finally:
            del self._mine[name]
            self._is_done(_FREE, name, holder)

    @contextmanager
    def sharing(self, name: str) -> Iterator[None]:  # noqa: ARG002
        """Keep nobody out: who adds while somebody erases loses the swap and begins again."""
        yield

    def confirm(self) -> None:
        """Prolong, in the transaction of the caller, everything that this thread holds.

        Nobody else can take it before that transaction ends.

        Raises
        ------
        HoldLostError
            If it went to somebody else.
        """
        for name, holder in self._mine.items():
            if not self._prolong(name, holder):
                raise HoldLostError(
                    f"{name.capitalize()} took too long without a sign of life, and somebody else "
                    "has taken it over.",
                    hint="Nothing was changed; it goes on there.",
                )

    def is_with_others(self, name: str) -> bool:
        """Tell whether somebody else holds a name."""
        with connection.cursor() as cursor:
            cursor.execute(_told(_OTHERS), [self._workspace, name, self._mine.get(name, "")])
            return cursor.fetchone() is not None

    def _take(self, name: str, holder: str) -> bool:
        return self._is_done(_TAKE, name, holder)

    def _prolong(self, name: str, holder: str) -> bool:
        return self._is_done(_PROLONG, name, holder)

    @contextmanager
    def _prolonged(self, name: str, holder: str) -> Iterator[None]:
        ended = threading.Event()

        def keep() -> None:
            while not ended.wait(_PROLONG_EVERY):
                try:
                    self._prolong(name, holder)
                except DatabaseError as error:
                    _log.warning("lease_not_prolonged", name=name, error=str(error))
            connection.close()

        thread = threading.Thread(target=keep, daemon=True, name=f"lease {name}")
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _is_done(self, statement: str, name: str, holder: str) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(_told(statement), [self._workspace, name, holder])
            return bool(cursor.rowcount)


def _told(statement: str) -> str:
    return statement.format(clock=_CLOCKS[connection.vendor], lease=int(LEASE * 1e6))
