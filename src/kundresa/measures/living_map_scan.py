"""A map with its numbers over a store: kernels on every slab, partials that add, the same answer.

Small data is quicker in `living_map`; both say the same, held by a property test. What a range of
units adds stands in `living_map_walk`; here the passes are run and their sums become numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from kundresa.core.errors import BadInputError
from kundresa.measures.exact_lengths import QUANTILES, ExactLengths
from kundresa.measures.executors import Progress, Range, accumulate, run, threads_of
from kundresa.measures.items import ItemCounts, ItemNumbers, StageTouches, numbers_of_items
from kundresa.measures.journeys import Ints
from kundresa.measures.living_map import (
    Before,
    LivingMap,
    cut_notices,
    most_common,
    named_states,
    no_period_before,
    stages_before,
)
from kundresa.measures.living_map_behind import ScanBehind
from kundresa.measures.living_map_partial import (
    ItemSums,
    MapSums,
    MoneyTotals,
    StageSums,
    no_money,
    no_stages,
)
from kundresa.measures.living_map_regrouped import UnitScan
from kundresa.measures.living_map_walk import MapScan, SecondLook, View, columns_of
from kundresa.measures.money import PART, Money, MoneySums, chosen_currency, money_of
from kundresa.measures.specs import Condition, MapSpec, Mode, Period
from kundresa.measures.stages import StageCounts, StageNumbers, numbers_of_stage
from kundresa.store import Slab, Snapshot

MOST_PLACES: Final = 700
"""With more touchpoints or steps the counts of what follows what, 8 bytes for each pair and thread,
and the histograms, 8 KiB for each, outgrow the memory of a thread.
"""


@dataclass(frozen=True)
class _Passes:
    """Runs a pass over all slabs."""

    threads: int | None
    progress: Progress | None
    cancelled: Callable[[], bool]

    def every(self, slabs: Sequence[Slab], walk: Callable[[Range], Any]) -> Iterator[Any]:
        return run(
            slabs, walk, threads=self.threads, progress=self.progress, cancelled=self.cancelled
        )

    def first(self, scan: MapScan, view: View) -> MapSums:
        return accumulate(
            scan.slabs, scan.nobody, lambda sums, one: scan.add(sums, one, view),
            threads=self.threads, progress=self.progress, cancelled=self.cancelled,
        )  # fmt: skip

    def second(self, scan: MapScan, view: View, asked: SecondLook) -> MoneyTotals:
        money = no_money(scan.spec)
        for seen in self.every(scan.slabs, lambda one: scan.look_again(one, view, asked)):
            money.add(seen.money)
            asked.times.take(seen.times)
            asked.touchpoint_gaps.take(seen.touchpoint_gaps)
            asked.step_gaps.take(seen.step_gaps)
        return money

    def before(self, scan: MapScan, view: View) -> StageSums:
        return accumulate(
            scan.slabs, lambda: no_stages(scan.spec),
            lambda sums, one: scan.add_stages(sums, one, view),
            threads=self.threads, progress=self.progress, cancelled=self.cancelled,
        )  # fmt: skip


def is_scannable(spec: MapSpec) -> bool:
    """Tell whether a map is small enough; `living_map.living_map` takes any."""
    most = max(len(spec.touchpoints), sum(len(stage.steps) for stage in spec.stages))
    return most <= MOST_PLACES


def scan_living_map(
    snapshot: Snapshot, spec: MapSpec, period: Period | None = None, *, mode: Mode = "cohort",
    data_end: int | None = None, filter: Condition | None = None, compare: bool = False,  # noqa: A002
    threads: int | None = None, progress: Progress | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> LivingMap:  # fmt: skip
    """Measure a map over a store.

    Parameters
    ----------
    snapshot
        A version of a store.
    spec
        The map; at most `MOST_PLACES` touchpoints and as many steps.
    period, mode, data_end, compare
        As in `living_map.living_map`.
    filter
        Which events count.
    threads, progress, cancelled
        As in `executors.accumulate`.

    Returns
    -------
    LivingMap
        As `living_map.living_map` gives it, to the last digit. What opens it walks the slabs anew.

    Raises
    ------
    BadInputError
        If the map is not `is_scannable`.

    Notes
    -----
    Cost: two passes over time, event code and value, and a third to compare. Memory beside the
    mapped columns: 4 bytes an event where matchers look beyond names, and while a range is walked
    up to 88 bytes for each of its map events; ranges are a sixteenth of a thread's share of the
    store, 50,000 rows at least. A thread keeps 8 KiB for each stage, touchpoint and step, and 8
    bytes for each pair of touchpoints or steps. A map by account or property is walked once more to
    count its profiles, and holds all of its map events and value events: some 50 bytes each, twice
    that while they are put together.
    """
    if not is_scannable(spec):
        said = f"A store is scanned for maps with at most {MOST_PLACES} touchpoints or steps."
        raise BadInputError(said, hint="Measure this map in memory, with living_map.")
    newest = max((part.last for part in snapshot.version.parts), default=0)
    view = View(period, mode, newest if data_end is None else data_end)
    passes = _Passes(threads, progress, cancelled)
    snapshot.load(columns_of(snapshot), threads=threads_of(threads))
    scan = (
        MapScan(snapshot, spec, filter)
        if spec.unit == "profile"
        else UnitScan(snapshot, spec, filter, view, passes.every)
    )
    return _measured(snapshot, spec, view, scan, passes, compare=compare, threads=threads)


def _measured(
    snapshot: Snapshot, spec: MapSpec, view: View, scan: MapScan | UnitScan, passes: _Passes, *,
    compare: bool, threads: int | None,
) -> LivingMap:  # fmt: skip
    sums = passes.first(scan, view)
    profiles = scan.settle(sums, view)
    named, bare = _currencies(snapshot, sums.currencies)
    asked = _second_look(sums, scan, snapshot, chosen_currency(spec, named))
    earned = passes.second(scan, view, asked)
    stages = _stages(spec, sums.stages, asked.times)
    money, notices = money_of(spec, named, bare, _money(sums, earned))
    before = None
    if compare and view.period is not None:
        earlier = view.before(view.period)
        before = _before(spec, stages, earlier, passes.before(scan, earlier))
    elif compare:
        notices.append(no_period_before())
    behind = ScanBehind(scan, view, threads)
    notices = [*cut_notices(spec, scan.without_unit), *notices]
    return _living_map(
        snapshot, view, sums, profiles, asked, stages, money, notices, before, behind
    )


def _living_map(
    snapshot: Snapshot, view: View, sums: MapSums, profiles: int, asked: SecondLook,
    stages: tuple[StageNumbers, ...], money: Money, notices: list[str], before: Before | None,
    behind: ScanBehind,
) -> LivingMap:  # fmt: skip
    spec = behind.scan.spec
    journeys, _, rows, stageless = sums.stages.totals.tolist()
    touched = _stage_touches(spec, sums)
    inside = [set(stage.all_touchpoints()) for stage in spec.stages]
    touchpoints = numbers_of_items(
        [point.id for point in spec.touchpoints],
        [tuple(k for k, s in enumerate(inside) if point.id in s) for point in spec.touchpoints],
        _counts(sums.touchpoints), touched, _medians(asked.touchpoint_gaps),
    )  # fmt: skip
    names = [text or "" for text in snapshot.dictionaries.texts("event.event").to_pylist()]
    live = [bool(count) for count in sums.live]
    return LivingMap(
        spec, view.mode, view.period, view.data_end, journeys, profiles, rows,
        behind.scan.without_unit, stageless,        stages, _steps(spec, sums, touched, asked), touchpoints,
        named_states(spec, live, touchpoints, alive=bool(sums.events[0])), money,
        most_common(names, sums.unclaimed), tuple(notices), before, behind,
    )  # fmt: skip


def _steps(
    spec: MapSpec, sums: MapSums, touched: StageTouches, asked: SecondLook
) -> tuple[tuple[ItemNumbers, ...], ...]:
    steps = [(step.id, (k,)) for k, stage in enumerate(spec.stages) for step in stage.steps]
    numbers = iter(
        numbers_of_items(
            [name for name, _ in steps], [inside for _, inside in steps], _counts(sums.steps),
            touched, _medians(asked.step_gaps),
        )
    )  # fmt: skip
    return tuple(tuple(next(numbers) for _ in stage.steps) for stage in spec.stages)


def _currencies(snapshot: Snapshot, counts: Ints) -> tuple[dict[str, int], int]:
    """Give how many owned values there are in each currency, and without one."""
    names = snapshot.dictionaries.texts("event.currency").to_pylist()
    *each, bare = counts.tolist()
    return {name: count for name, count in zip(names, each, strict=True) if count}, bare


def _second_look(
    sums: MapSums, scan: MapScan, snapshot: Snapshot, currency: str | None
) -> SecondLook:
    found = snapshot.dictionaries.find("event.currency", [currency]) if currency else [None]
    return SecondLook(
        ExactLengths(sums.stages.times, QUANTILES),
        ExactLengths(sums.touchpoints.gaps, (0.5,)),
        ExactLengths(sums.steps.gaps, (0.5,)),
        -1 if found[0] is None else found[0],
        scan.hashes(),
    )


def _stages(spec: MapSpec, sums: StageSums, times: ExactLengths | None) -> tuple[StageNumbers, ...]:
    size, numbers = len(spec.stages), []
    for k, (stage, row) in enumerate(zip(spec.stages, sums.counts.tolist(), strict=True)):
        onward, inside = (times.quantiles(k), times.quantiles(size + k)) if times else (None, None)
        numbers.append(numbers_of_stage(stage.id, StageCounts(*row), onward, inside))
    return tuple(numbers)


def _before(
    spec: MapSpec, now: Sequence[StageNumbers], view: View, sums: StageSums
) -> Before | None:
    if view.period is None:
        return None
    then = _stages(spec, sums, None)
    return Before(view.period, view.data_end, int(sums.totals[0]), stages_before(now, then))


def _stage_touches(spec: MapSpec, sums: MapSums) -> StageTouches:
    columns = sums.stages.counts.T.tolist()
    touched, exits = sums.stage_touches.T.tolist()
    ids = [stage.id for stage in spec.stages]
    return StageTouches(ids, columns[0], columns[1], columns[3], touched, exits)


def _counts(sums: ItemSums) -> ItemCounts:
    reach, profiles, touches, exits, visits, ended, returns, expected = sums.counts.T
    goes = sums.goes.reshape(len(sums.goes), sums.goes.shape[1] // 3, 3)
    return ItemCounts(
        reach, profiles, touches, exits, visits, ended, returns, expected, sums.follows, goes,
        sums.feelings,
    )  # fmt: skip


def _medians(gaps: ExactLengths) -> list[float | None]:
    return [gaps.median(series) for series in range(len(gaps.wanted))]


def _money(sums: MapSums, earned: MoneyTotals) -> MoneySums:
    values, total = earned.totals.tolist()
    after, whole, rest = earned.earned.T.tolist()
    credit = [w * PART + r for w, r in zip(whole, rest, strict=True)]
    journeys, units = sums.stages.totals[:2].tolist()
    return MoneySums(journeys, units, values, total, after, credit, np.asarray(earned.draws))
