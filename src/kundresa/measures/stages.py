"""The five-way split of every stage of a living map, and its times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kundresa.core.times import SECOND
from kundresa.measures.intervals import Quantiles, Rate, quantiles_of, rate_of
from kundresa.measures.journeys import LONG_AGO, NEVER, Bools, Ints, Journeys
from kundresa.measures.specs import MapSpec

FEW: Final = 30
"""Below so many mature journeys counts are shown instead of rates."""

PARTS: Final = ("went_on", "came_back", "lost", "open", "completed")


@dataclass(frozen=True)
class StageNumbers:
    """One stage; times in seconds.

    ``reached`` = ``went_on + came_back + lost + open + completed``; ``mature`` = ``went_on +
    lost``, the denominator of ``go_on_rate``.
    """

    id: str
    reached: int
    profiles: int
    went_on: int
    came_back: int
    lost: int
    open: int
    completed: int
    mature: int
    counts_only: bool
    go_on_rate: float | None
    go_on_low: float | None
    go_on_high: float | None
    drop_off: float | None
    stopped_here: int
    skipped: int
    started_here: int
    loops: int
    time_to_next: Quantiles | None
    time_in_stage: Quantiles | None


@dataclass(frozen=True)
class Split:
    """Which journeys are in which part, each of shape (n_stages, n_journeys)."""

    reached: Bools
    went_on: Bools
    came_back: Bools
    lost: Bools
    open: Bools
    completed: Bools
    began: Ints
    """Time of the first event in the stage, ``NEVER`` without one."""

    furthest: Ints
    """Shape (n_journeys,): the last stage of the map that was reached, -1 without any."""

    stopped: Bools
    """Shape (n_journeys,): lost at its furthest stage."""


def split(journeys: Journeys, spec: MapSpec, data_end: int) -> Split:
    """Split the journeys of every stage into the five parts.

    Parameters
    ----------
    journeys
        Those of the cohort.
    spec
        The map; its stages in order.
    data_end
        UTC microseconds; patience is counted back from here.
    """
    stages, count = len(spec.stages), len(journeys)
    began = np.full((stages, count), NEVER)
    latest = np.full((stages + 1, count), LONG_AGO)
    for k in range(stages - 1, -1, -1):
        began[k] = journeys.lowest(journeys.time, journeys.stages[k])
        here = journeys.highest(journeys.until, journeys.stages[k])
        latest[k] = np.maximum(latest[k + 1], here)
    reached = began != NEVER
    later = latest[1:] != LONG_AGO
    went_on = reached & later & (latest[1:] >= began)
    came_back = reached & later & ~went_on
    stays = reached & ~later
    last = journeys.highest(journeys.time, journeys.every_row())
    patience = [spec.patience if s.patience is None else s.patience for s in spec.stages]
    overdue = (data_end - last) > np.array(patience, np.int64).reshape(-1, 1)
    final = np.array([s.ends_journey for s in spec.stages], bool).reshape(-1, 1)
    final[-1:] = True
    furthest = _furthest(reached)
    lost = stays & overdue & ~final
    return Split(
        reached, went_on, came_back, lost, stays & ~overdue & ~final, stays & final, began,
        furthest, lost.any(axis=0),
    )  # fmt: skip


def _furthest(reached: Bools) -> Ints:
    numbers = np.arange(len(reached)).reshape(-1, 1)
    found: Ints = np.max(np.where(reached, numbers, -1), axis=0, initial=-1)
    return found


@dataclass(frozen=True)
class StageCounts:
    """How many journeys of a stage are what; ``profiles`` are profiles."""

    reached: int
    went_on: int
    came_back: int
    lost: int
    open: int
    completed: int
    profiles: int
    skipped: int
    started_here: int
    loops: int


def stage_numbers(
    journeys: Journeys, spec: MapSpec, parts: Split, profile: Ints, profile_count: int
) -> tuple[StageNumbers, ...]:
    """Give every number of every stage; ``profile`` has one code per row of the journeys."""
    started = _started(journeys)
    numbers = []
    for k, stage in enumerate(spec.stages):
        counts = StageCounts(
            reached=int(parts.reached[k].sum()),
            **{name: int(getattr(parts, name)[k].sum()) for name in PARTS},
            profiles=count_codes(profile[journeys.stages[k]], profile_count),
            skipped=_skipped(parts.reached, k),
            started_here=int((started == k).sum()),
            loops=_loops(journeys, k),
        )
        to_next, inside = (quantiles_of(lengths) for lengths in _times(journeys, parts, k))
        numbers.append(numbers_of_stage(stage.id, counts, to_next, inside))
    return tuple(numbers)


def numbers_of_stage(
    name: str, counts: StageCounts, to_next: Quantiles | None, inside: Quantiles | None
) -> StageNumbers:
    """Give the numbers that follow from the counts of a stage."""
    rate = rate_of(counts.went_on, counts.went_on + counts.lost)
    return StageNumbers(
        id=name,
        reached=counts.reached,
        profiles=counts.profiles,
        went_on=counts.went_on,
        came_back=counts.came_back,
        lost=counts.lost,
        open=counts.open,
        completed=counts.completed,
        mature=rate.whole,
        counts_only=rate.whole < FEW,
        go_on_rate=rate.rate,
        go_on_low=rate.low,
        go_on_high=rate.high,
        drop_off=drop_off(rate),
        # Who is lost here reached no later stage, so it is the furthest one.
        stopped_here=counts.lost,
        skipped=counts.skipped,
        started_here=counts.started_here,
        loops=counts.loops,
        time_to_next=to_next,
        time_in_stage=inside,
    )


def drop_off(rate: Rate) -> float | None:
    """Give 1 - rate, None without a rate."""
    return None if rate.rate is None else 1 - rate.rate


def count_codes(codes: Ints, size: int) -> int:
    """Count the different codes below ``size``."""
    return int(np.count_nonzero(np.bincount(codes, minlength=size))) if len(codes) else 0


def _started(journeys: Journeys) -> Ints:
    """Give the stage of each journey's first event, the earliest of the map among tied ones."""
    every = journeys.every_row()
    # An event is among the first if none lies strictly before it.
    first = journeys.time <= journeys.lowest(journeys.until, every)[journeys.journey]
    started = np.full(len(journeys), -1)
    for k in range(len(journeys.stages) - 1, -1, -1):
        started[journeys.any(first & journeys.stages[k])] = k
    return started


