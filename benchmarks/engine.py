"""The engine against DuckDB on the same events, in one run with turns taken; CPU-seconds decide.

W1, the ordered funnel of five steps: the kernel on mapped columns, from Parquet, and with the
lengths of time, against DuckDB's quickest form, a chain of ASOF joins. W2, what directly follows
what with the exact median wait of each pair, against windows and ``median``. Late events: W1 while
one event in a hundred, picked by chance, lies in a delta that was not compacted yet, against W1
after compaction. Append and compaction in events a second.

``python -m benchmarks.engine --events 10_000_000 --rounds 3``
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from kundresa.core.times import DAY
from kundresa.measures.funnel import FunnelStep
from kundresa.measures.funnel_scan import scan_funnel
from kundresa.measures.transitions_scan import scan_transitions
from kundresa.store import Store
from kundresa.store.part import close_readers
from kundresa.store.rows import rows_of
from kundresa.store.store import forget_snapshots

NAMES = 200
RANKS = (1, 2, 4, 7, 13)
WINDOW = 7 * DAY
CHUNK = 1_000_000
BARS = {"W1": 12.0, "W1 from parquet": 2.5, "W1 with times": 1.0, "W2": 15.0}
PEERS = {"W1": "W1 duckdb", "W1 from parquet": "W1 duckdb", "W1 with times": "W1 duckdb",
         "W2": "W2 duckdb"}  # fmt: skip
LATE_BAR = 2.0
FOLLOWS = """
SELECT event, next, count(*) AS n, median(wait) / 1e6 AS p50 FROM (
  SELECT event, lead(event) OVER w AS next, lead(time) OVER w - time AS wait
  FROM e WINDOW w AS (PARTITION BY profile ORDER BY time)
) WHERE next IS NOT NULL GROUP BY ALL ORDER BY ALL
"""


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


def timed(run: Callable[[], list[Any]]) -> tuple[float, float, list[Any]]:
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

    def funnel(*, times: bool = False) -> list[int]:
        view = store.snapshot()
        found = scan_funnel(view, asked, window=WINDOW, times=times, threads=2)
        return [step.count for step in found.steps]

    def from_parquet() -> list[int]:
        shutil.rmtree(folder / "store/cache", ignore_errors=True)
        close_readers()
        forget_snapshots()
        return funnel()

    def follows() -> list[tuple[str, str, int, float]]:
        found = scan_transitions(store.snapshot(), threads=2)
        return sorted((e.source, e.target, e.count, e.p50_wait) for e in found.edges)

    ways: dict[str, Callable[[], list[Any]]] = {
        "W1 from parquet": from_parquet,
        "W1": funnel,
        "W1 with times": lambda: funnel(times=True),
        "W1 duckdb": lambda: list(base.execute(asof(steps)).fetchall()[0]),
        "W2": follows,
        "W2 duckdb": lambda: base.execute(FOLLOWS).fetchall(),
    }
    for run in ways.values():
        run()
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    answers: dict[str, list[Any]] = {}
    for _ in range(rounds):
        for name, run in ways.items():
            wall, used, answer = timed(run)
            spent[name].append((wall, used))
            answers[name] = answer
    for name, peer in PEERS.items():
        assert same(answers[name], answers[peer]), name
    best = {name: min(used for _, used in runs) for name, runs in spent.items()}
    return {
        "events": events,
        "W1 counts": answers["W1"],
        "append, events a second": append,
        "compact, events a second": compact,
        "cpu seconds": {name: round(used, 4) for name, used in best.items()},
        "wall seconds": {name: round(min(w for w, _ in runs), 4) for name, runs in spent.items()},
        "duckdb's cpu over ours": {name: verdict(best[PEERS[name]] / best[name], bar)
                                   for name, bar in BARS.items()},
        "late events": late(store, funnel, events, rounds),
        "peak memory, MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }  # fmt: skip


def late(
    store: Store, funnel: Callable[[], list[int]], events: int, rounds: int
) -> dict[str, object]:
    """Add one event in a hundred to profiles picked by chance, and look before and after moving."""
    random = np.random.default_rng(7)
    words = store.snapshot().dictionaries.texts("profile").to_pylist()
    count = events // 100
    table = rows(count, 99)
    names = pa.array([words[place] for place in random.integers(0, len(words), count)])
    store.append_rows([table.set_column(0, "profile", names.dictionary_encode())])
    funnel()
    before = min(timed(funnel)[1] for _ in range(rounds))
    store.compact(whole=True)
    funnel()
    after = min(timed(funnel)[1] for _ in range(rounds))
    ratio = before / after
    return {"cpu seconds": [round(before, 4), round(after, 4)],
            "ratio": f"{ratio:.2f} (bar {LATE_BAR:g}: {'held' if ratio <= LATE_BAR else 'MISSED'})"}  # fmt: skip


def same(ours: list[Any], theirs: list[Any]) -> bool:
    """Counts to the last one; medians to the last digits, which each adds up its own way."""
    if not isinstance(ours[0], tuple):
        return ours == theirs
    medians = zip(ours, theirs, strict=True)
    return [row[:3] for row in ours] == [row[:3] for row in theirs] and all(
        math.isclose(mine[3], other[3], rel_tol=1e-6, abs_tol=1e-6) for mine, other in medians
    )


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
