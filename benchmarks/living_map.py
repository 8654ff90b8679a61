"""A map's numbers: the scan over the store against the plain measure in memory, on the same events.

Each way runs in a process of its own, so that its peak of memory is its own, and reads the store as
it lies on the disk. The answers must be equal to the last digit. CPU-seconds decide; the least of
the rounds counts. ``again`` is a second question to the same snapshot; ``first`` reads the columns
too, and for the plain measure builds the table.

``python -m benchmarks.living_map --events 3_000_000 --rounds 3``
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pyarrow as pa

from kundresa.documents import read_map
from kundresa.events.sources import read_source, source_of
from kundresa.measures.from_map import spec_of
from kundresa.measures.living_map import living_map
from kundresa.measures.living_map_scan import scan_living_map
from kundresa.measures.specs import Unit
from kundresa.project import demo_data
from kundresa.project.appliance_shop import Shop
from kundresa.store import Snapshot, Store, table_of

STUDENTS = Path(demo_data.__file__).parent / "demo/open_university"
MAPS = {
    "shop": Path(__file__).parents[1] / "examples/maps/colleen-vacuum-cleaner.journey.yaml",
    "students": STUDENTS / "journey.journey.yaml",
}
CASES: dict[str, tuple[str, Unit]] = {
    "shop": ("shop", "profile"),
    "shop, by account": ("shop", "account"),
    "students": ("students", "profile"),
    "students, by enrolment": ("students", ("property", "enrolment")),
}
KERNELS = (
    "living_map_cut", "living_map_stages", "living_map_items", "living_map_money",
    "living_map_units", "names",
)  # fmt: skip
CPU_BAR, MEMORY_BAR = 2.0, 2.0


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument(
        "--events", type=lambda text: int(text.replace("_", "")), default=3_000_000
    )
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--json", action="store_true")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="kundresa-bench-") as name:
        folder = Path(name)
        sources: dict[str, Iterable[pa.Table]] = {
            "shop": (with_accounts(chunk.events) for chunk in Shop(seed=1).chunks(asked.events)),
            "students": read_source(source_of(STUDENTS / "mapping.yaml")).tables,
        }
        for which, tables in sources.items():
            fill(folder / which, tables)
        print(json.dumps({case: compared(folder, case, asked.rounds) for case in CASES}, indent=1))


def with_accounts(events: pa.Table) -> pa.Table:
    """Put four customers each into an account; every tenth customer has none."""
    names = events.column("profile").unify_dictionaries().combine_chunks().cast(pa.string())
    coded = names.dictionary_encode()
    numbers = [int(name[1:]) for name in coded.dictionary.to_pylist()]
    accounts = [f"account-{number // 4}" if number % 10 else None for number in numbers]
    found = pa.array(accounts, pa.string()).take(coded.indices).dictionary_encode()
    place = events.column_names.index("group")
    return events.set_column(place, "group", found.cast(events.schema.field("group").type))


def fill(folder: Path, tables: Iterable[pa.Table]) -> None:
    store = Store(folder)
    for table in tables:
        store.append_rows([table])
    store.compact(whole=True)


def compared(folder: Path, case: str, rounds: int) -> dict[str, Any]:
    found = {}
    for way in WAYS:
        # Else whoever comes second need not decode what the first one did.
        shutil.rmtree(folder / CASES[case][0] / "cache", ignore_errors=True)
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            found[way] = pool.submit(measured, folder, case, way, rounds).result()
    scan, plain = found["scan"], found["plain"]
    assert scan.pop("answer") == plain.pop("answer"), "the numbers differ"
    return {
        **found,
        "journeys": scan.pop("journeys"),
        "events": plain.pop("events"),
        "plain's CPU over the scan's": verdict(plain["again"] / scan["again"], CPU_BAR),
        "plain's memory over the scan's": verdict(
            plain["memory, MiB"] / max(1, scan["memory, MiB"]), MEMORY_BAR
        ),
    }


def measured(folder: Path, case: str, way: str, rounds: int) -> dict[str, Any]:
    """Ask the same question again and again; in a process of its own."""
    which, unit = CASES[case]
    spec = replace(spec_of(read_map(MAPS[which])), unit=unit)
    prepare, ask = WAYS[way]
    # Kernels are compiled, or read from their folder, before any clock runs. Where pandas is
    # installed, as for these benchmarks, pyarrow loads its 30 MB when first handed a list.
    for kernel in KERNELS:
        import_module(f"kundresa.measures.kernels.{kernel}")
    pa.array([0])
    store, before = Store(folder / which), peak()
    began = cpu()
    events = prepare(store.snapshot())
    ask(events, spec)
    first, spent, walls = cpu() - began, [], []
    answer: dict[str, Any] = {}
    for _ in range(rounds):
        began, started = cpu(), time.perf_counter()
        answer = ask(events, spec)
        spent.append(cpu() - began)
        walls.append(time.perf_counter() - started)
    return {
        "first": round(first, 3),
        "again": round(min(spent), 3),
        "again, by the clock": round(min(walls), 3),
        "memory, MiB": peak() - before,
        "answer": answer,
        "journeys": answer["totals"]["journeys"],
        "events": store.version.event_count,
    }


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak() -> int:
    """Give the most memory that the process has had, mapped columns included, in MiB."""
    # Not from getrusage: a new process begins there with the peak of the one that started it.
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


def verdict(ratio: float, bar: float) -> str:
    return f"{ratio:.1f} (bar {bar:g}: {'held' if ratio >= bar else 'MISSED'})"


def the_snapshot(snapshot: Snapshot) -> Snapshot:
    return snapshot


WAYS: dict[str, tuple[Callable[[Snapshot], Any], Callable[[Any, Any], dict[str, Any]]]] = {
    "scan": (the_snapshot, lambda events, spec: scan_living_map(events, spec).to_json()),
    "plain": (table_of, lambda events, spec: living_map(events, spec).to_json()),
}


if __name__ == "__main__":
    main()
