"""The engine against DuckDB, chdb and Polars on the same events, in one run with turns taken.

W1, the ordered funnel of five steps: on mapped columns, from Parquet with nothing cached, and with
the lengths of time. W2, what directly follows what with a histogram of the waits of each pair, and
with exact medians. Then W1 over what isn't compacted yet: the latest twentieth of the events, one
event in a hundred picked by chance, and a fifth of the profiles known to be others. Append,
compaction, memory, the first funnel of a new process, and how near W1 comes to adding up as many
bytes. CPU-seconds decide, the least of the rounds; every engine must give the same answer.

``python -m benchmarks.engine --events 10_000_000 --rounds 3 --peers duckdb,chdb,polars``
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.support import peers, shop
from benchmarks.support.spent import Spent, bandwidth, spent_by
from kundresa.core.times import DAY
from kundresa.measures.funnel import FunnelStep
from kundresa.measures.funnel_scan import scan_funnel
from kundresa.measures.transitions_scan import count_transitions, scan_transitions
from kundresa.store import Store
from kundresa.store.column_cache import finish_writing
from kundresa.store.part import close_readers
from kundresa.store.store import forget_snapshots

STEPS = [f"event_{rank}" for rank in (1, 2, 4, 7, 13)]
WINDOW = 7 * DAY
BATCH = 10_000
BARS: Mapping[str, Mapping[str, float | None]] = {
    "W1": {"W1 duckdb": 12, "W1 chdb": 5},
    "W1 from parquet": {"W1 duckdb": 2.5, "W1 chdb": 1.2},
    "W1 with times": {"W1 duckdb": None, "W1 chdb": None},
    # Set against peers that carry names as texts and ids of 64 bits. In numbers they are quicker.
    "W2": {
        **{f"W2 {peer}{peers.TEXTS}": bar
           for peer, bar in (("duckdb", 15), ("chdb", 25), ("polars", 10))},
        "W2 duckdb": None, "W2 chdb": None, "W2 polars": None, "W2 duckdb, shifted": None,
    },
    "W2 from parquet": {
        f"W2 duckdb{peers.TEXTS}": 5, f"W2 chdb{peers.TEXTS}": 5, "W2 duckdb": None, "W2 chdb": None,
    },
    "W2 medians": {"W2 medians duckdb": None},
}  # fmt: skip
DELTA_BARS = {"latest 5 %": 1.5, "random 1 %": 2.0, "aliases 20 %": 3.0}
FLOOR_BAR, APPEND_BAR, COMPACT_BAR, START_BAR = 15.0, 1e6, 2e6, 2.0
FIRST_FUNNEL = """
import sys, kundresa
from kundresa.store import Store
query = {"kundresa_query": 1, "type": "funnel", "window": "7d", "steps": sys.argv[2:]}
print(kundresa.query(query, Store(sys.argv[1]))["steps"][0]["count"])
"""


@dataclass(frozen=True)
class Way:
    """One way to answer; ``before`` makes ready and isn't counted."""

    run: Callable[[], Any]
    before: Callable[[], Any] = lambda: None


