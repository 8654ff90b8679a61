"""Touchpoints and steps of a living map: reach, what follows, exits, dead ends, returns.

A step is the union of its touchpoints, so both are *items*: a mask over the rows of the journeys.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kundresa.core.times import SECOND
from kundresa.measures.intervals import (
    Difference,
    Rate,
    benjamini_hochberg,
    binomial_tail,
    difference_of,
    mean_interval,
    median_of,
    rate_of,
)
from kundresa.measures.journeys import Bools, Ints, Journeys
from kundresa.measures.stages import FEW, Split, count_codes, returns

NEXT: Final = 5
PRIVATE: Final = 5
"""Under so many answers no feeling is shown at all."""


@dataclass(frozen=True)
class Item:
    """A touchpoint or step: ``mask`` over the journeys' rows, ``stages`` it stands in."""

    id: str
    mask: Bools
    stages: tuple[int, ...]


@dataclass(frozen=True)
class Following:
    """How many visits went on to ``id``, and their share of all visits."""

    id: str
    count: int
    share: float


@dataclass(frozen=True)
class Association:
    """Going on among the stage's mature journeys that touched the item, and that did not."""

    touched: Rate
    untouched: Rate
    difference: Difference | None


@dataclass(frozen=True)
class DeadEnd:
    """One-sided exact binomial of the exits against the stage; None where it isn't tested."""

    is_dead_end: bool
    p_value: float | None
    stage_exit_rate: float | None


@dataclass(frozen=True)
class Returns:
    """Journeys that come back here after another item, beside what chance alone would give."""

    count: int
    share: float | None
    expected_share: float | None
    lift: float | None


@dataclass(frozen=True)
class Emotion:
    """Measured feeling, -2 to +2; ``hollow`` under 30 answers."""

    n: int
    mean: float
    low: float
    high: float
    hollow: bool


@dataclass(frozen=True)
class ItemNumbers:
    """One touchpoint or step; times in seconds, shares from 0 to 1."""

    id: str
    reach: int
    profiles: int
    touches: int
    share_of_stage: Mapping[str, float | None]
    exits: int
    visits: int
    next: tuple[Following, ...]
    ended: int
    ended_share: float | None
    gap_to_next: float | None
    go_on: Mapping[str, Association]
    dead_end: DeadEnd
    returns: Returns
    emotion: Emotion | None


@dataclass(frozen=True)
class Visits:
    """Collapsed visits, in order: item and journey of each, times of its first and last touch."""

    item: Ints
    journey: Ints
    begin: Ints
    end: Ints


def item_numbers(
    journeys: Journeys, items: Sequence[Item], parts: Split, stage_ids: Sequence[str],
    stage_touches: Bools, profile: Ints, profile_count: int, score: NDArray[np.float64],
) -> tuple[ItemNumbers, ...]:  # fmt: skip
    """Give the numbers of every item.

    Parameters
    ----------
    journeys
        Of the cohort.
    items
        Touchpoints, or steps, in the order of the map.
    parts, stage_ids
        The five-way split of the stages, and their ids.
    stage_touches : shape (n_stages, n_rows)
        Touches of any of a stage's touchpoints.
    profile, score : shape (n_rows,)
        Per row of the journeys: profile code, feeling (NaN without).
    """
    masks = np.array([item.mask for item in items]).reshape(len(items), len(journeys.row))
    exits = exit_masks(journeys, parts, masks)
    reach = np.array([journeys.any(mask) for mask in masks]).reshape(len(items), len(journeys))
    visits = visits_of(journeys, masks)
    ends = _dead_ends(journeys, items, reach, exits, parts, stage_touches)
    expected = expected_returns(journeys, masks)
    everything = masks.any(axis=0)
    numbers = []
    for index, item in enumerate(items):
        count = int(reach[index].sum())
        following, ended, total, gap = _next(visits, index, items)
        back = int(returns(journeys, item.mask, everything & ~item.mask).sum())
        numbers.append(
            ItemNumbers(
                item.id,
                count,
                count_codes(profile[item.mask], profile_count),
                int(item.mask.sum()),
                {stage_ids[k]: _stage_share(parts.reached[k], reach[index]) for k in item.stages},
                int(exits[index].sum()),
                total,
                following,
                ended,
                share(ended, total),
                gap,
                {stage_ids[k]: _association(parts, k, reach[index]) for k in item.stages},
                ends[index],
                _returns(back, count, expected[index]),
                emotion_of(score[item.mask]),
            )
        )
    return tuple(numbers)


def _stage_share(reached: Bools, touched: Bools) -> float | None:
    """Give the journeys that touched it among those that reached the stage.

    Where a milestone decides who reached it, journeys may touch without reaching.
    """
    return share(int((reached & touched).sum()), int(reached.sum()))


def share(part: float, whole: float) -> float | None:
    """Give part of whole, None without a whole."""
    return part / whole if whole else None


def exit_masks(journeys: Journeys, parts: Split, masks: Bools) -> Bools:
    """Tell which lost journeys had their last map event where, shape (n_masks, n_journeys)."""
    latest = journeys.highest(journeys.time, journeys.every_row())
    # An event is among the last if none lies strictly after it.
    last = journeys.until >= latest[journeys.journey]
    found = [journeys.any(mask & last) & parts.stopped for mask in masks]
    return np.array(found, bool).reshape(len(masks), len(journeys))


