"""Touchpoints and steps of a living map: reach, what follows, exits, dead ends, returns.

A step is the union of its touchpoints, so both are *items*: a mask over the rows of the journeys.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kundresa.core.times import SECOND
from kundresa.measures.intervals import (
    Difference,
    Rate,
    benjamini_hochberg,
    binomial_tail,
    difference_of,
    median_of,
    rate_of,
    t_quantile,
)
from kundresa.measures.journeys import Bools, Ints, Journeys
from kundresa.measures.stages import FEW, Split, count_codes, returns

NEXT: Final = 5
PRIVATE: Final = 5
"""Under so many answers no feeling is shown at all."""

FEELING: Final = 1 << 30
CHANCE: Final = 1 << 40
"""Of what parts of one feelings and chances are added up, as whole numbers."""


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


@dataclass
class ItemCounts:
    """What the numbers of all items are made of; every array is of whole numbers.

    Of shape (n_items,): ``reach``, ``exits``, ``returns`` (journeys), ``profiles``, ``touches``,
    ``visits``, ``ended`` (visits), ``expected`` (chances to return, in parts of 1 / `CHANCE`).
    ``follows`` (n_items, n_items): visits that went on from one to the other. ``goes`` (n_items,
    n_stages, 3): journeys that touched the item and reached, went on from and were lost in a
    stage. ``feelings`` (n_items, 4): as `feelings_of` gives them.
    """

    reach: Ints
    profiles: Ints
    touches: Ints
    exits: Ints
    visits: Ints
    ended: Ints
    returns: Ints
    expected: Ints
    follows: Ints
    goes: Ints
    feelings: Ints


@dataclass(frozen=True)
class StageTouches:
    """Of each stage, journeys: who reached it, went on, was lost; who touched it and left there."""

    ids: Sequence[str]
    reached: Sequence[int]
    went_on: Sequence[int]
    lost: Sequence[int]
    touched: Sequence[int]
    exits: Sequence[int]


def item_numbers(
    journeys: Journeys, items: Sequence[Item], parts: Split, stages: StageTouches,
    profile: Ints, profile_count: int, score: NDArray[np.float64],
) -> tuple[ItemNumbers, ...]:  # fmt: skip
    """Give the numbers of every item.

    Parameters
    ----------
    journeys
        Of the cohort.
    items
        Touchpoints, or steps, in the order of the map.
    parts, stages
        The five-way split of the stages, and what `stage_touches` says of them.
    profile, score : shape (n_rows,)
        Per row of the journeys: profile code, feeling (NaN without).
    """
    masks = np.array([item.mask for item in items]).reshape(len(items), len(journeys.row))
    visits = visits_of(journeys, masks)
    counts = _counts(journeys, masks, parts, visits, profile, profile_count, score)
    gaps = [median_of(_gaps(visits, index)) for index in range(len(items))]
    return numbers_of_items(
        [item.id for item in items], [item.stages for item in items], counts, stages, gaps
    )


def stage_touches(
    journeys: Journeys, parts: Split, ids: Sequence[str], masks: Bools
) -> StageTouches:
    """Count the journeys of each stage; ``masks`` (n_stages, n_rows) has its touchpoints."""
    exits = exit_masks(journeys, parts, masks)
    reached, went_on, lost = (
        part.sum(axis=1).tolist() for part in (parts.reached, parts.went_on, parts.lost)
    )
    touched = [int(journeys.any(mask).sum()) for mask in masks]
    return StageTouches(ids, reached, went_on, lost, touched, exits.sum(axis=1).tolist())


def _counts(
    journeys: Journeys, masks: Bools, parts: Split, visits: Visits, profile: Ints,
    profile_count: int, score: NDArray[np.float64],
) -> ItemCounts:  # fmt: skip
    size = len(masks)
    reach = np.array([journeys.any(mask) for mask in masks], bool).reshape(size, len(journeys))
    everything = masks.any(axis=0)
    back = [int(returns(journeys, mask, everything & ~mask).sum()) for mask in masks]
    follows, ended = _follows(visits, size)
    goes = [
        [
            [int((part[k] & touched).sum()) for part in (parts.reached, parts.went_on, parts.lost)]
            for k in range(len(parts.reached))
        ]
        for touched in reach
    ]
    return ItemCounts(
        reach=reach.sum(axis=1),
        profiles=_whole([count_codes(profile[mask], profile_count) for mask in masks]),
        touches=masks.sum(axis=1),
        exits=exit_masks(journeys, parts, masks).sum(axis=1),
        visits=np.bincount(visits.item, minlength=size),
        ended=ended,
        returns=_whole(back),
        expected=expected_returns(journeys, masks),
        follows=follows,
        goes=_whole(goes).reshape(size, len(parts.reached), 3),
        feelings=_whole([feelings_of(score[mask]) for mask in masks]).reshape(size, 4),
    )


def _whole(values: Any) -> Ints:
    return np.array(values, np.int64)


def numbers_of_items(
    ids: Sequence[str], inside: Sequence[tuple[int, ...]], counts: ItemCounts,
    stages: StageTouches, gaps: Sequence[float | None],
) -> tuple[ItemNumbers, ...]:  # fmt: skip
    """Give the numbers that follow from the counts.

    Parameters
    ----------
    ids, inside
        The items, in the order of the map, and the stages that each stands in.
    counts, stages
        Of the items and of the stages.
    gaps
        Median seconds from a visit to the next.
    """
    ends = _dead_ends(inside, counts, stages)
    numbers = []
    for index, name in enumerate(ids):
        reach, visits = int(counts.reach[index]), int(counts.visits[index])
        ended, goes = int(counts.ended[index]), counts.goes[index].tolist()
        numbers.append(
            ItemNumbers(
                name,
                reach,
                int(counts.profiles[index]),
                int(counts.touches[index]),
                {stages.ids[k]: share(goes[k][0], stages.reached[k]) for k in inside[index]},
                int(counts.exits[index]),
                visits,
                _following(ids, counts.follows[index], visits),
                ended,
                share(ended, visits),
                gaps[index],
                {stages.ids[k]: _association(stages, k, goes[k]) for k in inside[index]},
                ends[index],
                _returns(int(counts.returns[index]), reach, int(counts.expected[index]) / CHANCE),
                emotion_of(*counts.feelings[index].tolist()),
            )
        )
    return tuple(numbers)


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


def _follows(visits: Visits, size: int) -> tuple[Ints, Ints]:
    """Count which item's visits went on to which, and which ended."""
    goes = visits.journey[1:] == visits.journey[:-1]
    pairs = visits.item[:-1][goes] * size + visits.item[1:][goes]
    follows = np.bincount(pairs, minlength=size * size).reshape(size, size)
    return follows, np.bincount(visits.item, minlength=size) - follows.sum(axis=1)