class Ours:
    """Our engine over a store."""

    def __init__(self, store: Store, threads: int) -> None:
        self._store, self._threads = store, threads
        self._steps = [FunnelStep(step, step) for step in STEPS]
        words = store.snapshot().dictionaries.texts("event.event").to_pylist()
        self.code_of = {word: code for code, word in enumerate(words)}

    def ways(self) -> dict[str, Way]:
        """Give the questions."""
        return {
            "W1": Way(self.funnel),
            "W1 from parquet": Way(lambda: written(self.funnel()), self.forget),
            "W1 with times": Way(lambda: self.funnel(times=True)),
            "W2": Way(self.counts),
            "W2 from parquet": Way(lambda: written(self.counts()), self.forget),
            "W2 medians": Way(
                lambda: scan_transitions(self._store.snapshot(), threads=self._threads)
            ),
        }

    def funnel(self, *, times: bool = False) -> list[int]:
        """Answer W1."""
        found = scan_funnel(
            self._store.snapshot(), self._steps, window=WINDOW, times=times, threads=self._threads
        )
        return [step.count for step in found.steps]

    def counts(self) -> Any:
        """Answer W2."""
        return count_transitions(self._store.snapshot(), threads=self._threads)

    def forget(self) -> None:
        """Be a process that has just begun, with an empty cache."""
        close_readers()
        forget_snapshots()
        shutil.rmtree(self._store.folder / "cache", ignore_errors=True)

    def bytes_walked(self) -> int:
        """Count what W1 must read: time and code of each event, offset and skip of each profile."""
        slabs = self._store.snapshot().slabs
        return sum(12 * len(slab.column("time")) + 9 * len(slab.offsets) for slab in slabs)

    def in_codes(self, names: Sequence[str]) -> np.ndarray:
        """Give the codes that the peers know names by."""
        return np.array([self.code_of[name] for name in names])


def written(answer: Any) -> Any:
    """Let what is written behind the answer count, too."""
    finish_writing()
    return answer


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--events", type=lambda text: int(text.replace("_", "")), default=10**7)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--peers", default=",".join(peers.KINDS), help="some of them, or none")
    options.add_argument("--deltas", action=argparse.BooleanOptionalAction, default=True)
    options.add_argument("--folder", type=Path, help="where the store goes; emptied at the end")
    options.add_argument("--json", action="store_true")
    asked = options.parse_args()
    wanted = [] if asked.peers == "none" else asked.peers.split(",")
    if unknown := set(wanted) - set(peers.KINDS):
        options.error(
            f"there are no peers {', '.join(unknown)}; known are {', '.join(peers.KINDS)}"
        )
    folder = Path(tempfile.mkdtemp(prefix="kundresa-bench-", dir=asked.folder))
    try:
        found = measure(folder, asked, wanted)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(found) if asked.json else json.dumps(found, indent=1))


def measure(folder: Path, asked: argparse.Namespace, wanted: Sequence[str]) -> dict[str, object]:
    store = Store(folder / "store")
    latest, filling = filled(store, asked.events)
    ours = Ours(store, asked.threads)
    ours.funnel()  # what is to be compiled is compiled before anything is measured
    deltas: dict[str, object] = {}
    say("the latest events")
    if asked.deltas:
        deltas["latest 5 %"] = delta(store, ours, "latest 5 %", asked.rounds,
                                     lambda: store.append_rows([latest]))  # fmt: skip
    else:
        store.append_rows([latest])
        store.compact(whole=True)
    store.sweep(grace=0)
    say("the peers")
    ways, missing = all_ways(store, ours, folder, wanted, asked.threads)
    spent = turns(ways, asked.rounds)
    check(ours, {name: runs[-1].answer for name, runs in spent.items()})
    memories = {name: memory_alone(store, name, asked.threads) for name in ours.ways()}
    if asked.deltas:
        deltas |= others(store, ours, asked.rounds)
    cpu = {name: min(run.cpu for run in runs) for name, runs in spent.items()}
    wall = {name: min(run.wall for run in runs) for name, runs in spent.items()}
    return {
        "events": asked.events,
        "peers that are missing": missing,
        "W1 counts": spent["W1"][-1].answer,
        "cpu seconds": {name: round(used, 4) for name, used in cpu.items()},
        "wall seconds": {name: round(used, 4) for name, used in wall.items()},
        "their cpu over ours": {
            f"{name} / {peer}": verdict(cpu[peer] / cpu[name], bar)
            for name, bars in BARS.items() for peer, bar in bars.items() if peer in cpu
        },
        "memory of its own, MiB": memories,
        "W1 over adding up as many bytes, by the clock": floor(ours, wall["W1"], asked),
        "W1 over what isn't compacted": deltas,
        "filling": filling,
        "first funnel of a process, 1 M events, s": first_funnels(folder),
    }  # fmt: skip


