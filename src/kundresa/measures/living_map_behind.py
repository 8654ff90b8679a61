"""Opens the numbers of a map that was scanned: a walk that gives the profiles behind one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kundresa.measures.executors import Range, run
from kundresa.measures.journeys import Bools, Ints
from kundresa.measures.living_map_partial import no_stages
from kundresa.measures.living_map_walk import MapScan, View, Walked
from kundresa.measures.stages import PARTS

Parts = NDArray[np.uint8]


@dataclass(frozen=True)
class ScanBehind:
    """Walks the slabs anew for each question; keeps no journeys. ``chosen`` is of walked rows."""

    scan: MapScan
    view: View
    threads: int | None

    def of_stage(self, k: int, part: str) -> Ints:
        """Give who reached a stage, or is in a part of it."""
        number = 0 if part == "reached" else 1 + PARTS.index(part)

        def chosen(_one: Range, walked: Walked, parts: Parts) -> Bools:
            found = np.asarray(parts[:, k] == number if number else parts[:, k] > 0, bool)
            return np.asarray(np.repeat(found, np.diff(walked.journeys[0])), bool)

        return self._profiles(chosen)

    def of_touchpoint(self, index: int, *, exits: bool) -> Ints:
        """Give who touched a touchpoint, or left there."""

        def chosen(one: Range, walked: Walked, parts: Parts) -> Bools:
            matches = self.scan.matches(one)
            here = matches.touches[matches.codes[walked.rows], index]
            if not exits:
                return np.asarray(here, bool)
            sizes = np.diff(walked.journeys[0])
            time, width = self.scan.when(one.slab)
            until = time[walked.rows] + (width[walked.rows] if len(width) else 0)
            latest = time[walked.rows[walked.journeys[0, 1:] - 1]]
            here = here & (until >= np.repeat(latest, sizes))
            found = np.bincount(np.repeat(np.arange(len(sizes)), sizes)[here], minlength=len(sizes))
            lost = (parts == 1 + PARTS.index("lost")).any(axis=1)
            return np.asarray(np.repeat((found > 0) & lost, sizes), bool)

        return self._profiles(chosen)

    def _profiles(self, chosen: Callable[[Range, Walked, Parts], Bools]) -> Ints:
        def one_range(one: Range) -> Ints:
            walked = self.scan.cut(one, self.view)
            parts = self.scan.split(one, walked, self.view, no_stages(self.scan.spec))
            return self.scan.profiles_of(one, walked, chosen(one, walked, parts))

        found = list(run(self.scan.slabs, one_range, threads=self.threads))
        return np.unique(np.concatenate([np.zeros(0, np.int64), *found]))