def _gaps(visits: Visits, index: int) -> NDArray[np.float64]:
    """Give seconds from each visit that another follows to that one."""
    goes = (visits.journey[1:] == visits.journey[:-1]) & (visits.item[:-1] == index)
    found: NDArray[np.float64] = (visits.begin[1:][goes] - visits.end[:-1][goes]) / SECOND
    return found


def _following(ids: Sequence[str], counts: Ints, visits: int) -> tuple[Following, ...]:
    best = sorted(np.flatnonzero(counts).tolist(), key=lambda i: (-counts[i], i))[:NEXT]
    return tuple(Following(ids[i], int(counts[i]), int(counts[i]) / visits) for i in best)


def _association(stages: StageTouches, k: int, touched: Sequence[int]) -> Association:
    _, went_on, lost = touched
    with_it = rate_of(went_on, went_on + lost)
    rest = stages.went_on[k] - went_on
    without = rate_of(rest, rest + stages.lost[k] - lost)
    return Association(with_it, without, difference_of(with_it, without))


def _dead_ends(
    inside: Sequence[tuple[int, ...]], counts: ItemCounts, stages: StageTouches
) -> list[DeadEnd]:
    """Test each item's exits against those of its stage; of several stages the severest."""
    p_values: dict[int, float] = {}
    rates: dict[int, float] = {}
    for index, places in enumerate(inside):
        seen = int(counts.reach[index])
        known = [stages.exits[k] / stages.touched[k] for k in places if stages.touched[k]]
        if known:
            rates[index] = max(known)
        if known and seen >= FEW:
            p_values[index] = binomial_tail(int(counts.exits[index]), seen, max(known))
    dead = dict(zip(p_values, benjamini_hochberg(list(p_values.values())), strict=True))
    return [
        DeadEnd(dead.get(index, False), p_values.get(index), rates.get(index))
        for index in range(len(inside))
    ]


