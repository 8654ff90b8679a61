"""Collect under load: how fast events are taken in, durably, while pages are used.

Starts a real ``kundresa start`` and, as a peer in the same run, an ASGI server that reads the same
body and answers 200. Both get the same load from a process of its own. Prints each bar beside its
figure and MISSED where it isn't held; a benchmark never fails a build, so it ends with 0.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import psycopg

from tests.support.server import Server, clean_environment, free_port

ROOT: Final = Path(__file__).resolve().parent.parent
PAGE: Final = "/w/open-university/maps/open-university/"
LONGEST_P99: Final = 100.0
LEAST_SHARE: Final = 1 / 20
LEAST_SEALED: Final = 15_000
LONGEST_WAIT: Final = 300.0
Figures = dict[str, Any]


def main() -> None:
    """Measure as told, and tell."""
    told = read_arguments()
    with tempfile.TemporaryDirectory(prefix="kundresa-bench-") as folder:
        data = Path(folder) / "data"
        with database(told.postgres) as url:
            figures = measure(told, data, url)
    answer = {
        "benchmark": "collect_under_load",
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "machine_load": round(os.getloadavg()[0], 1),
        "database": "postgresql" if told.postgres else "sqlite",
        "rows_before": told.rows,
        "figures": figures,
        "bars": bars(figures),
    }
    print(json.dumps(answer, indent=2) if told.json else in_words(answer))


def read_arguments() -> argparse.Namespace:
    """Read what to measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10, help="length of each phase")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--events", type=int, default=100, help="events in a batch")
    parser.add_argument("--clients", type=int, default=2, help="clients that open pages")
    parser.add_argument("--rows", type=int, default=0, help="rows in the inbox before")
    parser.add_argument("--days-ago", type=int, default=0, help="the day that those came in")
    parser.add_argument("--postgres", metavar="URL", default="",
                        help="a server that lets us create a database")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="answer as JSON")
    return parser.parse_args()


def measure(told: argparse.Namespace, data: Path, url: str) -> Figures:
    """Load the peer, then collect alone, then collect while pages are used."""
    collect_port = free_port()
    server = Server(
        data,
        database_url=url,
        environment={"KUNDRESA_COLLECT_PORT": str(collect_port), "KUNDRESA_DEMO": "1"},
    )
    say(f"preparing {told.rows:,} rows and a living map")
    prepared = prepare(server, told.rows, told.days_ago)
    key = str(prepared["key"])
    with bare_server() as (pid, port):
        say("loading the bare server")
        bare = load(told, port, key, pid)
    server.start()
    try:
        open_pages(told, server, seconds=0.1)
        pid = server.pid("collect")
        say("loading collect, until all of it is sealed")
        worker = Sealing(server, int(str(prepared["workspace"])))
        alone = load(told, collect_port, key, pid)
        sealed = worker.figures(alone["accepted_events"])
        say("loading collect while pages are used")
        pages = open_pages(told, server, seconds=told.seconds)
        with_pages = load(told, collect_port, key, pid)
        seen = result_of(pages)
        say("loading collect through the web address while pages are used")
        pages = open_pages(told, server, seconds=told.seconds)
        through_web = load(told, server.port, key, pid)
        seen_through_web = result_of(pages)
        rows = server.ask("SELECT count(*) FROM events_inbox")[0][0]
    finally:
        server.stop()
    runs = {"alone": alone, "with_pages": with_pages, "through_web": through_web}
    accepted = sum(run["accepted_events"] for run in runs.values())
    return {
        "bare": bare,
        **runs,
        "sealing": sealed,
        "pages": seen,
        "pages_through_web": seen_through_web,
        "share_of_bare": round(alone["requests_per_second"] / bare["requests_per_second"], 4),
        "acknowledged_and_missing": accepted + told.rows - int(str(rows)),
    }


def prepare(server: Server, rows: int, days_ago: int) -> dict[str, object]:
    """Fill the installation, in a process of its own so that this one stays small."""
    settings = {**server.environment, "KUNDRESA_DATA_DIR": str(server.folder)}
    command = [sys.executable, "-m", "benchmarks.support.prepare", str(rows), str(days_ago)]
    filled = subprocess.run(
        command, cwd=ROOT, env=clean_environment(settings), stdout=subprocess.PIPE, check=True
    )
    found: dict[str, object] = json.loads(filled.stdout)
    return found


def load(told: argparse.Namespace, port: int, key: str, pid: int) -> Figures:
    """Send batches to a port; give what the sender saw, and what the process ``pid`` spent."""
    before = processor_seconds(pid)
    seen = result_of(
        beside(
            "load",
            *("--seconds", str(told.seconds), "--connections", str(told.connections)),
            # A key may begin with a dash.
            *("--events", str(told.events), "--", str(port), key),
        )
    )
    spent = processor_seconds(pid) - before
    # On a machine that others use, too, this says more than any time by the clock.
    return {**seen, "cpu_ms_per_request": round(spent * 1000 / max(seen["requests"], 1), 2)}


