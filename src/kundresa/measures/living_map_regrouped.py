"""A map whose unit is an account or a property: its rows put together by unit, then walked as ever.

A unit's events lie under any number of profiles, in any number of slabs. So the map events and the
value events of all are picked first, and stand by unit and time in one slab of their own; what
counts profiles rather than units is counted apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from kundresa.measures.executors import Range
from kundresa.measures.journeys import Bools, Ints
from kundresa.measures.kernels import read_only
from kundresa.measures.living_map_matches import ON_MAP, Lists, Matches, joined
from kundresa.measures.living_map_partial import MapSums
from kundresa.measures.living_map_units import Named, Units
from kundresa.measures.living_map_walk import MapScan, View, Walked, tally
from kundresa.measures.names import Hashes
from kundresa.measures.specs import Condition, MapSpec
from kundresa.store import Slab, Snapshot
from kundresa.store.columns import Column
from kundresa.store.merging import Runs, in_order

Rows = NDArray[np.uint32]
RunAll = Callable[[Sequence[Slab], Callable[[Range], Any]], Iterator[Any]]
"""Runs a walk over all ranges of some slabs, in any order."""


@dataclass(frozen=True)
class _Picked:
    """The rows of a range that matter to the map and have a unit, and whose they are.

    Beside them how often each code is met in the period, and how many map events have no unit.
    """

    slab: int
    first: int
    rows: Rows
    profile: Ints
    unit: Named
    code: NDArray[np.uint32]
    counts: Ints
    without_unit: int


class UnitSlab:
    """Rows of several slabs by unit and time: ``profiles`` has the codes of units."""

    def __init__(self, pieces: Sequence[tuple[Slab, Rows]], unit: Ints, profile: Ints) -> None:
        self._pieces = pieces
        opens = np.ones(len(unit), bool)
        opens[1:] = (unit[1:] != unit[:-1]) | (profile[1:] != profile[:-1])
        first = np.flatnonzero(opens)
        runs = Runs(unit[first], first, np.append(first[1:], len(unit)))
        # Rows of one instant have no order on a map, so any will do.
        order, self.profiles, self.offsets = in_order(
            runs, self._gathered("time"), lambda: np.arange(len(unit))
        )
        self.order = order
        self.skip = np.zeros(len(self.profiles), bool)
        self._kept: dict[str, Column] = {"profile": profile[order]}

    def column(self, name: str) -> Column:
        """Give a column; that of profiles has each row's own."""
        if name not in self._kept:
            self._kept[name] = self._gathered(name)[self.order]
        return self._kept[name]

    def text(self, name: str) -> pa.Array:
        """Give a column of plain text."""
        pieces = [slab.text(name).take(pa.array(rows)) for slab, rows in self._pieces]
        whole = pa.concat_arrays(pieces) if pieces else pa.array([], pa.string())
        return whole.take(pa.array(self.order))

    def by_profile(self) -> Ints:
        """Give the rows in an order in which each profile's stand together."""
        places = np.empty(len(self.order), np.int64)
        places[self.order] = np.arange(len(self.order))
        return places

    def _gathered(self, name: str) -> Column:
        pieces = [slab.column(name)[rows] for slab, rows in self._pieces]
        return np.concatenate(pieces) if pieces else np.zeros(0, np.int64)