def expected_returns(journeys: Journeys, masks: Bools) -> Ints:
    """Add up, for each item, every journey's chance to return if touches came in random order.

    Whole numbers of 1 / `CHANCE`, so that no order of adding changes the sum. Shape (n_masks,).
    """
    found = np.zeros(len(masks), np.int64)
    if not len(journeys):
        return found
    counts = np.array([np.bincount(journeys.journey[m], minlength=len(journeys)) for m in masks])
    counts = counts.reshape(len(masks), len(journeys))
    total = counts.sum(axis=0)
    for index, here in enumerate(counts):
        # The chance hangs on (L, n) alone, and most journeys share theirs with many.
        pairs, times = np.unique(np.stack([total, here])[:, here > 0], axis=1, return_counts=True)
        each = [chance_to_return(length, n) for length, n in pairs.T.tolist()]
        found[index] = int((_whole(each) * times).sum())
    return found


def chance_to_return(length: int, here: int) -> int:
    """Give the chance that touches in random order return, in parts of 1 / `CHANCE`.

    Of ``length`` touches ``here`` are at the item; all stand together with chance
    (length - here + 1) / C(length, here). Multiplied out, so that every machine says the same.

    Examples
    --------
    >>> chance_to_return(3, 2) / CHANCE
    0.33333333333303017
    """
    together = float(length - here + 1)
    fewer = min(here, length - here)
    for k in range(1, fewer + 1):
        together *= k / (length - fewer + k)
        if together < 1e-15:
            break
    return int(max(0.0, 1.0 - together) * CHANCE + 0.5)


def _returns(count: int, reach: int, expected: float) -> Returns:
    lift = count / expected if expected > 1e-9 else None
    return Returns(count, share(count, reach), share(expected, reach), lift)


def feelings_of(score: NDArray[np.float64]) -> tuple[int, int, int, int]:
    """Give number, sum and sum of squares of the answers.

    They are taken as whole numbers of 1 / `FEELING`, so that no order of adding changes anything;
    the sum of the squares is ``2**31`` times the third, and the fourth.
    """
    answers = np.clip(score[~np.isnan(score)], -2.0, 2.0)
    whole = np.rint(answers * FEELING).astype(np.int64)
    squares = whole * whole
    halves = int((squares >> 31).sum()), int((squares & 0x7FFF_FFFF).sum())
    return len(whole), int(whole.sum()), *halves


def emotion_of(number: int, total: int, high: int, low: int) -> Emotion | None:
    """Give the mean feeling of the answers, as `feelings_of` adds them; nothing under five."""
    if number < PRIVATE:
        return None
    spread = number * ((high << 31) + low) - total * total
    mean = total / (number * FEELING)
    half = t_quantile(number - 1) * math.sqrt(spread / (number - 1)) / (number * FEELING)
    hollow = number < FEW
    return Emotion(number, mean, max(-2.0, mean - half), min(2.0, mean + half), hollow)


def first_touches(journeys: Journeys, masks: Bools) -> Ints:
    """Give each journey's first touch of each item, ``NEVER`` without, (n_masks, n_journeys)."""
    found = [journeys.lowest(journeys.time, mask) for mask in masks]
    return np.array(found, np.int64).reshape(len(masks), len(journeys))
