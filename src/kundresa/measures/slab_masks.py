"""Which rows of a slab count: those that a filter and a period admit."""

from __future__ import annotations

import numpy as np

from kundresa.core.conditions import as_mask
from kundresa.measures.journeys import Bools
from kundresa.measures.specs import Condition, Period
from kundresa.store import Slab
from kundresa.store.slab_columns import SlabColumns


def counted_rows(
    slab: Slab, columns: SlabColumns, wanted: Condition | None, period: Period | None
) -> Bools | None:
    """Give a mask of shape (n_rows,), None where nothing narrows."""
    if wanted is None and period is None:
        return None
    counted = np.ones(len(columns), bool) if wanted is None else as_mask(wanted, columns)
    if period is None:
        return counted
    time = slab.column("time")
    return np.asarray(counted & (time >= period.start) & (time < period.end), bool)
