"""A store in a folder: immutable parts, and one small file that names those which count.

A part is written, synced and named by the hash of its bytes before ``CURRENT`` is replaced in
one step; so a crash at any point leaves the old version or the new one, never something between.
Whoever appends from a log hands over how far it has read (a mark) with the events, and finds it
in the same file: that is what makes reading the log exactly once.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from kundresa.core.errors import BadInputError, NewerFormatError
from kundresa.core.records import Event
from kundresa.store.part import events_to_rows, sorted_rows, table_from_arrow
from kundresa.store.table import EventTable

FORMAT: Final = 1


@dataclass(frozen=True)
class Part:
    """One immutable file, named by the hash of its bytes."""

    name: str
    rows: int
    first: int
    last: int


@dataclass(frozen=True)
class Version:
    """Which parts count, and how far each log has been read into them."""

    number: int = 0
    parts: tuple[Part, ...] = ()
    marks: Mapping[str, int] = field(default_factory=dict)

    @property
    def event_count(self) -> int:
        """Count the events of all parts."""
        return sum(part.rows for part in self.parts)

    @property
    def name(self) -> str:
        """Give a short name that changes whenever the events do; good as a cache key."""
        joined = ",".join(part.name for part in self.parts)
        return hashlib.sha256(joined.encode()).hexdigest()[:16]


class Store:
    """The events of one workspace, in a folder that is made when it isn't there."""

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        (self.folder / "parts").mkdir(parents=True, exist_ok=True)

    @property
    def version(self) -> Version:
        """Read the version that counts now."""
        try:
            text = (self.folder / "CURRENT").read_text("utf-8")
        except FileNotFoundError:
            return Version()
        return _version(text, self.folder)

    @property
    def event_count(self) -> int:
        """Count the events."""
        return self.version.event_count

    def append(self, events: Sequence[Event], *, marks: Mapping[str, int] | None = None) -> Version:
        """Add events and marks in one step, and give the new version; see `append_rows`."""
        return self.append_rows([events_to_rows(events)], marks=marks)

    def append_rows(
        self, tables: Sequence[pa.Table], *, marks: Mapping[str, int] | None = None
    ) -> Version:
        """Add rows (`part.rows_of`) and marks in one step, and give the new version.

        Durable when it returns. One writer at a time: others wait.
        """
        with self._writing():
            return self._append(self.version, tables, marks or {})

    def append_once(self, mark: str, tables: Sequence[pa.Table]) -> bool:
        """Add rows unless the mark already stands in the store; say whether they were added."""
        with self._writing():
            before = self.version
            if mark in before.marks:
                return False
            self._append(before, tables, {mark: 1})
            return True

    def _append(
        self, before: Version, tables: Sequence[pa.Table], marks: Mapping[str, int]
    ) -> Version:
        parts = before.parts
        if any(table.num_rows for table in tables):
            parts = (*parts, self._write_part(sorted_rows(tables)))
        after = Version(before.number + 1, parts, {**before.marks, **marks})
        self._replace_current(after)
        return after

    def table(self) -> EventTable:
        """Read every event of the current version."""
        version = self.version
        tables = [pq.read_table(self._path(part)) for part in version.parts]
        return table_from_arrow(tables)

    def _path(self, part: Part) -> Path:
        return self.folder / "parts" / f"{part.name}.parquet"

    def _write_part(self, rows: pa.Table) -> Part:
        sink = pa.BufferOutputStream()
        pq.write_table(rows, sink, compression="zstd")
        data = sink.getvalue()
        name = hashlib.sha256(data).hexdigest()[:32]
        times = rows.column("time").to_numpy()
        part = Part(name, rows.num_rows, int(times.min()), int(times.max()))
        _write_durably(self._path(part), data)
        return part

    def _replace_current(self, version: Version) -> None:
        body = {
            "kundresa_store": FORMAT,
            "version": version.number,
            "parts": [vars(part) for part in version.parts],
            "marks": dict(version.marks),
        }
        _write_durably(self.folder / "CURRENT", json.dumps(body, indent=1).encode())

    @contextmanager
    def _writing(self) -> Iterator[None]:
        # The lock belongs to the open file, so the system frees it when its holder is killed.
        with (self.folder / "writing.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _version(text: str, folder: Path) -> Version:
    try:
        body: dict[str, Any] = json.loads(text)
        found = int(body["kundresa_store"])
        if found > FORMAT:
            raise NewerFormatError(
                f"The store in {folder} has format {found}; this release reads up to {FORMAT}.",
                hint="Start the newer release on this folder.",
            )
        parts = tuple(Part(**part) for part in body["parts"])
        return Version(int(body["version"]), parts, body["marks"])
    except (ValueError, KeyError, TypeError) as error:
        raise BadInputError(
            f"{folder / 'CURRENT'} can't be read: {error}.", hint="Restore it from a backup."
        ) from error


def _write_durably(path: Path, data: Any) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
