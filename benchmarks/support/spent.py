"""What a run costs: time by the clock, processor time of all threads, memory of its own."""

from __future__ import annotations

import resource
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Spent:
    """Seconds by the clock and of the processors, and what the run answered."""

    wall: float
    cpu: float
    answer: Any


def spent_by(run: Callable[[], Any]) -> Spent:
    """Run something."""
    began, used = time.perf_counter(), processor_time()
    answer = run()
    return Spent(time.perf_counter() - began, processor_time() - used, answer)


def processor_time() -> float:
    """Give the processor seconds of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def memory() -> int:
    """Give the bytes that are this process's own; pages of mapped files don't count."""
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("/proc/self/status has no RssAnon")


def memory_of(run: Callable[[], Any]) -> int:
    """Give the most bytes that a run takes above what is there already."""
    before, ended, seen = memory(), threading.Event(), [0]

    def look() -> None:
        while not ended.wait(0.002):
            seen.append(memory())

    watcher = threading.Thread(target=look)
    watcher.start()
    run()
    seen.append(memory())
    ended.set()
    watcher.join()
    return max(0, max(seen) - before)


def bandwidth(threads: int) -> float:
    """Give the bytes a second that so many threads read when they do nothing but add up."""
    halves = [np.ones(32 << 20, np.int64) for _ in range(threads)]
    with ThreadPoolExecutor(threads) as pool:
        best = min(spent_by(lambda: list(pool.map(np.sum, halves))).wall for _ in range(5))
    return sum(half.nbytes for half in halves) / best
