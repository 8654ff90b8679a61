"""The same numbers in plain Python, each straight from its definition; slow and easy to believe.

The fast code is held to this one by tests. A journey here is a list of `Touch`, in any order.
Written from the definitions alone: share nothing with the fast code.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, permutations
from typing import NamedTuple


class Touch(NamedTuple):
    """A map event: between ``time`` and ``until``; its touchpoints and stages by number."""

    time: int
    until: int
    touchpoints: frozenset[int]
    stages: frozenset[int]


Journey = list[Touch]


def may_follow(b: Touch, a: Touch) -> bool:
    """Tell whether b is at or after a."""
    return b.until >= a.time


def follows(b: Touch, a: Touch) -> bool:
    """Tell whether b is strictly after a."""
    return b.time > a.until


def cut(trace: Sequence[Touch], gap: int, ending: set[int]) -> list[Journey]:
    """Cut one unit's map events into journeys."""
    journeys: list[Journey] = []
    for moment, group in groupby(sorted(trace, key=lambda t: t.time), key=lambda t: t.time):
        together = list(group)
        journey = journeys[-1] if journeys else []
        silent = not journey or moment - max(t.time for t in journey) > gap
        ends = [t for t in journey if t.stages & ending]
        begins = [b for b in together if not b.stages & ending and any(follows(b, a) for a in ends)]
        if silent or begins:
            journeys.append([])
        journeys[-1].extend(together)
    return journeys


def in_stage(journey: Journey, k: int) -> Journey:
    """Give the events in stage k."""
    return [t for t in journey if k in t.stages]


def beyond(journey: Journey, k: int) -> Journey:
    """Give the events in stages after k."""
    return [t for t in journey if any(stage > k for stage in t.stages)]


def part(journey: Journey, k: int, final: set[int], patience: int, data_end: int) -> str | None:
    """Say in which of the five parts of stage k a journey is; None if it never reached k."""
    here, later = in_stage(journey, k), beyond(journey, k)
    if not here:
        return None
    first = min(here, key=lambda t: t.time)
    if any(may_follow(b, first) for b in later):
        return "went_on"
    if later:
        return "came_back"
    if k in final:
        return "completed"
    return "lost" if data_end - max(t.time for t in journey) > patience else "open"


def furthest(journey: Journey) -> int:
    """Give the last stage of the map that the journey reached, -1 without any."""
    return max((stage for t in journey for stage in t.stages), default=-1)


def is_lost(journey: Journey, final: set[int], patience: Sequence[int], data_end: int) -> bool:
    """Tell whether the journey is lost at its furthest stage."""
    k = furthest(journey)
    return k >= 0 and part(journey, k, final, patience[k], data_end) == "lost"


def skipped(journey: Journey, k: int) -> bool:
    """Tell whether there are events in a stage before and one after k, none in k."""
    stages = {stage for t in journey for stage in t.stages}
    return k not in stages and min(stages, default=k) < k < max(stages, default=k)


def started(journey: Journey) -> int:
    """Give the stage of the first event, the earliest of tied ones; -1 without a stage."""
    first = [a for a in journey if not any(follows(a, b) for b in journey)]
    return min((stage for t in first for stage in t.stages), default=-1)


def returned(here: Journey, elsewhere: Journey) -> bool:
    """Tell whether a journey was here, then strictly later elsewhere, then here again."""
    return any(
        follows(b, a) and follows(c, b)
        for b in elsewhere
        if b not in here
        for a in here
        for c in here
    )


def loops(journey: Journey, k: int) -> bool:
    """Tell whether the journey leaves k to an earlier stage and returns to k."""
    earlier = [t for t in journey if any(stage < k for stage in t.stages)]
    return returned(in_stage(journey, k), earlier)


def time_to_next(journey: Journey, k: int) -> int:
    """Give microseconds from the first event in k to the first later-stage event from then on."""
    first = min(in_stage(journey, k), key=lambda t: t.time)
    onward = [b for b in beyond(journey, k) if may_follow(b, first)]
    return max(0, min(b.time for b in onward) - first.time)


def time_in_stage(journey: Journey, k: int) -> int:
    """Give microseconds from first to last event in k before going on."""
    here = in_stage(journey, k)
    first = min(here, key=lambda t: t.time)
    onward = [b.time for b in beyond(journey, k) if may_follow(b, first)]
    left = max(min(onward), first.time) if onward else None
    return max(t.time for t in here if left is None or t.time <= left) - first.time


def touches(journey: Journey, item: frozenset[int]) -> Journey:
    """Give the events at an item: a set of touchpoints."""
    return [t for t in journey if t.touchpoints & item]


def exits_at(journey: Journey, item: frozenset[int]) -> bool:
    """Tell whether the last map event is at the item; tied last events all count."""
    last = [a for a in journey if not any(follows(b, a) for b in journey)]
    return any(t.touchpoints & item for t in last)


def returns_to(journey: Journey, item: frozenset[int]) -> bool:
    """Tell whether the journey comes back to the item after another touchpoint."""
    others = [t for t in journey if t.touchpoints and not t.touchpoints & item]
    return returned(touches(journey, item), others)


def visits(journey: Journey, items: Sequence[frozenset[int]]) -> list[tuple[int, int, int]]:
    """Give (item, begin, end) of each run of touches of one item; ties in planned order."""
    line = sorted((t.time, i) for t in journey for i, s in enumerate(items) if t.touchpoints & s)
    runs = [list(run) for _, run in groupby(line, key=lambda touch: touch[1])]
    return [(run[0][1], run[0][0], run[-1][0]) for run in runs]


def contiguous_chance(length: int, here: int) -> float:
    """Give the share of orders in which all touches of an item stand together, by trying all."""
    orders = set(permutations([True] * here + [False] * (length - here)))
    together = [order for order in orders if sum(1 for on, _ in groupby(order) if on) == 1]
    return len(together) / len(orders)


def value_after(journey: Journey, item: frozenset[int], values: Sequence[Touch]) -> list[Touch]:
    """Give the value events at or after the first touch of the item."""
    here = touches(journey, item)
    if not here:
        return []
    first = min(here, key=lambda t: t.time)
    return [value for value in values if may_follow(value, first)]


def credit(journey: Journey, value: Touch, model: str) -> dict[int, float]:
    """Give each touchpoint's share of one value event; ties of first and last share evenly."""
    line = [(t.time, i) for t in journey if may_follow(value, t) for i in t.touchpoints]
    if line and model != "linear":
        edge = (min if model == "first" else max)(time for time, _ in line)
        line = [touch for touch in line if touch[0] == edge]
    shares: dict[int, float] = {}
    for _, item in line:
        shares[item] = shares.get(item, 0.0) + 1 / len(line)
    return shares


def funnel_depth(
    stream: Sequence[tuple[int, frozenset[int]]], size: int, window: int | None
) -> int:
    """Give the depth of the deepest try, by looking at every choice of events.

    ``stream`` has a time and the matched steps (from 0) of each event, in any order.
    """

    def deeper(step: int, used: frozenset[int], start: int, now: int) -> int:
        best = step
        if step == size:
            return best
        for index, (time, fits) in enumerate(stream):
            if index in used or step not in fits or (step and time < now):
                continue
            begin = start if step else time
            if window is None or time - begin <= window:
                best = max(best, deeper(step + 1, used | {index}, begin, time))
        return best

    return deeper(0, frozenset(), 0, 0)