def _skipped(reached: Bools, k: int) -> int:
    before, after = reached[:k].any(axis=0), reached[k + 1 :].any(axis=0)
    return int((before & after & ~reached[k]).sum())


def _loops(journeys: Journeys, k: int) -> int:
    """Count journeys with an event in k, strictly later one before k, strictly later k again."""
    here = journeys.stages[k]
    elsewhere = journeys.stages[:k].any(axis=0) & ~here
    return int(returns(journeys, here, elsewhere).sum())


def returns(journeys: Journeys, here: Bools, elsewhere: Bools) -> Bools:
    """Tell which journeys were here, then strictly later elsewhere, then strictly later here."""
    left = journeys.lowest(journeys.until, here)
    away = elsewhere & (journeys.time > left[journeys.journey])
    back = journeys.lowest(journeys.until, away)
    again: Bools = journeys.highest(journeys.time, here) > back
    return again


def _times(
    journeys: Journeys, parts: Split, k: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give seconds to the next stage (went on) and in the stage (reached)."""
    began, went_on, reached = parts.began[k], parts.went_on[k], parts.reached[k]
    later = journeys.stages[k + 1 :].any(axis=0)
    going = later & (journeys.until >= began[journeys.journey])
    # A day that began before the first event in k may still hold a later moment: no less than 0.
    left = np.maximum(journeys.lowest(journeys.time, going), began)
    inside = journeys.stages[k] & (journeys.time <= left[journeys.journey])
    last = journeys.highest(journeys.time, inside)
    to_next = (left[went_on] - began[went_on]) / SECOND
    return to_next, (last[reached] - began[reached]) / SECOND
