"""What the rows of a slab are on a map: a code for each row, and tables of what the codes mean.

Where matchers ask for event names alone, the codes are the events' own and no row is looked at.
Any other matcher splits the codes of the rows that it admits from those of the rows that it doesn't.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from kundresa.core.conditions import as_mask, normalised
from kundresa.measures.journeys import Bools, Ints, places
from kundresa.measures.kernels import read_only
from kundresa.measures.specs import Condition, MapSpec
from kundresa.store import Slab
from kundresa.store.columns import dictionary_of
from kundresa.store.dictionary import Dictionaries
from kundresa.store.slab_columns import SlabColumns

ON_MAP, ENDS, VALUED = 1, 2, 4
"""Bits of a code's ``flags``, as `kernels.living_map_cut` reads them."""


@dataclass(frozen=True)
class Lists:
    """For each code, its items: ``items[start[code]:start[code + 1]]``, ascending."""

    start: Ints
    items: Ints

    @classmethod
    def of(cls, table: Bools) -> Lists:
        """Take them from a table of shape (n_codes, n_items)."""
        codes, items = np.nonzero(table)
        start = np.searchsorted(codes, np.arange(len(table) + 1))
        return cls(read_only(start.astype(np.int64)), read_only(items.astype(np.int64)))

    @property
    def longest(self) -> int:
        """How many items a row has at most."""
        return int(np.diff(self.start).max(initial=0))


@dataclass(frozen=True)
class Matches:
    """What a slab's rows are. The last code means nothing at all.

    ``codes`` has one for each row; each other array has an entry for each code: ``event`` (the code
    of its name, -1 for nothing), ``touches`` and ``staged`` (n_codes, n_touchpoints or n_stages)
    whatever the filter says, ``counted`` (the filter admits it), ``flags`` as `kernels.living_map_cut`
    reads them. The lists have only what is counted.
    """

    codes: NDArray[np.uint32]
    event: Ints
    touches: Bools
    staged: Bools
    counted: Bools
    flags: NDArray[np.uint8]
    touchpoints: Lists
    steps: Lists
    stages: Lists
    stage_touches: Lists

    def with_codes(self, codes: NDArray[np.uint32]) -> Self:
        """Give the same tables for other rows."""
        return replace(self, codes=read_only(codes))


def matches_of(
    slab: Slab, dictionaries: Dictionaries, spec: MapSpec, wanted: Condition | None
) -> Matches:
    """Find what the rows of a slab are on a map.

    Memory: nothing where every condition asks for event names alone, else 4 bytes a row, and 6 more
    while it works.
    """
    split = _Split(slab, dictionaries)
    counted = split.add(wanted) if wanted is not None else None
    points = [split.add(t.matcher) if t.matcher is not None else None for t in spec.touchpoints]
    reached = [
        split.add(s.reached_when) if s.reached_when is not None else None for s in spec.stages
    ]
    valued = split.add(spec.value_events) if spec.value_events is not None else None
    admitted = split.column(counted, otherwise=True)
    admitted[-1] = False
    touches = split.table(points)
    staged = split.table(reached)
    for k, stage in enumerate(spec.stages):
        if stage.reached_when is None:
            staged[:, k] = touches[:, places(spec, stage.all_touchpoints())].any(axis=1)
    worth = split.column(valued, otherwise=True) & admitted
    return _matches(spec, split.codes, split.event, touches, staged, admitted, worth)


def joined(spec: MapSpec, found: Sequence[Matches]) -> tuple[Matches, list[NDArray[np.uint32]]]:
    """Give one table for the rows of several slabs, and for each slab what its codes become.

    The table has no rows yet, and no names of events.
    """
    points, stages = len(spec.touchpoints), len(spec.stages)
    nothing = np.zeros((1, points + stages + 2), np.uint8)
    tables = [
        np.column_stack([one.touches, one.staged, one.counted, one.flags & VALUED > 0])
        for one in found
    ]
    kinds, places = np.unique(np.concatenate([nothing, *tables]), axis=0, return_inverse=True)
    # What means nothing at all comes first; a table has it last.
    kinds, places = np.roll(kinds, -1, axis=0).astype(bool), (places.ravel() - 1) % len(kinds)
    matches = _matches(
        spec, np.zeros(0, np.uint32), np.full(len(kinds), -1), kinds[:, :points],
        kinds[:, points : points + stages], kinds[:, -2], kinds[:, -1],
    )  # fmt: skip
    ends = np.cumsum([1, *(len(table) for table in tables)])
    codes = places.astype(np.uint32)
    return matches, [codes[a:b] for a, b in itertools.pairwise(ends)]


