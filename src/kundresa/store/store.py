"""The store of one workspace: add rows, read a version, compact, join and part profiles.

A part is written, synced and named by the hash of its bytes before the version that names it
takes the place of the last in one step; so a crash at any point leaves the old version or the
new one. Whoever appends from a log hands over how far it has read (a mark) with the rows, and
finds it in the same version: that is what makes reading the log exactly once.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pyarrow as pa

from kundresa.core.records import Event
from kundresa.store.arrivals import Arrivals, arrivals
from kundresa.store.columns import encode
from kundresa.store.compaction import compacted
from kundresa.store.dictionary import Dictionaries
from kundresa.store.erasure import without
from kundresa.store.formats import rows_of_format_1
from kundresa.store.keeper import FolderKeeper, VersionKeeper
from kundresa.store.objects import GRACE, Objects
from kundresa.store.part import close_readers, in_order, write_part
from kundresa.store.rows import events_to_rows
from kundresa.store.snapshot import Snapshot
from kundresa.store.table import EventTable
from kundresa.store.tables import table_of
from kundresa.store.version import FORMAT, Part, Version, format_of, from_text, to_text

MOST_SNAPSHOTS: Final = 4
_snapshots: Final[dict[str, Snapshot]] = {}


class Store:
    """The events of one workspace.

    Parameters
    ----------
    folder
        Where the parts lie; made when something is added.
    cache
        Where memory-mapped columns are kept, by default ``cache`` in the folder. It may vanish.
    keeper
        Where the version is kept, by default the file ``CURRENT`` in the folder.
    personal
        Names of properties that are kept apart and never coded.
    """

    def __init__(
        self,
        folder: Path | str,
        *,
        cache: Path | None = None,
        keeper: VersionKeeper | None = None,
        personal: Iterable[str] = (),
    ) -> None:
        self.folder = Path(folder)
        self._objects = Objects(self.folder / "parts")
        self._cache = cache or self.folder / "cache"
        self._keeper = keeper or FolderKeeper(self.folder)
        self._personal = frozenset(personal)

    @property
    def version(self) -> Version:
        """Read the version that counts now; a store of an older format is brought up first."""
        text = self._keeper.read()
        if not text:
            return Version()
        if format_of(text, self._keeper.place) < FORMAT:
            self._upgrade()
            text = self._keeper.read()
        return from_text(text, self._keeper.place)

    @property
    def event_count(self) -> int:
        """Count the events."""
        return self.version.event_count

    def snapshot(self) -> Snapshot:
        """Give the events of the current version; it stays what it is while others write.

        While the version stays, this process gives the same one, with what it has put together.
        """
        version, key = self.version, str(self.folder)
        # No lock: each step on a dictionary is whole, and two made at once do no harm.
        last = _snapshots.pop(key, None)
        if last is None or last.version != version:
            last = Snapshot(self._objects, version, self._cache)
        _snapshots[key] = last
        for oldest in list(_snapshots)[:-MOST_SNAPSHOTS]:
            _snapshots.pop(oldest, None)
        return last

    def table(self) -> EventTable:
        """Read every event of the current version into memory."""
        return table_of(self.snapshot())

    def arrivals(self, version: Version, since: int) -> Iterator[Arrivals]:
        """Give the rows of a version that came at a place in its sequence or later."""
        return arrivals(self._objects, version, since)

    # --- adding -------------------------------------------------------------------------------

    def append(self, events: Sequence[Event], *, marks: Mapping[str, int] | None = None) -> Version:
        """Add events and marks in one step, and give the new version; see `append_rows`."""
        return self.append_rows([events_to_rows(events)], marks=marks)

    def append_rows(
        self, tables: Sequence[pa.Table], *, marks: Mapping[str, int] | None = None
    ) -> Version:
        """Add rows (`rows.rows_of`) and marks in one step, and give the new version.

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
        dictionaries = Dictionaries(self._objects, before.dictionaries)
        filled = [table for table in tables if table.num_rows]
        deltas, sequence = before.deltas, before.sequence
        if filled:
            rows = pa.concat_tables(filled, promote_options="default").unify_dictionaries()
            part = self._write(rows, dictionaries, before)
            deltas, sequence = (*deltas, part), sequence + rows.num_rows
        return self._replace(
            before.after(
                deltas=deltas,
                sequence=sequence,
                dictionaries=dictionaries.files,
                marks={**before.marks, **marks},
            )
        )

    def _write(self, rows: pa.Table, dictionaries: Dictionaries, before: Version) -> Part:
        block = encode(rows, dictionaries, sequence=before.sequence, personal=self._personal)
        return write_part(self._objects, in_order(block, before.buckets), before.buckets)

    def _replace(self, version: Version) -> Version:
        self._keeper.replace(to_text(version))
        return version

    def _upgrade(self) -> None:
        with self._keeper.writing():
            text = self._keeper.read()
            if format_of(text, self._keeper.place) == FORMAT:
                return
            tables, marks, number = rows_of_format_1(text, self._objects)
            self._append(Version(number=number), tables, marks)

    # --- keeping it quick ---------------------------------------------------------------------

    def compact(self, *, whole: bool = False) -> bool:
        """Move deltas into sorted parts where that is worth it; say whether anything changed.

        ``whole`` rewrites every bucket that has anything to move. Readers and writers go on
        meanwhile; another compaction or erasure makes this one do nothing.
        """
        with self._only_one() as won:
            if not won:
                return False
            before = self.version
            made = compacted(self._objects, before, self._cache, whole=whole)
            if made is None:
                return False
            self._commit(before, made)
            return True

    def sweep(self, *, grace: float = GRACE) -> list[str]:
        """Delete files that no version names and that have been lying for ``grace`` seconds."""
        with self._writing():
            kept = set(self.version.objects())
        gone = self._objects.sweep(kept, grace=grace)
        self._drop_cache(kept)
        return gone

    def _commit(self, before: Version, made: Version) -> None:
        """Replace the version by one made from ``before``, keeping what was added meanwhile."""
        with self._writing():
            now = self.version
            old = {part.name for part in before.deltas}
            added = tuple(part for part in now.deltas if part.name not in old)
            self._replace(
                now.after(
                    base=made.base,
                    deltas=(*made.deltas, *added),
                )
            )

    def _drop_cache(self, kept: set[str]) -> None:
        stems = {name.partition(".")[0] for name in kept}
        for folder in self._cache.iterdir() if self._cache.is_dir() else ():
            if folder.name not in stems:
                shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        _ = self.version  # brings an older format up, which takes the same lock
        with self._keeper.writing():
            yield

    @contextmanager
    def _only_one(self) -> Iterator[bool]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "compacting.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Wait for a compaction to end, and keep others out."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "compacting.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    # --- who is who ---------------------------------------------------------------------------

    def join(self, pairs: Mapping[str, str]) -> Version:
        """Say that profiles are known to be others, by key: ``{"anonymous": "known"}``.

        Their rows are read as the other's from now on and keep their own origin, so `part` can
        undo it at any time.
        """
        with self._writing():
            before = self.version
            dictionaries = Dictionaries(self._objects, before.dictionaries)
            keys = [*pairs, *pairs.values()]
            codes = dictionaries.encode("profile", pa.array(keys, pa.string())).tolist()
            half = len(pairs)
            new = dict(zip(codes[:half], codes[half:], strict=True))
            aliases = {**before.aliases, **{s: t for s, t in new.items() if s != t}}
            return self._replace(before.after(aliases=aliases, dictionaries=dictionaries.files))

    def part(self, keys: Iterable[str]) -> Version:
        """Undo `join` for some profiles: their own rows are theirs again."""
        with self._writing():
            before = self.version
            found = Dictionaries(self._objects, before.dictionaries).find("profile", list(keys))
            gone = {code for code in found if code is not None}
            aliases = {s: t for s, t in before.aliases.items() if s not in gone}
            return self._replace(before.after(aliases=aliases))

    # --- erasing ------------------------------------------------------------------------------

    def erase(self, keys: Iterable[str]) -> int:
        """Take every trace of some profiles away, at once; give how many events that were.

        Rows, the texts that only they used, old parts and caches are gone when it returns.
        Readers of an older version fail to open its parts and read the new one.
        """
        with self._alone(), self._writing():
            before = self.version
            after, count = without(self._objects, before, self._cache, list(keys))
            if after is not before:
                self._replace(after)
            # Even where no version names them: a writer that died may have left their texts.
            kept = set(after.objects())
            _snapshots.pop(str(self.folder), None)
            close_readers()
            self._objects.sweep(kept, grace=0)
            self._drop_cache(kept)
            return count


def forget_snapshots() -> None:
    """Let go of what this process has put together."""
    _snapshots.clear()
