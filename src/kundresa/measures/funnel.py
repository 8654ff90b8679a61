"""The ordered funnel, exact: how far the best of a unit's tries got.

A try is a chain of different events, one for each step, in time order within the window. Every
start counts, and events of one instant are in whatever order helps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from kundresa.core.conditions import as_mask
from kundresa.core.times import SECOND
from kundresa.measures.intervals import Quantiles, Rate, quantiles_of, rate_of
from kundresa.measures.journeys import LONG_AGO, NEVER, Bools, Ints, newest, unit_codes
from kundresa.measures.specs import Condition, Unit
from kundresa.store.table import EventTable

Instant = tuple[int, list[frozenset[int]]]
"""A time, and for each event at it the steps (from 0) that it satisfies."""


@dataclass(frozen=True)
class FunnelStep:
    """A label and a matcher."""

    label: str
    matcher: Condition


@dataclass(frozen=True)
class StepCount:
    """Units that got here; rates of the first step and of the previous one; seconds."""

    label: str
    count: int
    from_first: Rate
    from_previous: Rate
    time_from_previous: Quantiles | None
    time_from_first: Quantiles | None


@dataclass(frozen=True)
class Funnel:
    """Counts that never rise; ``depth`` and ``runs`` keep what stands behind them.

    ``open``: not converted, and the window of the latest start has not run out. ``mature`` is the
    conversion of the units whose window has run out, whether or not they converted.
    """

    steps: tuple[StepCount, ...]
    converted: int
    lost: int
    open: int
    mature: Rate
    time_to_convert: Quantiles | None
    window: int | None
    data_end: int
    events_without_unit: int
    units: Ints
    depth: Ints
    runs: Ints
    """Shape (n_units, n_steps): times of the reported try, ``NEVER`` where it did not get."""

    def to_json(self) -> dict[str, Any]:
        """Give plain data; window and times in seconds."""
        return {
            "type": "funnel",
            "steps": [_step_json(step) for step in self.steps],
            "entrants": self.steps[0].count if self.steps else 0,
            "converted": self.converted,
            "lost": self.lost,
            "open": self.open,
            "mature": asdict(self.mature),
            "time_to_convert": asdict(self.time_to_convert) if self.time_to_convert else None,
            "window": None if self.window is None else self.window / SECOND,
            "events_without_unit": self.events_without_unit,
        }


def _step_json(step: StepCount) -> dict[str, Any]:
    found = asdict(step)
    for name in ("from_first", "from_previous"):
        found[name] = {key: found[name][key] for key in ("rate", "low", "high")}
    return found


def funnel(
    table: EventTable, steps: Sequence[FunnelStep], *, window: int | None = None,
    unit: Unit = "profile", mask: Bools | None = None, data_end: int | None = None,
) -> Funnel:  # fmt: skip
    """Count how many units got how far.

    Parameters
    ----------
    table
        All events. An event known to the day stands at the day's start, tied with that day's.
    steps
        In order; the same matcher may stand twice and then takes two events.
    window
        Microseconds from the first step, inclusive; None for no limit.
    unit
        Whose events make a try.
    mask : shape (n_events,)
        Which events count.
    data_end
        UTC microseconds, by default the newest event; decides which windows have run out.

    Returns
    -------
    Funnel

    Notes
    -----
    Per depth the latest start of any try that got there is all that must be kept: a try with a
    later start can still do whatever one with an earlier start can.
    """
    units, _ = unit_codes(table, unit)
    matches = np.array([as_mask(step.matcher, table) for step in steps], bool)
    matches = matches.reshape(len(steps), len(table)).T
    used = matches.any(axis=1) if mask is None else matches.any(axis=1) & mask
    end = newest(table) if data_end is None else data_end
    used &= table.time <= end
    without = int((used & (units < 0)).sum())
    rows = np.flatnonzero(used & (units >= 0))
    rows = rows[np.lexsort((table.time[rows], units[rows]))]
    found = _tries(units[rows], table.time[rows], matches[rows], window)
    latest = _latest_starts(units[rows], table.time[rows], matches[rows], found[0])
    return _counted(steps, found, latest, window, end, without)


def _tries(units: Ints, time: Ints, matches: Bools, window: int | None) -> tuple[Ints, Ints, Ints]:
    """Give every unit, its depth and the times of its reported try."""
    size = matches.shape[1]
    opens = np.ones(len(units), bool)
    opens[1:] = units[1:] != units[:-1]
    first = np.flatnonzero(opens)
    lengths = np.diff(np.r_[first, len(units)])
    tied = np.zeros(len(units), bool)
    tied[1:] = ~opens[1:] & (time[1:] == time[:-1])
    slow = np.zeros(len(first), bool)
    slow[(np.cumsum(opens) - 1)[tied]] = True
    depth = np.zeros(len(first), np.int64)
    runs = np.full((len(first), size), NEVER)
    limit = NEVER if window is None else window
    quick = np.flatnonzero(~slow)
    _all_at_once(time, matches, first, lengths, quick, limit, depth, runs)
    for index in np.flatnonzero(slow):
        rows = slice(first[index], first[index] + lengths[index])
        reported = deepest_try(instants(time[rows], matches[rows]), size, window)
        depth[index] = len(reported)
        runs[index, : len(reported)] = reported
    return units[first], depth, runs


def _all_at_once(
    time: Ints, matches: Bools, first: Ints, lengths: Ints, chosen: Ints, limit: int,
    depth: Ints, runs: Ints,
) -> None:  # fmt: skip
    """Walk the units without ties side by side: first all first events, then all second ones."""
    size = matches.shape[1]
    # The longest first: those that still have events are always the front ones.
    chosen = chosen[np.argsort(-lengths[chosen], kind="stable")]
    longest = int(lengths[chosen[0]]) if len(chosen) else 0
    state = np.full((len(chosen), size + 1, size), NEVER)
    alive = len(chosen)
    for place in range(longest):
        while alive and lengths[chosen[alive - 1]] <= place:
            alive -= 1
        rows = first[chosen[:alive]] + place
        now = time[rows]
        for k in range(size - 1, -1, -1):
            before = state[:alive, k]
            fits = matches[rows, k]
            if k:
                known = before[:, 0] != NEVER
                fits = fits & known & (now - np.where(known, before[:, 0], now) <= limit)
            units = np.flatnonzero(fits)
            if not len(units):
                continue
            try_ = before[units].copy()
            try_[:, k] = now[units]
            better = _is_better(try_, state[units, k + 1])
            units, try_ = units[better], try_[better]
            state[units, k + 1] = try_
            owner = chosen[units]
            deeper = depth[owner] < k + 1
            depth[owner[deeper]] = k + 1
            runs[owner[deeper]] = try_[deeper]


def _is_better(new: Ints, old: Ints) -> Bools:
    """Tell which tries of the same depth start later, or as late with earlier steps between."""
    known = old[:, 0] != NEVER
    better: Bools = ~known | (new[:, 0] > old[:, 0])
    undecided = known & (new[:, 0] == old[:, 0])
    for column in range(1, new.shape[1]):
        better |= undecided & (new[:, column] < old[:, column])
        undecided &= new[:, column] == old[:, column]
    return better


def instants(time: Ints, matches: Bools) -> list[Instant]:
    """Group one unit's events, sorted by time, by instant."""
    found: list[Instant] = []
    for moment, row in zip(time.tolist(), matches, strict=True):
        if not found or found[-1][0] != moment:
            found.append((moment, []))
        found[-1][1].append(frozenset(np.flatnonzero(row).tolist()))
    return found