def _matches(
    spec: MapSpec, codes: NDArray[np.uint32], event: Ints, touches: Bools, staged: Bools,
    counted: Bools, worth: Bools,
) -> Matches:  # fmt: skip
    ends = staged[:, [k for k, s in enumerate(spec.stages) if s.ends_journey]].any(axis=1)
    on_map = (touches.any(axis=1) | staged.any(axis=1)) & counted
    flags = ON_MAP * on_map + ENDS * (ends & counted) + VALUED * worth
    seen = touches & counted[:, None]
    steps = [step.touchpoints for stage in spec.stages for step in stage.steps]
    unions = [
        _unions(seen, [places(spec, names) for names in some])
        for some in (steps, [stage.all_touchpoints() for stage in spec.stages])
    ]
    return Matches(
        read_only(codes), event, touches, staged, counted,
        read_only(flags.astype(np.uint8)), Lists.of(seen), Lists.of(unions[0]),
        Lists.of(staged & counted[:, None]), Lists.of(unions[1]),
    )  # fmt: skip


def _unions(seen: Bools, which: Sequence[list[int]]) -> Bools:
    found = [seen[:, some].any(axis=1) for some in which]
    return np.array(found, bool).reshape(len(which), len(seen)).T


class _Split:
    """Codes of rows that are split further by each condition that looks beyond names."""

    def __init__(self, slab: Slab, dictionaries: Dictionaries) -> None:
        texts = dictionaries.texts(dictionary_of("event")).to_pylist()
        self._columns = SlabColumns(slab, dictionaries)
        self._names = ["" if text is None else text for text in texts]
        self._known: dict[str, int] = {}
        self._hits: list[Bools] = []
        self.codes: NDArray[np.uint32] = slab.column("event")
        self.event = np.append(np.arange(len(texts)), -1)

    def add(self, condition: Condition) -> int:
        """Take a condition in, and give its number; the same one twice is one."""
        tree = normalised(condition)
        number = self._known.setdefault(repr(tree), len(self._hits))
        if number < len(self._hits):
            return number
        if set(tree) == {"event"}:
            self._hits.append(self._named(tree))
        else:
            self._divide(as_mask(condition, self._columns))
        return number

    def column(self, number: int | None, *, otherwise: bool = False) -> Bools:
        """Tell which codes a condition admits; the last one never."""
        if number is not None:
            return self._hits[number].copy()
        found = np.full(len(self.event), otherwise)
        found[-1] = False
        return found

    def table(self, numbers: Sequence[int | None]) -> Bools:
        """Give several columns beside each other, shape (n_codes, n_columns)."""
        found = [self.column(number) for number in numbers]
        return np.array(found, bool).reshape(len(numbers), len(self.event)).T.copy()

    def _named(self, tree: Any) -> Bools:
        wanted = set(tree["event"])
        hits = np.array([*(name in wanted for name in self._names), False])
        return np.asarray(hits[self.event], bool)

    def _divide(self, mask: Bools) -> None:
        size = len(self.event)
        both = self.codes + mask.astype(np.uint32) * np.uint32(size)
        used = np.zeros(2 * size, bool)
        used[both] = True
        # The code of nothing stays, and stays last.
        kept = np.append(np.flatnonzero(used), size - 1)
        renumbered = np.zeros(2 * size, np.uint32)
        renumbered[kept[:-1]] = np.arange(len(kept) - 1)
        self.codes = renumbered[both]
        before = kept % size
        self.event = self.event[before]
        self._hits = [hits[before] for hits in self._hits]
        self._hits.append(np.append(kept[:-1] >= size, False))