class UnitScan(MapScan):
    """One map by account or property, with one filter, over the slabs of a snapshot."""

    def __init__(
        self, snapshot: Snapshot, spec: MapSpec, wanted: Condition | None, view: View,
        run_all: RunAll,
    ) -> None:  # fmt: skip
        super().__init__(snapshot, spec, wanted)
        self._run_all = run_all
        self._sources = snapshot.slabs
        self._numbers = {id(slab): number for number, slab in enumerate(self._sources)}
        self._units = Units(snapshot, spec.unit)
        found = list(run_all(self._sources, lambda one: self._pick(one, view)))
        found.sort(key=lambda one: (one.slab, one.first))
        nothing = np.zeros(0, np.uint32)
        self._counts = [
            (self._matches[id(self._sources[one.slab])].with_codes(nothing), one.counts)
            for one in found
        ]
        self.without_unit = sum(one.without_unit for one in found)
        self._regroup(found)

    def _regroup(self, found: Sequence[_Picked]) -> None:
        """Make the slab that is walked."""
        unit, self._hashes = self._units.codes(_together([one.unit for one in found]))
        matches, codes = joined(self.spec, [self._matches[id(slab)] for slab in self._sources])
        pieces = [(self._sources[one.slab], one.rows) for one in found]
        profile = np.concatenate([np.zeros(0, np.int64), *(one.profile for one in found)])
        code = np.concatenate(
            [np.zeros(0, np.uint32), *(codes[one.slab][one.code] for one in found)]
        )
        slab = UnitSlab(pieces, unit, profile)
        self.slabs = (slab,)
        self._slab = slab
        self._matches = {id(slab): matches.with_codes(code[slab.order])}
        for name in ("time", *self._present):
            slab.column(name)

    def _pick(self, one: Range, view: View) -> _Picked:
        from kundresa.measures.kernels.living_map_units import pick

        slab, matches = one.slab, self._matches[id(one.slab)]
        room = int(slab.offsets[one.last] - slab.offsets[one.first])
        found, counts = np.empty((2, room), np.int64), np.zeros(len(matches.flags), np.int64)
        low, high, _ = view.edges
        number = pick(
            read_only(slab.offsets), read_only(slab.skip), read_only(slab.column("time")),
            matches.codes, matches.flags, self._column(slab, "value", np.int64), view.data_end, low,
            high, one.first, one.last, found, counts,
        )  # fmt: skip
        rows, profile = found[:, :number]
        code, unit = matches.codes[rows], self._units.of(slab, rows)
        owned = unit.known()
        return _Picked(
            self._numbers[id(slab)], one.first, rows[owned].astype(np.uint32),
            slab.profiles[profile[owned]], unit.only(owned), code[owned], counts,
            int(np.count_nonzero(matches.flags[code[~owned]] & ON_MAP)),
        )  # fmt: skip

    def hashes(self) -> Hashes:
        """Give the hash of each unit's name, by its code."""
        return read_only(self._hashes)

    def tally(self, partial: MapSums, matches: Matches, counts: Ints) -> None:
        """Leave out what `settle` adds for all rows, those without a unit too."""

    def settle(self, sums: MapSums, view: View) -> int:
        """Add what no range can, and give the number of profiles."""
        from kundresa.measures.kernels.living_map_items import PROFILES
        from kundresa.measures.kernels.living_map_stages import PROFILES as OF_STAGE

        for matches, counts in self._counts:
            tally(sums, matches, counts)
        rows, matches = self._kept(view), self._matches[id(self._slab)]
        for counts, column, lists in (
            (sums.stages.counts, OF_STAGE, matches.stages),
            (sums.touchpoints.counts, PROFILES, matches.touchpoints),
            (sums.steps.counts, PROFILES, matches.steps),
        ):
            counts[:, column] = self._profiles(rows, lists, len(counts))
        profile = self._slab.column("profile")[rows]
        return int(np.count_nonzero(profile[1:] != profile[:-1])) + bool(len(profile))

    def _kept(self, view: View) -> Ints:
        """Give the rows of the journeys looked at, each profile's together."""
        kept = np.zeros(len(self._slab.order), bool)
        for rows in self._run_all(self.slabs, lambda one: self.cut(one, view).rows):
            kept[rows] = True
        by_profile = self._slab.by_profile()
        return by_profile[kept[by_profile]]

    def _profiles(self, rows: Ints, lists: Lists, size: int) -> Ints:
        from kundresa.measures.kernels.living_map_units import count_profiles

        counts = np.zeros(size, np.int64)
        count_profiles(
            read_only(rows), read_only(self._slab.column("profile")),
            self._matches[id(self._slab)].codes, lists.start, lists.items, counts,
        )  # fmt: skip
        return counts

    def profiles_of(self, one: Range, walked: Walked, chosen: Bools) -> Ints:
        """Give the profiles of some of the walked rows."""
        return np.unique(one.slab.column("profile")[walked.rows[chosen]])


def _together(named: Sequence[Named]) -> Named:
    text: Ints = np.concatenate([np.zeros(0, np.int64), *(one.text for one in named)])
    if not any(len(one.number) for one in named):
        return Named(text, np.zeros(0, np.float64))
    numbers: list[NDArray[np.float64]] = [
        one.number if len(one.number) else np.full(len(one.text), np.nan) for one in named
    ]
    return Named(text, np.concatenate(numbers))
