"""Place a line of rates in a box: for small charts that need no script.

Larger charts have a script of their own; their frame and table twin are the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from kundresa.measures.intervals import Rate
from kundresa.ui.contracts import Chart

SIDE: Final = 1000
"""Both sides of the box; it is stretched to its place, and its lines are not."""


def line_chart(rates: Sequence[Rate], names: Sequence[str], before: Sequence[float] = ()) -> Chart:
    """Place rates, their intervals and, dashed, those of the time before; the axis starts at 0."""
    highest = max([0.01, *(rate.high or 0 for rate in rates), *before])
    # Two whole tenths, so that the middle of the axis is a round figure too.
    top = math.ceil(highest * 5) / 5
    step = SIDE / max(1, len(rates) - 1)

    def at(place: int, rate: float | None) -> tuple[int, int]:
        return round(place * step), round(SIDE * (1 - (rate or 0) / top))

    dots = [at(place, rate.rate) for place, rate in enumerate(rates)]
    over = [at(place, rate.high) for place, rate in enumerate(rates)]
    under = [at(place, rate.low) for place, rate in enumerate(rates)]
    return Chart(
        line=_joined(dots),
        band=_joined([*over, *reversed(under)]),
        before=_joined([at(place, rate) for place, rate in enumerate(before)]),
        dots=dots,
        ticks=[round(100 * top), round(50 * top), 0],
        names=names,
    )


def _joined(points: Sequence[tuple[int, int]]) -> str:
    return " ".join(f"{left},{down}" for left, down in points)
