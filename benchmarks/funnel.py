"""W1, the ordered funnel of five steps: the kernel on mapped columns and from Parquet, against
DuckDB's quickest form (a chain of ASOF joins) and its windows, in one run with turns taken.

``python benchmarks/funnel.py --events 10_000_000 --rounds 3``
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from kundresa.core.times import DAY
from kundresa.measures.funnel import FunnelStep
from kundresa.measures.funnel_scan import scan_funnel
from kundresa.store import Store
from kundresa.store.rows import rows_of

NAMES = 200
RANKS = (1, 2, 4, 7, 13)
WINDOW = 7 * DAY
CHUNK = 1_000_000
BARS = {"kernel": 12.0, "from parquet": 2.5, "kernel with times": 1.0}


def rows(count: int, seed: int) -> pa.Table:
    """Events as in a busy shop: names by Zipf's law, 1 to 500 to a profile, sessions of bursts."""
    random = np.random.default_rng(seed)
    sizes = np.clip(random.lognormal(np.log(11), 1.1, count // 8).astype(int), 1, 500)
    sizes = sizes[: int(np.searchsorted(np.cumsum(sizes), count)) + 1]
    profile = np.repeat(np.arange(len(sizes)), sizes)[:count] + seed * CHUNK
    gap = np.where(random.random(count) < 0.15, random.exponential(2 * DAY, count),
                   random.exponential(40e6, count)).astype(np.int64) + 1  # fmt: skip
    clock = np.cumsum(gap)
    first = np.searchsorted(profile, profile)
    start = random.integers(0, 60 * DAY, int(profile[-1] - profile[0]) + 1)
    stamps = clock - clock[first] + start[profile - profile[0]] + 1_735_689_600_000_000
    weights = 1 / np.arange(1, NAMES + 1)
    name = random.choice(NAMES, count, p=weights / weights.sum())
    words = pa.array([f"event_{rank + 1}" for rank in range(NAMES)])
    return rows_of(
        {
            "profile": pa.array(profile.astype(str)),
            "event": pa.DictionaryArray.from_arrays(pa.array(name.astype(np.int32)), words),
            "time": pa.array(stamps), "until": pa.array(stamps),
            "precision": pa.repeat(pa.scalar("microsecond"), count),
        },
        count,
    )  # fmt: skip


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def timed(run: Callable[[], list[int]]) -> tuple[float, float, list[int]]:
    began, spent = time.perf_counter(), cpu()
    answer = run()
    return time.perf_counter() - began, cpu() - spent, answer


def asof(steps: list[str]) -> str:
    """Chain ASOF joins: for each step-k event the latest start that had come to step k-1."""
    parts = [f"s1 AS (SELECT profile, time, time AS start FROM e WHERE event = '{steps[0]}')"]
    for k, step in enumerate(steps[1:], 2):
        parts.append(
            f"s{k} AS (SELECT b.profile, b.time, max(a.start) OVER (PARTITION BY b.profile ORDER BY"
            f" b.time) AS start FROM (SELECT profile, time FROM e WHERE event = '{step}') b"
            f" ASOF JOIN s{k - 1} a ON a.profile = b.profile AND a.time < b.time"
            f" WHERE b.time - a.start <= {WINDOW})"
        )
    counts = ", ".join(f"(SELECT count(DISTINCT profile) FROM s{k + 1})" for k in range(len(steps)))
    return f"WITH {', '.join(parts)} SELECT {counts}"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument(
        "--events", type=lambda text: int(text.replace("_", "")), default=10_000_000
    )
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--json", action="store_true")
    asked = options.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="kundresa-bench-"))
    try:
        print(json.dumps(measure(folder, asked.events, asked.rounds), indent=1))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def measure(folder: Path, events: int, rounds: int) -> dict[str, object]:
    store, append, compact = filled(folder / "store", events)
    steps = [f"event_{rank}" for rank in RANKS]
    asked = [FunnelStep(step, step) for step in steps]
    base = peer_of(folder / "peer.duckdb", store)

    def kernel(*, times: bool = False) -> list[int]:
        view = store.snapshot()
        found = scan_funnel(view, asked, window=WINDOW, times=times, threads=2)
        return [step.count for step in found.steps]

    def parquet() -> list[int]:
        shutil.rmtree(folder / "store/cache", ignore_errors=True)
        return kernel()

    ways: dict[str, Callable[[], list[int]]] = {
        "from parquet": parquet,
        "kernel": kernel,
        "kernel with times": lambda: kernel(times=True),
        "duckdb asof": lambda: list(base.execute(asof(steps)).fetchall()[0]),
    }
    for run in ways.values():
        run()
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    answers = []
    for _ in range(rounds):
        for name, run in ways.items():
            wall, used, answer = timed(run)
            spent[name].append((wall, used))
            answers.append(answer)
    assert all(answer == answers[0] for answer in answers), answers[:4]
    best = {name: min(used for _, used in runs) for name, runs in spent.items()}
    return {
        "events": events,
        "counts": answers[0],
        "append, events a second": append,
        "compact, events a second": compact,
        "cpu seconds": {name: round(used, 4) for name, used in best.items()},
        "wall seconds": {name: round(min(w for w, _ in runs), 4) for name, runs in spent.items()},
        "duckdb's cpu over ours": {name: verdict(best["duckdb asof"] / best[name], bar)
                                   for name, bar in BARS.items()},
        "peak memory, MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }  # fmt: skip


def verdict(ratio: float, bar: float) -> str:
    return f"{ratio:.1f} (bar {bar:g}: {'held' if ratio >= bar else 'MISSED'})"


def filled(folder: Path, events: int) -> tuple[Store, int, int]:
    """Make the store; rows are made before the clock runs."""
    store, appending = Store(folder), 0.0
    for seed, start in enumerate(range(0, events, CHUNK)):
        table = rows(min(CHUNK, events - start), seed)
        began = time.perf_counter()
        store.append_rows([table])
        appending += time.perf_counter() - began
    began = time.perf_counter()
    store.compact(whole=True)
    return store, round(events / appending), round(events / (time.perf_counter() - began))


def peer_of(file: Path, store: Store) -> duckdb.DuckDBPyConnection:
    """Give DuckDB the same events in its own table, sorted, names coded as it likes."""
    base = duckdb.connect(str(file), config={"threads": 2})
    files = [str(store.folder / "parts" / part.name) for part in store.version.parts]
    words = store.snapshot().dictionaries.texts("event.event").to_pylist()
    pairs = ",".join(f"({code}, '{word}')" for code, word in enumerate(words))
    base.execute(f"CREATE TABLE w AS SELECT * FROM (VALUES {pairs}) t(code, word)")
    base.execute(
        f"CREATE TABLE e AS SELECT profile, time, word AS event FROM read_parquet({files}) p"
        " JOIN w ON p.event = w.code ORDER BY profile, time"
    )
    return base


if __name__ == "__main__":
    main()
