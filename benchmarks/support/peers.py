"""The engines that ours is held against: the same events, the same questions, the quickest form
that we know of each. Names are numbers to them, as in our columns.

A peer whose package isn't installed is left out and named.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

Columns = Mapping[str, Any]
LOWEST = 8
"""A wait of 4^(k + 8) microseconds or more is in bucket k; see `kernels.transitions`."""


class Peer(Protocol):
    """An engine that holds the events in its own form."""

    def ways(self) -> dict[str, Callable[[], Any]]:
        """Give what it can be asked, by the name of the question and of the form."""


def asof(steps: Sequence[int], window: int) -> str:
    """Chain ASOF joins: for each step-k event the latest start that had come to step k-1."""
    parts = [f"s1 AS (SELECT profile, time, time AS start FROM e WHERE event = {steps[0]})"]
    for k, step in enumerate(steps[1:], 2):
        parts.append(
            f"s{k} AS (SELECT b.profile, b.time, max(a.start) OVER (PARTITION BY b.profile ORDER BY"
            f" b.time) AS start FROM (SELECT profile, time FROM e WHERE event = {step}) b"
            f" ASOF JOIN s{k - 1} a ON a.profile = b.profile AND a.time < b.time"
            f" WHERE b.time - a.start <= {window})"
        )
    counts = ", ".join(f"(SELECT count(DISTINCT profile) FROM s{k + 1})" for k in range(len(steps)))
    return f"WITH {', '.join(parts)} SELECT {counts}"


class DuckDB:
    """DuckDB with its own table, sorted by profile and time."""

    def __init__(
        self, files: Sequence[Path], folder: Path, steps: Sequence[int], window: int, threads: int
    ) -> None:
        import duckdb

        self._base = duckdb.connect(str(folder / "duckdb"), config={"threads": threads})
        self._base.execute(
            "CREATE TABLE e AS SELECT profile, time, event::USMALLINT AS event"
            f" FROM read_parquet({[str(file) for file in files]}) ORDER BY profile, time"
        )
        self._funnel = asof(steps, window)

    def ways(self) -> dict[str, Callable[[], Any]]:
        """Give the questions."""
        bucket = f"least(15, greatest(0, floor(log2(wait) / 2)::INT - {LOWEST}))"
        counts = f"SELECT event, next, {bucket} AS bucket, count(*) AS n FROM"
        window = (
            "(SELECT event, lead(event) OVER w AS next, lead(time) OVER w - time AS wait FROM e"
            " WINDOW w AS (PARTITION BY profile ORDER BY time))"
        )
        # No order is said, so SQL promises none; the table happens to keep that of its making.
        shifted = (
            "(SELECT event, profile, lead(profile) OVER () AS owner, lead(event) OVER () AS next,"
            " lead(time) OVER () - time AS wait FROM e) WHERE owner = profile"
        )
        medians = f"SELECT event, next, count(*) AS n, median(wait) / 1e6 AS p50 FROM {window}"
        return {
            "W1 duckdb": lambda: list(self._base.execute(self._funnel).fetchall()[0]),
            "W2 duckdb": self._asked(f"{counts} {window} GROUP BY ALL"),
            "W2 duckdb, shifted": self._asked(f"{counts} {shifted} GROUP BY ALL"),
            "W2 medians duckdb": self._asked(f"{medians} WHERE next IS NOT NULL GROUP BY ALL"),
        }

    def _asked(self, text: str) -> Callable[[], Columns]:
        return lambda: self._base.execute(text).fetchnumpy()


class Chdb:
    """ClickHouse inside this process, with a sorted MergeTree."""

    def __init__(
        self, files: Sequence[Path], folder: Path, steps: Sequence[int], window: int, threads: int
    ) -> None:
        from chdb import session

        self._base = session.Session(str(folder / "chdb"))
        self._settings = f"SETTINGS max_threads = {threads}"
        names = ",".join(file.stem for file in files)
        self._base.query("CREATE DATABASE k")
        self._base.query(
            "CREATE TABLE k.e (profile UInt64, time UInt64, event UInt16)"
            " ENGINE = MergeTree ORDER BY (profile, time)"
        )
        self._base.query(
            "INSERT INTO k.e SELECT profile, time, event"
            f" FROM file('{files[0].parent}/{{{names}}}.parquet', Parquet) {self._settings}"
        )
        self._base.query("OPTIMIZE TABLE k.e FINAL")
        self._steps, self._window = steps, window

    def ways(self) -> dict[str, Callable[[], Any]]:
        """Give the questions."""
        return {"W1 chdb": self._reached, "W2 chdb": self._follows}

    def _reached(self) -> list[int]:
        wanted = ", ".join(map(str, self._steps))
        tests = ", ".join(f"event = {step}" for step in self._steps)
        rows = self._base.query(
            "SELECT level, count() FROM (SELECT"
            f" windowFunnel({self._window})(time, {tests}) AS level FROM k.e"
            f" WHERE event IN ({wanted}) GROUP BY profile) GROUP BY level {self._settings}",
            "CSV",
        )
        ends = [0] * (len(self._steps) + 1)
        for line in str(rows).split():
            level, count = map(int, line.split(","))
            ends[level] = count
        return [sum(ends[k:]) for k in range(1, len(ends))]

    def _follows(self) -> Columns:
        rows = self._base.query(
            "SELECT x.1 AS event, x.2 AS next, least(15, greatest(0,"
            f" toInt32(floor(log2(x.3) / 2)) - {LOWEST})) AS bucket, count() AS n FROM (SELECT"
            " arrayJoin(arrayZip(arrayPopBack(ev), arrayPopFront(ev),"
            " arrayPopFront(arrayDifference(ts)))) AS x FROM (SELECT groupArray(event) AS ev,"
            " groupArray(time) AS ts FROM (SELECT * FROM k.e ORDER BY profile, time)"
            f" GROUP BY profile)) GROUP BY event, next, bucket {self._settings}",
            "ArrowTable",
        )
        return {name: rows.column(name).to_numpy() for name in rows.column_names}


class Polars:
    """Polars with a frame in memory that lies sorted; it has no funnel."""

    def __init__(
        self, files: Sequence[Path], _folder: Path, _steps: Sequence[int], _window: int,
        threads: int,
    ) -> None:  # fmt: skip
        # It reads this once, when it is imported.
        os.environ["POLARS_MAX_THREADS"] = str(threads)
        import polars

        self._pl = polars
        frame = polars.read_parquet(list(files), columns=["profile", "time", "event"])
        self._frame = frame.with_columns(polars.col("event").cast(polars.UInt16))

    def ways(self) -> dict[str, Callable[[], Any]]:
        """Give the questions."""
        return {"W2 polars": self._follows}

    def _follows(self) -> Columns:
        pl = self._pl
        wait = (pl.col("time").shift(-1) - pl.col("time")).cast(pl.Float64)
        found = (
            self._frame.lazy()
            .select(
                pl.col("event"), pl.col("event").shift(-1).alias("next"), wait.alias("wait"),
                (pl.col("profile").shift(-1) == pl.col("profile")).alias("same"),
            )
            .filter("same")
            .select("event", "next", ((pl.col("wait").log(2) / 2).floor().cast(pl.Int32) - LOWEST)
                    .clip(0, 15).alias("bucket"))
            .group_by("event", "next", "bucket")
            .len("n")
            .collect()
        )  # fmt: skip
        return {name: found[name].to_numpy() for name in found.columns}


KINDS: Mapping[str, Any] = {"duckdb": DuckDB, "chdb": Chdb, "polars": Polars}


def histogram(found: Columns, size: int) -> np.ndarray:
    """Give an answer to W2 as counts of shape (size, size, 16); rows without a next are left out."""
    grid = np.zeros((size, size, 16), np.int64)
    after = np.ma.masked_array(found["next"])
    there = ~np.ma.getmaskarray(after)
    places = (np.asarray(found[name])[there].astype(int) for name in ("event", "next", "bucket"))
    grid[tuple(places)] = np.asarray(found["n"])[there]
    return grid