def say(what: str) -> None:
    print(f"{what} …", file=sys.stderr)


def filled(store: Store, events: int) -> tuple[pa.Table, dict[str, object]]:
    """Fill and compact the store, but for the latest twentieth of the events, which is given."""
    late: list[pa.Table] = []
    appending, border = 0.0, None
    for table in shop.pieces(events):
        border = border or pa.scalar(int(np.quantile(table.column("time").to_numpy(), 0.95)))
        is_late = pc.greater(table.column("time"), border)
        late.append(table.filter(is_late))
        early = table.filter(pc.invert(is_late))
        appending += spent_by(lambda early=early: store.append_rows([early])).wall
    say("compaction")
    count = store.event_count
    compacting = spent_by(lambda: store.compact(whole=True))
    return pa.concat_tables(late), {
        "append of a million, events/s": verdict(count / appending, APPEND_BAR),
        f"append of {BATCH}, events/s": verdict(batches(store.folder.parent / "batches"), APPEND_BAR),
        "compaction, events/cpu-s": verdict(count / compacting.cpu, COMPACT_BAR),
        "compaction, events/s": round(count / compacting.wall),
    }  # fmt: skip


def batches(folder: Path) -> float:
    """Give the events a second when they come ten thousand at a time, each time durable."""
    store, table = Store(folder), shop.piece(50 * BATCH, 0)
    pieces = [table.slice(first, BATCH) for first in range(0, table.num_rows, BATCH)]
    return table.num_rows / spent_by(lambda: [store.append_rows([one]) for one in pieces]).wall


def all_ways(
    store: Store, ours: Ours, folder: Path, wanted: Sequence[str], threads: int
) -> tuple[dict[str, Way], list[str]]:
    """Give all that is measured, and the peers that can't be."""
    files = [store.folder / "parts" / part.name for part in store.version.parts]
    texts = peers.as_texts(files, list(ours.code_of), folder / "texts") if wanted else []
    given = peers.Given(files, texts, [ours.code_of[step] for step in STEPS])
    ways, missing = ours.ways(), [name for name in peers.KINDS if name not in wanted]
    for name in wanted:
        try:
            peer: peers.Peer = peers.KINDS[name](given, folder, WINDOW, threads)
        except ImportError:
            missing.append(name)
            continue
        ways |= {name: Way(run) for name, run in peer.ways().items()}
    return ways, missing


