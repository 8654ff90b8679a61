"""What directly follows what: counts between items over units or journeys, without collapsing.

Tied events stand in planned order (that of the items given) or else by name, so that the answer
never hangs on the order of storage.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from kundresa.core.times import SECOND
from kundresa.measures.intervals import median_of
from kundresa.measures.journeys import Bools, Ints, touch_masks, unit_codes
from kundresa.measures.specs import MapSpec, TouchpointSpec, Unit
from kundresa.store.table import EventTable


@dataclass(frozen=True)
class Node:
    """An item: how often it occurs, and how often a case starts or ends with it."""

    item: str
    count: int
    starts: int
    ends: int


@dataclass(frozen=True)
class Edge:
    """How often ``target`` directly follows ``source``; ``p50_wait`` in seconds."""

    source: str
    target: str
    count: int
    p50_wait: float


class Edges(Sequence[Edge]):
    """Edges as columns; each is made when it is asked for, as there may be a square of the items.

    ``source`` and ``target`` are places among the names.
    """

    def __init__(
        self, names: Sequence[str], source: Ints, target: Ints, count: Ints,
        p50_wait: NDArray[np.float64],
    ) -> None:  # fmt: skip
        self.names = names
        self.source, self.target, self.count_of, self.p50_wait = source, target, count, p50_wait

    def __len__(self) -> int:
        return len(self.source)

    @overload
    def __getitem__(self, place: int) -> Edge: ...
    @overload
    def __getitem__(self, place: slice) -> Edges: ...
    def __getitem__(self, place: int | slice) -> Edge | Edges:
        if isinstance(place, slice):
            return Edges(
                self.names, self.source[place], self.target[place], self.count_of[place],
                self.p50_wait[place],
            )  # fmt: skip
        return Edge(
            self.names[self.source[place]], self.names[self.target[place]],
            int(self.count_of[place]), float(self.p50_wait[place]),
        )  # fmt: skip

    def to_json(self) -> list[dict[str, Any]]:
        """Give plain data."""
        columns = (self.source, self.target, self.count_of, self.p50_wait)
        names = self.names
        return [
            {"from": names[s], "to": names[t], "count": n, "p50_wait": wait}
            for s, t, n, wait in zip(*(column.tolist() for column in columns), strict=True)
        ]


@dataclass(frozen=True)
class Transitions:
    """For every node: count = starts + edges in = ends + edges out."""

    cases: int
    nodes: tuple[Node, ...]
    edges: Edges
    events_without_unit: int

    def to_json(self) -> dict[str, Any]:
        """Give plain data."""
        return {
            "type": "transitions",
            "cases": self.cases,
            "nodes": [vars(node) for node in self.nodes],
            "edges": self.edges.to_json(),
            "events_without_unit": self.events_without_unit,
        }


def transitions(
    table: EventTable, *, touchpoints: Sequence[TouchpointSpec] | None = None,
    unit: Unit = "profile", gap: int | None = None, mask: Bools | None = None,
) -> Transitions:  # fmt: skip
    """Count which item directly follows which.

    Parameters
    ----------
    table
        All events.
    touchpoints
        The items, in planned order; an event of several counts once for each. None takes the
        names of the events.
    unit
        Whose events make a case.
    gap
        Microseconds; a longer silence begins a new case. None keeps a unit's events together.
    mask : shape (n_events,)
        Which events count.

    Returns
    -------
    Transitions
        Nodes in order of the items; edges by count, the highest first.
    """
    counted = np.ones(len(table), bool) if mask is None else mask
    units, _ = unit_codes(table, unit)
    names, item, row = _items(table, touchpoints, counted)
    without = len(np.unique(row[units[row] < 0]))
    owned = units[row] >= 0
    item, row = item[owned], row[owned]
    order = np.lexsort((item, table.time[row], units[row]))
    item, row = item[order], row[order]
    time, case = table.time[row], units[row]
    opens = np.ones(len(row), bool)
    opens[1:] = case[1:] != case[:-1]
    if gap is not None:
        opens[1:] |= np.diff(time) > gap
    closes = np.r_[opens[1:], True] if len(row) else opens
    nodes = _nodes(names, item, opens, closes)
    return Transitions(int(opens.sum()), nodes, _edges(names, item, time, opens), without)


def _items(
    table: EventTable, touchpoints: Sequence[TouchpointSpec] | None, counted: Bools
) -> tuple[list[str], Ints, Ints]:
    """Give the names of the items, and item and row of every occurrence."""
    if touchpoints is not None:
        masks = touch_masks(table, MapSpec((), tuple(touchpoints))) & counted
        item, row = np.nonzero(masks)
        return [touchpoint.id for touchpoint in touchpoints], item, row
    row = np.flatnonzero(counted)
    names = sorted(table.events)
    rank = {name: place for place, name in enumerate(names)}
    places = np.array([rank[name] for name in table.events], np.int64)
    return names, places[table.event[row]], row


def _nodes(names: list[str], item: Ints, opens: Bools, closes: Bools) -> tuple[Node, ...]:
    size = len(names)
    counts = (np.bincount(chosen, minlength=size) for chosen in (item, item[opens], item[closes]))
    found = zip(names, *counts, strict=True)
    return tuple(Node(name, int(n), int(s), int(e)) for name, n, s, e in found if n)


def _edges(names: list[str], item: Ints, time: Ints, opens: Bools) -> Edges:
    second = np.flatnonzero(~opens)
    pair = item[second - 1] * len(names) + item[second]
    order = np.argsort(pair, kind="stable")
    wait = (time[second] - time[second - 1])[order] / SECOND
    kinds, first, counts = np.unique(pair[order], return_index=True, return_counts=True)
    p50 = [median_of(waits) or 0.0 for waits in np.split(wait, first[1:])][: len(kinds)]
    by_count = np.lexsort((kinds, -counts))
    source, target = np.divmod(kinds[by_count], max(1, len(names)))
    return Edges(names, source, target, counts[by_count], np.array(p50, float)[by_count])