class Sealing:
    """Watches a worker from now on until it has sealed what came in."""

    def __init__(self, server: Server, workspace: int) -> None:
        self._server, self._workspace, self._pid = server, workspace, server.pid("worker")
        self._events = server.event_count(workspace)
        self._seconds = processor_seconds(self._pid)

    def figures(self, events: int) -> Figures:
        """Wait for that many events; give what the worker spent on them."""
        began = time.monotonic()
        while self._server.event_count(self._workspace) - self._events < events:
            if time.monotonic() - began > LONGEST_WAIT:
                sys.exit("collect_under_load: the worker does not get through; see its log")
            time.sleep(0.1)
        spent = processor_seconds(self._pid) - self._seconds
        return {
            "events": events,
            "seconds_behind": round(time.monotonic() - began, 1),
            "cpu_us_per_event": round(spent * 1e6 / max(events, 1), 1),
            "events_per_cpu_second": round(events / max(spent, 0.01)),
        }


def processor_seconds(pid: int) -> float:
    """Give the processor time of a process, all its threads together."""
    listing = Path(f"/proc/{pid}/stat")
    if not listing.exists():
        return float("nan")
    fields = listing.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def open_pages(told: argparse.Namespace, server: Server, seconds: float) -> subprocess.Popen[bytes]:
    """Begin to open pages; the first time, wait for the end so that all is warm."""
    numbers = ["--seconds", str(seconds), "--clients", str(told.clients)]
    pages = beside("pages", server.address + PAGE, *numbers)
    if seconds < 1:
        pages.wait()
    return pages


def beside(name: str, *arguments: str) -> subprocess.Popen[bytes]:
    """Start one of the processes of `benchmarks.support`."""
    command = [sys.executable, "-m", f"benchmarks.support.{name}", *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)


def result_of(process: subprocess.Popen[bytes]) -> Figures:
    """Wait for a process and read what it measured."""
    out, _ = process.communicate()
    if process.returncode:
        sys.exit(f"{process.args!r} failed")
    found: Figures = json.loads(out)
    return found


@contextmanager
def bare_server() -> Iterator[tuple[int, int]]:
    """Run the peer; give its process and its port."""
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        command = [sys.executable, "-m", "benchmarks.support.bare", str(listener.fileno())]
        process = subprocess.Popen(command, cwd=ROOT, pass_fds=[listener.fileno()])
        try:
            yield process.pid, listener.getsockname()[1]
        finally:
            process.terminate()
            process.wait()


@contextmanager
def database(url: str) -> Iterator[str]:
    """Make a database on the server of that address, and drop it afterwards."""
    if not url:
        yield ""
        return
    name = f"kundresa_bench_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')  # type: ignore[call-overload]
        try:
            yield url.rpartition("/")[0] + f"/{name}"
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')  # type: ignore[call-overload]


def bars(figures: Figures) -> list[dict[str, object]]:
    """Put each bar beside its figure."""
    p99, share = figures["with_pages"]["p99_ms"], figures["share_of_bare"]
    missing = figures["acknowledged_and_missing"]
    sealed = figures["sealing"]["events_per_cpu_second"]
    return [
        bar("p99 of collect while pages are used, ms", p99, f"under {LONGEST_P99:g}",
            held=p99 < LONGEST_P99),
        bar("share of the bare server's requests", share, f"at least {LEAST_SHARE:g}",
            held=share >= LEAST_SHARE),
        bar("events sealed in a second of processor time", sealed, f"at least {LEAST_SEALED:,}",
            held=sealed >= LEAST_SEALED),
        bar("events acknowledged and missing", missing, "0 at most", held=missing <= 0),
    ]  # fmt: skip


def bar(name: str, figure: object, wanted: str, *, held: bool) -> dict[str, object]:
    """Give one bar."""
    return {"name": name, "figure": figure, "bar": wanted, "held": held}


def in_words(answer: dict[str, Any]) -> str:
    """Give the answer as lines."""
    figures = answer["figures"]
    lines = [
        f"{answer['at']}, {answer['machine']}, load {answer['machine_load']} at the end",
        f"{answer['database']}, {answer['rows_before']:,} rows before",
    ]
    for name in ("bare", "alone", "with_pages", "through_web"):
        run = figures[name]
        lines.append(
            f"{name:<12} {run['requests_per_second']:>9,.1f} requests/s "
            f"{run['events_per_second']:>9,} events/s  p50 {run['p50_ms']:>7} ms  "
            f"p99 {run['p99_ms']:>7} ms  cpu {run['cpu_ms_per_request']} ms a request  "
            f"refused {run['refused']}"
        )
    run = figures["sealing"]
    lines.append(
        f"sealing      {run['events']:,} events, all {run['seconds_behind']} s after the last, "
        f"cpu {run['cpu_us_per_event']} us an event"
    )
    for name in ("pages", "pages_through_web"):
        run = figures[name]
        lines.append(f"{name:<17} {run['pages']:>5} opened, {run['failed']} failed  "
                     f"p50 {run['p50_ms']} ms  p99 {run['p99_ms']} ms")  # fmt: skip
    for one in answer["bars"]:
        verdict = "held" if one["held"] else "MISSED"
        lines.append(f"{verdict:<7}{one['name']}: {one['figure']} ({one['bar']})")
    return "\n".join(lines)


def machine() -> str:
    """Name the machine as far as it matters."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}"


def say(sentence: str) -> None:
    """Tell how far it is."""
    print(f"collect_under_load: {sentence}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