def deepest_try(history: Sequence[Instant], size: int, window: int | None) -> list[int]:
    """Give the times of a unit's reported try: the deepest, first to end, last to start.

    Examples
    --------
    >>> one, two = frozenset({0}), frozenset({1})
    >>> deepest_try([(0, [one]), (50, [one]), (70, [two])], 2, 60)
    [50, 70]
    """
    state: list[list[int] | None] = [[], *[None] * size]
    best: list[int] = []
    for now, group in history:
        new = list(state)
        for k in range(size):
            times = state[k]
            if times is None or (times and window is not None and now - times[0] > window):
                continue
            for ahead in range(1, _taken(group, k, size) + 1):
                longer = times + [now] * ahead
                if _beats(longer, new[k + ahead]):
                    new[k + ahead] = longer
        state = new
        reached = max(k for k in range(size + 1) if state[k] is not None)
        if reached > len(best):
            best = list(state[reached] or [])
    return best


def _beats(new: list[int], old: list[int] | None) -> bool:
    return old is None or new[0] > old[0] or (new[0] == old[0] and new < old)


def _taken(group: Sequence[frozenset[int]], k: int, size: int) -> int:
    """Count the steps from k on that different events of one instant can fill (Kuhn 1955)."""
    filled: dict[int, int] = {}

    def place(step: int, seen: set[int]) -> bool:
        for event, fits in enumerate(group):
            if step in fits and event not in seen:
                seen.add(event)
                if event not in filled or place(filled[event], seen):
                    filled[event] = step
                    return True
        return False

    taken = 0
    while k + taken < size and place(k + taken, set()):
        taken += 1
    return taken


def _latest_starts(units: Ints, time: Ints, matches: Bools, known: Ints) -> Ints:
    starts = np.full(len(known), LONG_AGO)
    begin = matches[:, 0]
    np.maximum.at(starts, np.searchsorted(known, units[begin]), time[begin])
    return starts


def _counted(
    steps: Sequence[FunnelStep], found: tuple[Ints, Ints, Ints], latest: Ints,
    window: int | None, end: int, without: int,
) -> Funnel:  # fmt: skip
    units, depth, runs = found
    counts = [int((depth > k).sum()) for k in range(len(steps))]
    rows = []
    for k, step in enumerate(steps):
        there = runs[depth > k]
        rows.append(
            StepCount(
                step.label,
                counts[k],
                rate_of(counts[k], counts[0]),
                rate_of(counts[k], counts[max(0, k - 1)]),
                quantiles_of((there[:, k] - there[:, k - 1]) / SECOND) if k else None,
                quantiles_of((there[:, k] - there[:, 0]) / SECOND) if k else None,
            )
        )
    entered, done = depth > 0, depth == len(steps)
    runs_out = np.zeros(len(units), bool) if window is None else end - latest >= window
    waiting = entered & ~done & ~runs_out
    mature = entered & runs_out
    return Funnel(
        tuple(rows), int(done.sum()), int((entered & ~done).sum() - waiting.sum()),
        int(waiting.sum()), rate_of(int((mature & done).sum()), int(mature.sum())),
        rows[-1].time_from_first if rows else None, window, end, without, units, depth, runs,
    )  # fmt: skip
