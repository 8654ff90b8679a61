"""Ask a query document in Python, and measure a map that was read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from kundresa.documents import MapDocument
from kundresa.measures.from_map import spec_of
from kundresa.measures.queries import answer
from kundresa.store import EventTable, Store


def query(
    document: Mapping[str, Any],
    events: EventTable | Store,
    *,
    map: MapDocument | None = None,  # noqa: A002
) -> dict[str, Any]:
    """Answer a query document; the same one works on the command line and in the pages.

    Parameters
    ----------
    document
        ``{"kundresa_query": 1, "type": "funnel" | "transitions" | "living_map", ...}``.
    events
        What happened: columns in memory, or a store.
    map
        The map that the query measures, in place of the one that it names.

    Raises
    ------
    BadInputError
        With every fault of the document.
    """
    asked = document if map is None else {**document, "map": spec_of(map)}
    return answer(asked, events.snapshot() if isinstance(events, Store) else events)


def measure_map(
    map: MapDocument, events: EventTable | Store,  # noqa: A002
    *, start: date | str | None = None, end: date | str | None = None, mode: str = "cohort",
) -> dict[str, Any]:  # fmt: skip
    """Measure a map: the numbers that `draw` puts on its cells.

    Parameters
    ----------
    map
        The map.
    events
        What happened.
    start, end
        First day of the period and first day after it, in the map's zone; both or neither.
    mode
        ``cohort`` or ``activity``.
    """
    asked: dict[str, Any] = {"kundresa_query": 1, "type": "living_map", "mode": mode}
    period = {key: str(day) for key, day in (("from", start), ("to", end)) if day}
    if period:
        asked |= {"period": period, "zone": map.measure.zone}
    return query(asked, events, map=map)
