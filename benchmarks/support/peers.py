"""The engines that ours is held against: the same events, the same questions, the quickest form
that we know of each.

They get the events twice: in numbers, as in our columns, and as a company has them, with names that
are texts, each in the type that the engine has for few different ones, and ids of 64 bits all over.
A peer whose package isn't installed is left out and named.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

Columns = Mapping[str, Any]
LOWEST = 8
"""A wait of 4^(k + 8) microseconds or more is in bucket k; see `kernels.transitions`."""


TEXTS: Final = ", names as texts"
"""Behind the name of a question over texts and wide ids."""

_MIX: Final = np.uint64(0x9E37_79B9_7F4A_7C15)


@dataclass(frozen=True)
class Given:
    """The events as files of numbers and of texts, and the codes of the steps of W1."""

    numbers: Sequence[Path]
    texts: Sequence[Path]
    steps: Sequence[int]


def as_texts(files: Sequence[Path], words: Sequence[str], folder: Path) -> list[Path]:
    """Write parts anew, with texts for names and ids all over 64 bits, sorted by id and time."""
    folder.mkdir()
    return [_as_texts(file, pa.array(words), folder / file.name) for file in files]


def _as_texts(file: Path, words: pa.Array, found: Path) -> Path:
    rows = pq.read_table(file, columns=["profile", "time", "event"])
    # Times an odd number: each profile keeps an id of its own.
    profile = rows.column("profile").to_numpy().astype(np.uint64) * _MIX
    time = rows.column("time").to_numpy()
    order = np.lexsort((time, profile))
    codes = pa.array(rows.column("event").to_numpy()[order].astype(np.int32))
    event = pa.DictionaryArray.from_arrays(codes, words)
    pq.write_table(
        pa.table({"profile": profile[order], "time": time[order], "event": event}), found
    )
    return found


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
    """DuckDB with its own tables, sorted by profile and time."""

    def __init__(self, given: Given, folder: Path, window: int, threads: int) -> None:
        import duckdb

        self._base = duckdb.connect(str(folder / "duckdb"), config={"threads": threads})
        for table, sort, files in (
            ("e", "USMALLINT", given.numbers),
            ("t", "VARCHAR", given.texts),
        ):
            self._base.execute(
                f"CREATE TABLE {table} AS SELECT profile, time, event::{sort} AS event"
                f" FROM read_parquet({[str(file) for file in files]}) ORDER BY profile, time"
            )
        self._funnel = asof(given.steps, window)

    def ways(self) -> dict[str, Callable[[], Any]]:
        """Give the questions."""
        bucket = f"least(15, greatest(0, floor(log2(wait) / 2)::INT - {LOWEST}))"
        counts = f"SELECT event, next, {bucket} AS bucket, count(*) AS n FROM"
        window, texts = (
            "(SELECT event, lead(event) OVER w AS next, lead(time) OVER w - time AS wait FROM"
            f" {table} WINDOW w AS (PARTITION BY profile ORDER BY time))"
            for table in ("e", "t")
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
            f"W2 duckdb{TEXTS}": self._asked(f"{counts} {texts} GROUP BY ALL"),
            "W2 duckdb, shifted": self._asked(f"{counts} {shifted} GROUP BY ALL"),
            "W2 medians duckdb": self._asked(f"{medians} WHERE next IS NOT NULL GROUP BY ALL"),
        }

    def _asked(self, text: str) -> Callable[[], Columns]:
        return lambda: _columns(self._base.sql(text).to_arrow_table())


class Chdb:
    """ClickHouse inside this process, with sorted MergeTrees."""

    def __init__(self, given: Given, folder: Path, window: int, threads: int) -> None:
        from chdb import session

        self._base = session.Session(str(folder / "chdb"))
        self._settings = f"SETTINGS max_threads = {threads}"
        self._base.query("CREATE DATABASE k")
        self._fill("k.e", "UInt16", given.numbers)
        self._fill("k.t", "LowCardinality(String)", given.texts)
        self._steps, self._window = given.steps, window

    def _fill(self, table: str, sort: str, files: Sequence[Path]) -> None:
        names = ",".join(file.stem for file in files)
        self._base.query(
            f"CREATE TABLE {table} (profile UInt64, time UInt64, event {sort})"
            " ENGINE = MergeTree ORDER BY (profile, time)"
        )
        self._base.query(
            f"INSERT INTO {table} SELECT profile, time, event"
            f" FROM file('{files[0].parent}/{{{names}}}.parquet', Parquet) {self._settings}"
        )
        self._base.query(f"OPTIMIZE TABLE {table} FINAL")

    def ways(self) -> dict[str, Callable[[], Any]]:
        """Give the questions."""
        return {
            "W1 chdb": self._reached,
            "W2 chdb": lambda: self._follows("k.e"),
            f"W2 chdb{TEXTS}": lambda: self._follows("k.t"),
        }

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

    def _follows(self, table: str) -> Columns:
        rows = self._base.query(
            "SELECT x.1 AS event, x.2 AS next, least(15, greatest(0,"
            f" toInt32(floor(log2(x.3) / 2)) - {LOWEST})) AS bucket, count() AS n FROM (SELECT"
            " arrayJoin(arrayZip(arrayPopBack(ev), arrayPopFront(ev),"
            " arrayPopFront(arrayDifference(ts)))) AS x FROM (SELECT groupArray(event) AS ev,"
            f" groupArray(time) AS ts FROM (SELECT * FROM {table} ORDER BY profile, time)"
            f" GROUP BY profile)) GROUP BY event, next, bucket {self._settings}",
            "ArrowTable",
        )
        return _columns(rows)


class Polars:
    """Polars with frames in memory that lie sorted; it has no funnel."""

    def __init__(self, given: Given, _folder: Path, _window: int, threads: int) -> None:
        # It reads this once, when it is imported.
        os.environ["POLARS_MAX_THREADS"] = str(threads)
        import polars

        self._pl = polars
        self._numbers = self._read(given.numbers, polars.UInt16)
        self._texts = self._read(given.texts, polars.Categorical)

    def _read(self, files: Sequence[Path], sort: Any) -> Any:
        frame = self._pl.read_parquet(list(files), columns=["profile", "time", "event"])
        return frame.with_columns(self._pl.col("event").cast(sort))

    def ways(self) -> dict[str, Callable[[], Any]]:
        """Give the questions."""
        return {
            "W2 polars": lambda: self._follows(self._numbers),
            f"W2 polars{TEXTS}": lambda: self._follows(self._texts),
        }

    def _follows(self, frame: Any) -> Columns:
        pl = self._pl
        wait = (pl.col("time").shift(-1) - pl.col("time")).cast(pl.Float64)
        found = (
            frame.lazy()
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
        return {name: found[name].to_arrow() for name in found.columns}


KINDS: Mapping[str, Any] = {"duckdb": DuckDB, "chdb": Chdb, "polars": Polars}


def _columns(table: pa.Table) -> Columns:
    return {name: table.column(name).combine_chunks() for name in table.column_names}


def histogram(found: Columns, words: Sequence[str]) -> np.ndarray:
    """Give an answer to W2 as counts of shape (words, words, 16), by the codes of the words.

    Rows without a next are left out.
    """
    grid = np.zeros((len(words), len(words), 16), np.int64)
    there = pc.is_valid(found["next"])
    event, after, bucket, n = (
        _numbers(found[name].filter(there), words) for name in ("event", "next", "bucket", "n")
    )
    grid[event, after, bucket] = n
    return grid


def _numbers(column: pa.Array, words: Sequence[str]) -> np.ndarray:
    if pa.types.is_integer(column.type):
        return column.to_numpy().astype(int)
    return pc.index_in(column.cast(pa.string()), value_set=pa.array(words)).to_numpy()
