"""How often somebody may ask: an allowance that fills again with time, kept in this process.

Each process counts for itself, so that an installation with several web processes lets through as
many times as much. That is enough against a program that runs wild, and needs no write per request.
"""

from __future__ import annotations

from collections.abc import Hashable
from threading import Lock

_MOST_KEPT = 10_000


class Allowance:
    """Lets through ``burst`` at once and ``per_second`` for ever, for each key.

    Examples
    --------
    >>> allowance = Allowance(per_second=1, burst=2)
    >>> [allowance.wait("a", now=0.0) for _ in range(3)]
    [0.0, 0.0, 1.0]
    >>> allowance.wait("a", now=1.0)
    0.0
    """

    def __init__(self, *, per_second: float, burst: int) -> None:
        self.per_second = per_second
        self.burst = burst
        self._left: dict[Hashable, tuple[float, float]] = {}
        self._lock = Lock()

    def wait(self, key: Hashable, *, now: float) -> float:
        """Take one of a key's allowance; 0.0, or the seconds until there is one again.

        ``now`` is seconds of a clock that never goes back.
        """
        with self._lock:
            left, then = self._left.pop(key, (float(self.burst), now))
            left = min(self.burst, left + (now - then) * self.per_second)
            taken = left >= 1
            # Those that asked last stand last, so that the first is the one to forget.
            self._left[key] = (left - 1 if taken else left), now
            if len(self._left) > _MOST_KEPT:
                del self._left[next(iter(self._left))]
        return 0.0 if taken else (1 - left) / self.per_second
