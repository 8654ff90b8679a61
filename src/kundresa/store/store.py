"""The store of one workspace: add rows, read a version, compact, join and part profiles.

A part is written, synced and named by the hash of its bytes before the version that names it
takes the place of the last in one step; so a crash at any point leaves the old version or the
new one. Of several writers one wins that step, and the others make theirs anew. Whoever appends
from a log hands over how far it has read (a mark) with the rows, and finds it in the same version:
that is what makes reading the log exactly once.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Final

import pyarrow as pa

from kundresa.core.errors import BadInputError
from kundresa.core.records import Event
from kundresa.store.aliases import Aliases, added
from kundresa.store.arrivals import Arrivals, arrivals
from kundresa.store.columns import encode
from kundresa.store.compaction import compacted
from kundresa.store.dictionary import Dictionaries
from kundresa.store.erasure import without
from kundresa.store.formats import rows_of_format_1
from kundresa.store.keeper import (
    ADDING,
    COMPACTING,
    WRITING,
    Along,
    FolderKeeper,
    MovedOnError,
    VersionKeeper,
)
from kundresa.store.objects import GRACE, FolderObjects, Gathered, Objects, is_whole, sweep
from kundresa.store.overflow import asked, is_asking, narrowed
from kundresa.store.part import close_readers, in_order, write_part
from kundresa.store.rows import events_to_rows
from kundresa.store.snapshot import Snapshot
from kundresa.store.table import EventTable
from kundresa.store.tables import table_of
from kundresa.store.version import (
    OLDEST,
    Version,
    format_of,
    number_of,
    whole,
)

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
    objects
        Where the parts lie, by default the files of ``parts`` in the folder.
    """

    def __init__(
        self,
        folder: Path | str,
        *,
        cache: Path | None = None,
        keeper: VersionKeeper | None = None,
        personal: Iterable[str] = (),
        objects: Objects | None = None,
    ) -> None:
        self.folder = Path(folder)
        self._objects = objects or FolderObjects(self.folder / "parts")
        self._cache = cache or self.folder / "cache"
        self._keeper = keeper or FolderKeeper(self.folder)
        self._personal = frozenset(personal)

    @property
    def version(self) -> Version:
        """Read the version that counts now; a store of an older format is brought up first."""
        text = self._keeper.read()
        if not text:
            return Version()
        place = self._keeper.place
        if format_of(text, place) < OLDEST:
            self._upgrade()
            text = self._keeper.read()
        try:
            return whole(self._objects, text, place)
        except FileNotFoundError as error:
            if self._keeper.read() == text:
                raise BadInputError(
                    f"{place} names a file that isn't there: {error.filename or error}.",
                    hint="Restore the store from a backup.",
                ) from error
            # Somebody changed it since, and swept.
            return self.version

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

    # --- changing -----------------------------------------------------------------------------

    def holding(self, name: str, *, wait: bool = True) -> AbstractContextManager[bool]:
        """Keep others from holding a name (`keeper`); False where somebody does."""
        return self._keeper.holding(name, wait=wait)

    def _change(self, make: Callable[[Version], Version], along: Along | None = None) -> Version:
        """Replace the version by what is made of it, made anew where somebody was quicker."""
        done = self._try(make, along)
        while done is None:
            # Now the others wait, so that nobody who takes long loses for ever.
            with self._keeper.holding(WRITING):
                done = self._try(make, along)
        return done

    def _try(
        self, make: Callable[[Version], Version], along: Along | None = None, *, spare: bool = True
    ) -> Version | None:
        now = self.version
        before = self._with_alias_files(now)
        after = make(before)
        if after is before:
            return now
        names, were = set(after.objects()), set(now.objects())
        # A process that slept meanwhile finds its files swept.
        if not is_whole(self._objects, names - were):
            return None
        if spare:
            # Who reads the version before may still open what only that one names.
            is_whole(self._objects, were - names)
        return after if self._keeper.swap(before.number, after, along) else None

    def _with_alias_files(self, version: Version) -> Version:
        """Give a version of a format that had no files of aliases some."""
        if not version.aliases or version.alias_files:
            return version
        return replace(version, alias_files=added(self._objects, (), version.aliases))

    def _upgrade(self) -> None:
        text = self._keeper.read()
        before = Version(number=number_of(text, self._keeper.place))
        tables, marks = rows_of_format_1(text, self._objects)
        self._keeper.swap(before.number, self._added(before, tables, marks))

    # --- adding -------------------------------------------------------------------------------

    def append(
        self, events: Sequence[Event], *, marks: Mapping[str, int] | None = None,
        after: Mapping[str, int] | None = None, along: Along | None = None,
    ) -> Version:  # fmt: skip
        """Add events and marks in one step, and give the new version; see `append_rows`."""
        return self.append_rows([events_to_rows(events)], marks=marks, after=after, along=along)

    def append_rows(
        self, tables: Sequence[pa.Table], *, marks: Mapping[str, int] | None = None,
        after: Mapping[str, int] | None = None, along: Along | None = None,
    ) -> Version:  # fmt: skip
        """Add rows (`rows.rows_of`) and marks in one step, and give the new version.

        Durable when it returns. Nobody waits while the rows are written; where somebody else was
        quicker, they are coded and written anew.

        Parameters
        ----------
        tables
            The rows.
        marks
            How far logs are read with them.
        after
            How far they must be read before, 0 for not at all.
        along
            What is written in the same transaction, where the store's keeper has any.

        Raises
        ------
        MovedOnError
            If somebody else read on: the marks before aren't those of ``after``.
        HoldLostError
            If something that this thread holds in the store went to somebody else.
        """

        def add(before: Version) -> Version:
            _check_marks(before, after or {})
            return self._added(before, tables, marks or {})

        with self._keeper.sharing(ADDING):
            return self._change(add, along)

    def _added(
        self, before: Version, tables: Sequence[pa.Table], marks: Mapping[str, int]
    ) -> Version:
        made = Gathered(self._objects)
        dictionaries = Dictionaries(self._objects, before.dictionaries, into=made)
        filled = [table for table in tables if table.num_rows]
        deltas, sequence = before.deltas, before.sequence
        if filled:
            narrow = narrowed(filled, before.properties, self._personal)
            rows = pa.concat_tables(narrow, promote_options="default").unify_dictionaries()
            block = encode(rows, dictionaries, sequence=before.sequence, personal=self._personal)
            part = write_part(made, in_order(block, before.buckets), before.buckets)
            deltas, sequence = (*deltas, part), sequence + rows.num_rows
        made.settle()
        return before.after(
            deltas=deltas,
            sequence=sequence,
            dictionaries=dictionaries.files,
            marks={**before.marks, **marks},
        )

    # --- keeping it quick ---------------------------------------------------------------------

    def compact(self, *, whole: bool = False) -> bool:
        """Move deltas into sorted parts where that is worth it; say whether anything changed.

        ``whole`` rewrites every bucket that has anything to move. Readers and writers go on
        meanwhile; another compaction or erasure makes this one do nothing.
        """
        with self._keeper.holding(COMPACTING, wait=False) as has_won:
            if not has_won:
                return False
            before, wishes = self.version, asked(self._objects)
            lying = self._objects.stamps()
            made = compacted(
                self._objects, before, self._cache, whole=whole, wanted=set(wishes.values())
            )
            has_changed = made is not None and self._take(before, made)
            if has_changed or made is None:
                # What was asked for has columns now, or stands nowhere.
                for wish in wishes:
                    self._objects.delete(wish, lying.get(wish, 0))
            return has_changed

    def _take(self, before: Version, made: Version) -> bool:
        """Take a compacted version, with what was added meanwhile; False where the two clash."""
        has_clashed = False

        def with_compacted(now: Version) -> Version:
            nonlocal has_clashed
            has_clashed = any(
                now.dictionaries.get(name, ()) != before.dictionaries.get(name, ())
                for name in _changed(before, made)
            )
            return now if has_clashed else _with_compacted(now, before, made)

        self._change(with_compacted)
        return not has_clashed

    def sweep(self, *, grace: float = GRACE) -> list[str]:
        """Delete files that no version has named for ``grace`` seconds.

        Nothing is deleted while somebody compacts, as that may take longer than the grace.
        """
        with self._keeper.holding(COMPACTING, wait=False) as has_won:
            if not has_won:
                return []
            kept = set(self.version.objects())
            wishes = filter(is_asking, self._objects.stamps())
            gone = sweep(self._objects, {*kept, *wishes}, grace=grace)
            self._drop_cache(kept)
            return gone

    def _drop_cache(self, kept: set[str]) -> None:
        stems = {name.partition(".")[0] for name in kept}
        for folder in self._cache.iterdir() if self._cache.is_dir() else ():
            if folder.name not in stems:
                shutil.rmtree(folder, ignore_errors=True)

    # --- who is who ---------------------------------------------------------------------------

    def join(self, pairs: Mapping[str, str]) -> Version:
        """Say that profiles are known to be others, by key: ``{"anonymous": "known"}``.

        Their rows are read as the other's from now on and keep their own origin, so `part` can
        undo it at any time.
        """

        def joined(before: Version) -> Version:
            dictionaries = Dictionaries(self._objects, before.dictionaries)
            keys = [*pairs, *pairs.values()]
            codes = dictionaries.encode("profile", pa.array(keys, pa.string())).tolist()
            half = len(pairs)
            new = dict(zip(codes[:half], codes[half:], strict=True))
            changed = {source: target for source, target in new.items() if source != target}
            return before.after(
                aliases=Aliases({**before.aliases, **changed}),
                alias_files=added(self._objects, before.alias_files, changed),
                dictionaries=dictionaries.files,
            )

        with self._keeper.sharing(ADDING):
            return self._change(joined)

    def part(self, keys: Iterable[str]) -> Version:
        """Undo `join` for some profiles: their own rows are theirs again."""
        named = list(keys)

        def parted(before: Version) -> Version:
            found = Dictionaries(self._objects, before.dictionaries).find("profile", named)
            gone = {code: code for code in found if code is not None and code in before.aliases}
            return before.after(
                aliases=Aliases({s: t for s, t in before.aliases.items() if s not in gone}),
                alias_files=added(self._objects, before.alias_files, gone),
            )

        return self._change(parted)

    # --- erasing ------------------------------------------------------------------------------

    def erase(self, keys: Iterable[str]) -> int:
        """Take every trace of some profiles away, at once; give how many events that were.

        Rows, the texts that only they used, old parts and caches are gone when it returns.
        Readers of an older version fail to open its parts and read the new one.
        """
        named, count = list(keys), 0

        def erased(before: Version) -> Version:
            nonlocal count
            after, count = without(self._objects, before, self._cache, named)
            # Also where there is nothing: whoever is adding meanwhile must find its files swept.
            return before.after() if after is before else after

        with (
            self._keeper.holding(COMPACTING), self._keeper.holding(ADDING),
            self._keeper.holding(WRITING),
        ):  # fmt: skip
            # Even where no version names them: a writer that died may have left their texts.
            lying, after = self._objects.stamps(), self._try(erased, spare=False)
            while after is None:
                lying, after = self._objects.stamps(), self._try(erased, spare=False)
            kept = set(after.objects())
            _snapshots.pop(str(self.folder), None)
            close_readers()
            for name in lying.keys() - kept:
                self._objects.delete(name, lying[name])
            self._drop_cache(kept)
        return count


def _check_marks(before: Version, expected: Mapping[str, int]) -> None:
    for name, mark in expected.items():
        if before.marks.get(name, 0) != mark:
            raise MovedOnError(
                f"Somebody else has read on: {name} stands at {before.marks.get(name, 0)}, "
                f"not at {mark}.",
                hint="Begin again from there.",
            )


def _with_compacted(now: Version, before: Version, made: Version) -> Version:
    """Give a version with what was compacted and what was added meanwhile."""
    old = {part.name for part in before.deltas}
    added = tuple(part for part in now.deltas if part.name not in old)
    words = {
        **now.dictionaries,
        **{name: made.dictionaries[name] for name in _changed(before, made)},
    }
    return now.after(base=made.base, deltas=(*made.deltas, *added), dictionaries=words)


def _changed(before: Version, made: Version) -> list[str]:
    """Name the dictionaries to which promoted properties have added texts."""
    known = before.dictionaries
    return [name for name, files in made.dictionaries.items() if known.get(name, ()) != files]


def forget_snapshots() -> None:
    """Let go of what this process has put together."""
    _snapshots.clear()
