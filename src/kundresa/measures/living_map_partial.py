"""What a range of units adds to a map's numbers: arrays of whole numbers, small, and any two add.

They cross the border of a process by pickle, so ranges may be walked anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from kundresa.measures.journeys import Ints
from kundresa.measures.money import DRAWS
from kundresa.measures.specs import MapSpec


class _Sums:
    """A dataclass of arrays, or of others like it."""

    def add(self, other: Self) -> None:
        """Take another range's numbers in."""
        for name in (field.name for field in fields(self)):  # type: ignore[arg-type]
            mine, others = getattr(self, name), getattr(other, name)
            if isinstance(mine, _Sums):
                mine.add(others)
            else:
                np.add(mine, others, out=mine)


@dataclass
class StageSums(_Sums):
    """Columns as `kernels.living_map_stages` names them.

    ``totals`` (4,), ``counts`` (n_stages, 10), ``times`` (2 * n_stages, BUCKETS): to the next stage
    and, behind them, inside.
    """

    totals: Ints
    counts: Ints
    times: Ints


@dataclass
class ItemSums(_Sums):
    """Columns as `kernels.living_map_items` names them.

    ``counts`` (n_items, 8), ``follows`` (n_items, n_items), ``goes`` (n_items, 3 * n_stages),
    ``feelings`` (n_items, 4), ``gaps`` (n_items, BUCKETS).
    """

    counts: Ints
    follows: Ints
    goes: Ints
    feelings: Ints
    gaps: Ints


@dataclass
class MapSums(_Sums):
    """All that the first pass counts.

    ``stage_touches`` (n_stages, 2): journeys that touched a stage and that left there. ``live``
    (n_touchpoints,): events in the period, whatever the filter says. ``unclaimed`` (n_names,):
    counted events in the period that no touchpoint and no milestone claims. ``events`` (1,): all in
    the period. ``currencies`` (n_currencies + 1,): values owned in each, at last without any.
    """

    stages: StageSums
    touchpoints: ItemSums
    steps: ItemSums
    stage_touches: Ints
    live: Ints
    unclaimed: Ints
    events: Ints
    currencies: Ints


@dataclass
class MoneyTotals(_Sums):
    """What is earned in the map's currency.

    ``totals`` (2,): values and their sum; ``earned`` (n_touchpoints, 3) and ``draws`` (n_draws, 2)
    as `kernels.living_map_money` adds them.
    """

    totals: Ints
    earned: Ints
    draws: Ints


def no_stages(spec: MapSpec) -> StageSums:
    """Give the stages of nobody."""
    from kundresa.measures.kernels.lengths import BUCKETS
    from kundresa.measures.kernels.living_map_stages import COUNTS

    size = len(spec.stages)
    return StageSums(_zeros(4), _zeros(size, COUNTS), _zeros(2 * size, BUCKETS))


def no_items(count: int, stages: int) -> ItemSums:
    """Give the items of nobody."""
    from kundresa.measures.kernels.lengths import BUCKETS
    from kundresa.measures.kernels.living_map_items import COUNTS

    return ItemSums(
        _zeros(count, COUNTS), _zeros(count, count), _zeros(count, 3 * stages), _zeros(count, 4),
        _zeros(count, BUCKETS),
    )  # fmt: skip


def nobody(spec: MapSpec, names: int, currencies: int) -> MapSums:
    """Give the map of nobody; ``names`` and ``currencies`` are as many as the store has."""
    stages, steps = len(spec.stages), sum(len(stage.steps) for stage in spec.stages)
    return MapSums(
        no_stages(spec), no_items(len(spec.touchpoints), stages), no_items(steps, stages),
        _zeros(stages, 2), _zeros(len(spec.touchpoints)), _zeros(names), _zeros(1),
        _zeros(currencies + 1),
    )  # fmt: skip


def no_money(spec: MapSpec) -> MoneyTotals:
    """Give the money of nobody."""
    return MoneyTotals(_zeros(2), _zeros(len(spec.touchpoints), 3), _zeros(DRAWS, 2))


def _zeros(*shape: int) -> Ints:
    return np.zeros(shape, np.int64)
