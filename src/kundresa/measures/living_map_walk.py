"""One map over the slabs of a snapshot: what a range of units adds to its numbers.

A range is walked in steps: its journeys are cut, split, met item by item, and paid. Each step is a
kernel of its own; what they hand to each other is as long as the range, not as the store.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kundresa.measures.exact_lengths import ExactLengths, Listed, condensed
from kundresa.measures.executors import Range
from kundresa.measures.journeys import LONG_AGO, NEVER, Bools, Ints
from kundresa.measures.kernels import read_only
from kundresa.measures.living_map_matches import Lists, Matches, matches_of
from kundresa.measures.living_map_partial import (
    ItemSums,
    MapSums,
    MoneyTotals,
    StageSums,
    no_items,
    no_money,
    no_stages,
    nobody,
)
from kundresa.measures.money import salts, weights
from kundresa.measures.names import Hashes, hashes_of_profiles
from kundresa.measures.specs import Condition, MapSpec, Mode, Period
from kundresa.store import Slab, Snapshot

_COLUMNS: Final = ("time", "event", "width", "value", "score", "currency")
_MODELS: Final = ("first", "last", "linear")


@dataclass(frozen=True)
class View:
    """Which journeys of all are looked at, and up to when."""

    period: Period | None
    mode: Mode
    data_end: int

    @property
    def judged_at(self) -> int:
        """From when patience is counted back."""
        if self.mode == "activity" and self.period:
            return min(self.data_end, self.period.end)
        return self.data_end

    @property
    def edges(self) -> tuple[int, int, bool]:
        """Begin and end of the period, and whether each event has to lie in it."""
        if self.period is None:
            return LONG_AGO, NEVER, False
        return self.period.start, self.period.end, self.mode == "activity"

    def before(self, period: Period) -> View:
        """Give the view of the period before this one's, judged as long after it."""
        return View(period.before(), self.mode, self.data_end - (period.end - period.start))


@dataclass(frozen=True)
class Walked:
    """The journeys of a range: their rows, what is known of each, and the codes in the period."""

    rows: Ints
    journeys: Ints
    counts: Ints

    def __len__(self) -> int:
        return int(self.journeys.shape[1]) - 1


@dataclass(frozen=True)
class SecondLook:
    """What the second pass is asked: lengths to list, the currency's code (-1 for none), and the
    hash of each unit's name.
    """

    times: ExactLengths
    touchpoint_gaps: ExactLengths
    step_gaps: ExactLengths
    currency: int
    names: Hashes


@dataclass(frozen=True)
class Seen:
    """What a range gives in the second pass."""

    money: MoneyTotals
    times: Listed
    touchpoint_gaps: Listed
    step_gaps: Listed


def columns_of(snapshot: Snapshot) -> list[str]:
    """Name the columns that a map is walked over, as far as a store has them."""
    present = set(snapshot.column_names())
    return [name for name in _COLUMNS if name in present]