def turns(ways: Mapping[str, Way], rounds: int) -> dict[str, list[Spent]]:
    """Take turns, after one that doesn't count."""
    spent: dict[str, list[Spent]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        say(f"round {number} of {rounds}")
        for name, way in ways.items():
            way.before()
            run = spent_by(way.run)
            if number:
                spent[name].append(run)
    return spent


def check(ours: Ours, answers: Mapping[str, Any]) -> None:
    """Compare all answers with ours."""
    counts = answers["W2"]
    codes, size = ours.in_codes(counts.names), len(ours.code_of)
    grid = np.zeros((size, size, 16), np.int64)
    grid[np.ix_(codes, codes)] = counts.waits
    for name, answer in answers.items():
        if name.startswith("W1"):
            assert answer == answers["W1"], name
        elif name.startswith("W2 medians"):
            assert np.allclose(medians(ours, answer), medians(ours, answers["W2 medians"])), name
        elif name in ("W2", "W2 from parquet"):
            assert (answer.waits == counts.waits).all(), name
        else:
            assert (peers.histogram(answer, list(ours.code_of)) == grid).all(), name


def medians(ours: Ours, answer: Any) -> np.ndarray:
    """Give the medians of an answer, ours or a peer's, shape (size, size, 2), with the counts."""
    size = len(ours.code_of)
    found = np.zeros((size, size, 2))
    if isinstance(answer, dict):
        event, after, n, p50 = (np.asarray(answer[name]) for name in ("event", "next", "n", "p50"))
        found[event, after] = np.stack([n, p50], axis=1)
    else:
        edges = answer.edges
        codes = ours.in_codes(edges.names)
        rows = np.stack([edges.count_of, edges.p50_wait], axis=1)
        found[codes[edges.source], codes[edges.target]] = rows
    return found


def others(store: Store, ours: Ours, rounds: int) -> dict[str, object]:
    """Look at late events of any age, and at profiles known to be others."""
    names = store.snapshot().dictionaries.texts("profile")
    table = shop.late(names, store.event_count // 100, 99)
    say("late events")
    found = {"random 1 %": delta(store, ours, "random 1 %", rounds,
                                 lambda: store.append_rows([table]))}  # fmt: skip
    picked = np.random.default_rng(7).permutation(len(names))
    fifth = len(names) // 5
    sources, targets = (
        names.take(pa.array(picked[first : first + fifth])).to_pylist() for first in (0, fifth)
    )
    pairs = dict(zip(sources, targets, strict=True))
    say("aliases")
    return found | {"aliases 20 %": delta(store, ours, "aliases 20 %", rounds,
                                          lambda: store.join(pairs))}  # fmt: skip


def delta(
    store: Store, ours: Ours, name: str, rounds: int, change: Callable[[], Any]
) -> dict[str, object]:
    """Change the store, and ask W1 at once, again, and after compaction.

    The first answer after a change puts rows together, which the next ones find done.
    """
    change()
    first = spent_by(ours.funnel)
    again = min(spent_by(ours.funnel).cpu for _ in range(rounds))
    store.compact(whole=True)
    answer = ours.funnel()
    finish_writing()
    assert answer == first.answer, name
    after = min(spent_by(ours.funnel).cpu for _ in range(rounds))
    return {
        "cpu seconds: first, again, compacted": [round(s, 4) for s in (first.cpu, again, after)],
        "first": round(first.cpu / after, 2),
        "again": at_most(again / after, DELTA_BARS[name]),
    }


def memory_alone(store: Store, name: str, threads: int) -> int:
    """Give the MiB that one question takes in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.support.alone"]
    told = subprocess.run([*command, str(store.folder), name, str(threads)], check=True,
                          stdout=subprocess.PIPE)  # fmt: skip
    return int(told.stdout) >> 20


def floor(ours: Ours, wall: float, asked: argparse.Namespace) -> dict[str, object]:
    """Hold W1's time against reading its bytes with as many threads in the same run."""
    rate, size = bandwidth(asked.threads), ours.bytes_walked()
    return {"GB": round(size / 1e9, 3), "GB/s": round(rate / 1e9, 1),
            "ratio": at_most(wall / (size / rate), FLOOR_BAR)}  # fmt: skip


def first_funnels(folder: Path) -> dict[str, object]:
    """Start processes that answer one funnel: with nothing compiled yet, and thereafter."""
    store = Store(folder / "million")
    store.append_rows([shop.piece(10**6, 0)])
    store.compact(whole=True)
    command = [sys.executable, "-c", FIRST_FUNNEL, str(store.folder), *STEPS]
    settings = os.environ | {"NUMBA_CACHE_DIR": str(folder / "kernels")}
    runs = [spent_by(lambda: subprocess.run(command, env=settings, check=True,
                                            stdout=subprocess.DEVNULL)) for _ in range(4)]  # fmt: skip
    return {"nothing compiled": round(runs[0].wall, 2),
            "compiled before": at_most(min(run.wall for run in runs[1:]), START_BAR)}  # fmt: skip


def verdict(figure: float, bar: float | None) -> str:
    shown = f"{figure:,.0f}" if figure >= 1000 else f"{figure:.1f}"
    if bar is None:
        return f"{shown} (no bar)"
    return f"{shown} (bar {bar:,g}: {'held' if figure >= bar else 'MISSED'})"


def at_most(figure: float, bar: float) -> str:
    return f"{figure:.2f} (at most {bar:g}: {'held' if figure <= bar else 'MISSED'})"


if __name__ == "__main__":
    main()