def touches_of(journeys: Journeys, masks: Bools) -> tuple[Ints, Ints]:
    """Give item and row of every touch by journey, time and item: ties in planned order."""
    row, item = np.nonzero(np.ascontiguousarray(masks.T))
    instants = np.ones(len(journeys.row), bool)
    instants[1:] = (np.diff(journeys.journey) != 0) | (np.diff(journeys.time) != 0)
    instant = np.cumsum(instants)
    order = np.argsort(instant[row] * max(1, len(masks)) + item, kind="stable")
    return item[order], row[order]


def visits_of(journeys: Journeys, masks: Bools) -> Visits:
    """Collapse repeats: a run of touches of one item is one visit."""
    item, row = touches_of(journeys, masks)
    journey = journeys.journey[row]
    opens = np.ones(len(item), bool)
    opens[1:] = (item[1:] != item[:-1]) | (journey[1:] != journey[:-1])
    first = np.flatnonzero(opens)
    last = np.r_[first[1:], len(item)] - 1 if len(first) else first
    return Visits(item[first], journey[first], journeys.time[row[first]], journeys.time[row[last]])


def _next(
    visits: Visits, index: int, items: Sequence[Item]
) -> tuple[tuple[Following, ...], int, int, float | None]:
    here = np.flatnonzero(visits.item == index)
    after = np.minimum(here + 1, max(0, len(visits.item) - 1))
    goes = (here + 1 < len(visits.item)) & (visits.journey[after] == visits.journey[here])
    counts = np.bincount(visits.item[after[goes]], minlength=len(items))
    best = sorted((int(i) for i in np.flatnonzero(counts)), key=lambda i: (-counts[i], i))[:NEXT]
    following = tuple(
        Following(items[i].id, int(counts[i]), float(counts[i] / len(here))) for i in best
    )
    gaps = (visits.begin[after[goes]] - visits.end[here[goes]]) / SECOND
    return following, int((~goes).sum()), len(here), median_of(gaps)


def _association(parts: Split, k: int, touched: Bools) -> Association:
    went_on, mature = parts.went_on[k], parts.went_on[k] | parts.lost[k]
    with_it = rate_of(int((went_on & touched).sum()), int((mature & touched).sum()))
    without = rate_of(int((went_on & ~touched).sum()), int((mature & ~touched).sum()))
    return Association(with_it, without, difference_of(with_it, without))


def _dead_ends(
    journeys: Journeys, items: Sequence[Item], reach: Bools, exits: Bools, parts: Split,
    stage_touches: Bools,
) -> list[DeadEnd]:  # fmt: skip
    """Test each item's exits against those of its stage; of several stages the severest."""
    stage_exits = exit_masks(journeys, parts, stage_touches).sum(axis=1)
    stage_reach = [int(journeys.any(mask).sum()) for mask in stage_touches]
    p_values: dict[int, float] = {}
    rates: dict[int, float] = {}
    for index, item in enumerate(items):
        seen = int(reach[index].sum())
        known = [float(stage_exits[k] / stage_reach[k]) for k in item.stages if stage_reach[k]]
        if known:
            rates[index] = max(known)
        if known and seen >= FEW:
            p_values[index] = binomial_tail(int(exits[index].sum()), seen, max(known))
    dead = dict(zip(p_values, benjamini_hochberg(list(p_values.values())), strict=True))
    return [
        DeadEnd(dead.get(index, False), p_values.get(index), rates.get(index))
        for index in range(len(items))
    ]


def expected_returns(journeys: Journeys, masks: Bools) -> NDArray[np.float64]:
    """Give the journeys that would return to each item if touches came in random order.

    Of L touches in a journey, n at the item, all n stand together with chance
    (L - n + 1) / C(L, n); otherwise the journey returns. Shape (n_masks,).
    """
    found = np.zeros(len(masks))
    if not len(journeys):
        return found
    counts = np.array([np.bincount(journeys.journey[m], minlength=len(journeys)) for m in masks])
    counts = counts.reshape(len(masks), len(journeys))
    total = counts.sum(axis=0)
    # The chance hangs on (L, n) alone, and most journeys share theirs with many.
    factorial = _log_factorials(int(total.max(initial=0)))
    for index, here in enumerate(counts):
        some = here > 0
        length, n = total[some], here[some]
        together = np.log(length - n + 1) - (
            factorial[length] - factorial[n] - factorial[length - n]
        )
        found[index] = np.maximum(0.0, -np.expm1(together)).sum()
    return found


def _log_factorials(highest: int) -> NDArray[np.float64]:
    found: NDArray[np.float64] = np.log(np.arange(1, highest + 1))
    return np.concatenate([np.zeros(1), np.cumsum(found)])


def _returns(count: int, reach: int, expected: float) -> Returns:
    lift = count / expected if expected > 1e-9 else None
    return Returns(count, share(count, reach), share(expected, reach), lift)


def emotion_of(score: NDArray[np.float64]) -> Emotion | None:
    """Give the mean feeling of the answers, nothing under five of them."""
    answers = score[~np.isnan(score)]
    found = mean_interval(answers)
    if len(answers) < PRIVATE or found is None:
        return None
    mean, low, high = found
    return Emotion(len(answers), mean, max(-2.0, low), min(2.0, high), len(answers) < FEW)


def first_touches(journeys: Journeys, masks: Bools) -> Ints:
    """Give each journey's first touch of each item, ``NEVER`` without, (n_masks, n_journeys)."""
    found = [journeys.lowest(journeys.time, mask) for mask in masks]
    return np.array(found, np.int64).reshape(len(masks), len(journeys))
