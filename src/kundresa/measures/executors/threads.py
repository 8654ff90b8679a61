"""Threads over ranges of units: kernels let go of Python's lock, so they run side by side."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Final, Protocol, Self, TypeVar

import numpy as np

from kundresa.core.errors import KundresaError
from kundresa.store import Slab

Partial = TypeVar("Partial")
Progress = Callable[[int, int], None]
"""Is told how many ranges are done, and how many there are."""

PER_THREAD: Final = 16
LEAST_ROWS: Final = 50_000
"""Below so many rows to a range, handing it out costs more than walking it."""


class CancelledError(KundresaError):
    """Whoever asked no longer wants the answer."""

    status = 499
    code = "cancelled"


@dataclass(frozen=True)
class Range:
    """The units ``first`` to ``last`` of a slab."""

    slab: Slab
    first: int
    last: int


def ranges_of(slabs: Sequence[Slab], threads: int) -> list[Range]:
    """Cut slabs into ranges of about as many rows each."""
    found: list[Range] = []
    total = sum(int(slab.offsets[-1]) for slab in slabs)
    size = max(LEAST_ROWS, total // (threads * PER_THREAD) + 1)
    for slab in slabs:
        rows = int(slab.offsets[-1])
        wanted = np.linspace(0, rows, rows // size + 2).astype(np.int64)
        edges = np.unique(np.searchsorted(slab.offsets, wanted))
        found += [Range(slab, int(a), int(b)) for a, b in itertools.pairwise(edges)]
    return found


def threads_of(wanted: int | None) -> int:
    """Give the number of threads, by default one for each core."""
    return wanted or os.cpu_count() or 1


class Additive(Protocol):
    """A partial: two of them add."""

    def add(self, other: Self, /) -> None:
        """Take another one in."""


Sum = TypeVar("Sum", bound=Additive)


def accumulate(
    slabs: Sequence[Slab],
    empty: Callable[[], Sum],
    walk: Callable[[Sum, Range], None],
    *,
    threads: int | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Sum:
    """Give the sum of all ranges; each thread adds to a partial of its own.

    Parameters
    ----------
    slabs
        What is walked.
    empty
        Makes the partial of nobody.
    walk
        Adds a range to a partial.
    threads, progress, cancelled
        As in `run`.

    Raises
    ------
    CancelledError
        Once ``cancelled`` says so.
    """
    free: SimpleQueue[Sum] = SimpleQueue()
    made: list[Sum] = []

    def one(part: Range) -> None:
        try:
            partial = free.get_nowait()
        except Empty:
            partial = empty()
            made.append(partial)
        walk(partial, part)
        free.put(partial)

    for _ in run(slabs, one, threads=threads, progress=progress, cancelled=cancelled):
        pass
    total = made[0] if made else empty()
    for partial in made[1:]:
        total.add(partial)
    return total


def run(
    slabs: Sequence[Slab],
    walk: Callable[[Range], Partial],
    *,
    threads: int | None = None,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[Partial]:
    """Give the partial of each range as it is done, in any order.

    Parameters
    ----------
    slabs
        What is walked.
    walk
        Gives the partial of a range; called in several threads.
    threads
        By default one for each core.
    progress
        Is told how many ranges are done, and how many there are.
    cancelled
        Is asked between ranges.

    Raises
    ------
    CancelledError
        Once ``cancelled`` says so.
    """
    count = threads_of(threads)
    ranges = ranges_of(slabs, count)
    done = 0
    with ThreadPoolExecutor(count) as pool:
        waiting: set[Future[Partial]] = set()
        rest = iter(ranges)
        while True:
            if cancelled():
                for future in waiting:
                    future.cancel()
                raise CancelledError("The question was withdrawn.")
            # A few ahead, not all: what is handed out can't be taken back.
            for one in rest:
                waiting.add(pool.submit(walk, one))
                if len(waiting) >= 2 * count:
                    break
            if not waiting:
                return
            finished, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in finished:
                done += 1
                if progress:
                    progress(done, len(ranges))
                yield future.result()