class MapScan:
    """One map, with one filter, over the slabs of a snapshot."""

    def __init__(self, snapshot: Snapshot, spec: MapSpec, wanted: Condition | None) -> None:
        self.spec = spec
        self.slabs = snapshot.slabs
        self.without_unit = 0
        self._snapshot = snapshot
        self._present = set(columns_of(snapshot)) - {"time", "event"}
        self._bare = len(snapshot.dictionaries.texts("event.currency"))
        self._matches = {
            id(slab): matches_of(slab, snapshot.dictionaries, spec, wanted)
            for slab in snapshot.slabs
        }
        final = [stage.ends_journey for stage in spec.stages]
        final[-1:] = [True] * bool(final)
        patience = [spec.patience if s.patience is None else s.patience for s in spec.stages]
        self._final = read_only(np.array(final, np.uint8))
        self._patience = read_only(np.array(patience, np.int64))

    def nobody(self) -> MapSums:
        """Give the numbers of nobody."""
        words = self._snapshot.dictionaries
        return nobody(self.spec, len(words.texts("event.event")), self._bare)

    def matches(self, one: Range) -> Matches:
        """Tell what the rows of a range's slab are."""
        return self._matches[id(one.slab)]

    def cut(self, one: Range, view: View) -> Walked:
        """Find the journeys of a range.

        Memory: up to 64 bytes for each row of the range, touched only as far as it has map events.
        """
        # Numba is imported here and below, so that small data doesn't wait for it.
        from kundresa.measures.kernels.living_map_cut import cut

        slab, matches = one.slab, self.matches(one)
        room = int(slab.offsets[one.last] - slab.offsets[one.first])
        rows, starts = np.empty(room, np.int64), np.empty(room + 1, np.int64)
        kept = np.empty((5, room + 1), np.int64)
        counts = np.zeros(len(matches.flags), np.int64)
        low, high, by_event = view.edges
        row_count, count = cut(
            read_only(slab.offsets), read_only(slab.skip), *self.when(slab), matches.codes,
            matches.flags, self.spec.journey_gap, view.data_end, low, high, by_event, one.first,
            one.last, rows, starts, kept, counts,
        )  # fmt: skip
        return Walked(
            read_only(rows[:row_count]), read_only(kept[:, : count + 1]), read_only(counts)
        )

    def add_stages(self, partial: StageSums, one: Range, view: View) -> None:
        """Add the stages alone."""
        self.split(one, self.cut(one, view), view, partial)

    def add(self, partial: MapSums, one: Range, view: View) -> None:
        """Add all that the first pass counts."""
        from kundresa.measures.kernels.living_map_items import leave

        walked, matches = self.cut(one, view), self.matches(one)
        parts = self.split(one, walked, view, partial.stages)
        for sums, lists in (
            (partial.touchpoints, matches.touchpoints), (partial.steps, matches.steps),
        ):  # fmt: skip
            self._meet(one, walked, parts, sums, lists, None)
        leave(
            walked.rows, walked.journeys, *self.when(one.slab), matches.codes,
            matches.stage_touches.start, matches.stage_touches.items, parts, partial.stage_touches,
        )  # fmt: skip
        self.tally(partial, matches, walked.counts)
        rows = self._owned(one, walked, view)[0]
        codes = self._currencies(one.slab, rows)
        partial.currencies += np.bincount(codes, minlength=len(partial.currencies))

    def look_again(self, one: Range, view: View, asked: SecondLook) -> Seen:
        """Give what the second pass adds."""
        walked, matches = self.cut(one, view), self.matches(one)
        stages = no_stages(self.spec)
        parts = self.split(one, walked, view, stages, asked.times)
        lists = [condensed(stages.times)]
        for lengths, items in (
            (asked.touchpoint_gaps, matches.touchpoints), (asked.step_gaps, matches.steps),
        ):  # fmt: skip
            sums = no_items(len(lengths.wanted), len(self.spec.stages))
            sums.gaps = np.zeros((2, 0), np.int64)
            if lengths.room:
                self._meet(one, walked, parts, sums, items, lengths)
            lists.append(condensed(sums.gaps))
        return Seen(self._earn(one, walked, view, asked), *lists)

    def tally(self, partial: MapSums, matches: Matches, counts: Ints) -> None:
        """Add what the codes in the period say of touchpoints and of names."""
        tally(partial, matches, counts)

    def settle(self, sums: MapSums, _view: View) -> int:
        """Add to the first pass what no range can, and give the number of profiles."""
        return int(sums.stages.totals[1])

    def hashes(self) -> Hashes:
        """Give the hash of each unit's name, by the code that a slab has for it."""
        return hashes_of_profiles(self._snapshot)

    def profiles_of(self, one: Range, walked: Walked, chosen: Bools) -> Ints:
        """Give the profiles of some of the walked rows, each once."""
        journey = np.repeat(np.arange(len(walked)), np.diff(walked.journeys[0]))
        return np.unique(one.slab.profiles[walked.journeys[4, :-1][journey[chosen]]])

    def split(
        self, one: Range, walked: Walked, view: View, sums: StageSums,
        asked: ExactLengths | None = None,
    ) -> NDArray[np.uint8]:  # fmt: skip
        """Say in which part of each stage each journey is, and add to the counts.

        With ``asked`` the times that it wants are listed, and stand in ``sums.times`` afterwards.
        """
        from kundresa.measures.kernels.living_map_stages import split

        matches = self.matches(one)
        parts = np.zeros((len(walked), len(self.spec.stages)), np.uint8)
        room = 2 * len(walked) * len(self.spec.stages)
        noted = _Noted(sums.times, asked, room)
        split(
            walked.rows, walked.journeys, *self.when(one.slab), matches.codes,
            matches.stages.start, matches.stages.items, self._final, self._patience,
            view.judged_at, sums.totals, sums.counts, parts, *noted.arguments,
        )  # fmt: skip
        sums.times = noted.result()
        return read_only(parts)

    def _meet(
        self, one: Range, walked: Walked, parts: NDArray[np.uint8], sums: ItemSums, lists: Lists,
        asked: ExactLengths | None,
    ) -> None:  # fmt: skip
        from kundresa.measures.kernels.living_map_items import meet

        noted = _Noted(sums.gaps, asked, len(walked.rows) * lists.longest)
        meet(
            walked.rows, walked.journeys, *self.when(one.slab), self.matches(one).codes,
            self._column(one.slab, "score", np.float64), lists.start, lists.items, parts,
            sums.counts, sums.follows, sums.goes, sums.feelings, *noted.arguments,
        )  # fmt: skip
        sums.gaps = noted.result()

    def _owned(self, one: Range, walked: Walked, view: View) -> Ints:
        """Give row and journey of each value that a journey owns, shape (2, n_values)."""
        from kundresa.measures.kernels.living_map_money import own

        slab, matches = one.slab, self.matches(one)
        if "value" not in self._present:
            return np.zeros((2, 0), np.int64)
        found = np.empty((2, int(slab.offsets[one.last] - slab.offsets[one.first])), np.int64)
        low, high, by_event = view.edges
        count = own(
            read_only(slab.offsets), *self.when(slab), matches.codes, matches.flags,
            read_only(slab.column("value")), walked.journeys, len(walked), view.data_end, low,
            high, by_event, found,
        )  # fmt: skip
        return found[:, :count]

    def _earn(self, one: Range, walked: Walked, view: View, asked: SecondLook) -> MoneyTotals:
        from kundresa.measures.kernels.living_map_money import draw, earn

        slab, matches, money = one.slab, self.matches(one), no_money(self.spec)
        if "value" not in self._present:
            return money
        values = self._owned(one, walked, view)
        codes = self._currencies(slab, values[0])
        counted = np.asarray((codes == self._bare) | (codes == asked.currency), bool)
        values = values[:, counted]
        amounts, by_journey = slab.column("value")[values[0]], np.zeros(len(walked), np.int64)
        earn(
            walked.rows, walked.journeys, *self.when(slab), matches.codes,
            matches.touchpoints.start, matches.touchpoints.items, read_only(values),
            read_only(amounts), _MODELS.index(self.spec.credit_model), money.earned, by_journey,
        )  # fmt: skip
        draw(
            walked.journeys, read_only(by_journey), read_only(slab.profiles), asked.names,
            read_only(salts()), self._weights, money.draws,
        )  # fmt: skip
        money.totals[:] = len(amounts), int(amounts.sum())
        return money

    def _currencies(self, slab: Slab, rows: Ints) -> Ints:
        """Give the currency of some rows; those without any have a code beyond all."""
        if "currency" not in self._present:
            return np.full(len(rows), self._bare)
        return np.minimum(slab.column("currency")[rows].astype(np.int64), self._bare)

    @cached_property
    def _weights(self) -> NDArray[np.uint8]:
        return read_only(weights())

    def when(self, slab: Slab) -> tuple[Ints, Ints]:
        """Give the times of a slab's rows, and how much later each may have been."""
        return read_only(slab.column("time")), self._column(slab, "width", np.int64)

    def _column(self, slab: Slab, name: str, sort: Any) -> NDArray[Any]:
        """Give a column; an empty one where the whole store has none."""
        found = slab.column(name) if name in self._present else np.zeros(0, sort)
        return read_only(found)


class _Noted:
    """Where a kernel puts lengths: into a histogram, or into a list of those that are wanted."""

    def __init__(self, grid: Ints, asked: ExactLengths | None, room: int) -> None:
        self._grid, self._is_list = grid, asked is not None
        self._at = np.zeros(1, np.int64)
        size = min(room, asked.room) if asked else 0
        # Only what is written is taken from the memory of the machine.
        self._listed = np.empty((2, size), np.int64)
        wanted = asked.wanted if asked else np.zeros((0, 0), np.uint8)
        grids = np.zeros((0, 0), np.int64) if asked else grid
        self.arguments = grids, read_only(wanted), self._listed, self._at

    def result(self) -> Ints:
        """Give the histogram, or series and length of what was listed."""
        return self._listed[:, : int(self._at[0])] if self._is_list else self._grid


def tally(partial: MapSums, matches: Matches, counts: Ints) -> None:
    """Add what the codes in the period say of touchpoints and of names."""
    partial.live += counts @ matches.touches
    partial.events += counts.sum()
    claimed = matches.touches.any(axis=1) | matches.staged.any(axis=1)
    free = np.asarray(matches.counted & ~claimed, bool)
    np.add.at(partial.unclaimed, matches.event[free], counts[free])
