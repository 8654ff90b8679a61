"""Reads for the pages of maps: the drawn map, and its numbers over the workspace's events."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from threading import Lock
from time import monotonic
from typing import Any, Final

from kundresa.accounts.api import Member, workspace_by_slug, workspaces_of
from kundresa.core.settings import settings
from kundresa.core.times import from_microseconds, zone_named
from kundresa.documents import MapDocument
from kundresa.events.api import store_of, write_keys
from kundresa.journeys.api import map_of, maps_of
from kundresa.maps.contracts import Asked, MapIndex, MapPage, Period, Unclaimed, WorkspaceRow
from kundresa.maps.rules import compose_page, row_of
from kundresa.measures.from_map import spec_of
from kundresa.measures.queries import LARGE, answer, is_scanned
from kundresa.store import EventTable, Snapshot, table_of

LEAST_WAIT: Final = 1.0
MOST_WAIT: Final = 6.0
"""Seconds: numbers on a page are never older, so an event is on its map within ten."""


def workspaces(member: Member) -> list[WorkspaceRow]:
    """Give the workspaces that a member is in, oldest first."""
    found = workspaces_of(member)
    return [WorkspaceRow(one.slug, one.name, len(maps_of(one.id))) for one in found]


def map_index(workspace: str, language: str) -> MapIndex:
    """Give the list of a workspace's maps."""
    found = workspace_by_slug(workspace)
    rows = [row_of(document, language) for document in maps_of(found.id)]
    return MapIndex(workspace, found.name, rows)


def map_page(workspace: str, map_id: str, asked: Asked, *, shows_key: bool = False) -> MapPage:
    """Give one map with its numbers; without events the drawn map and nothing else.

    ``shows_key`` is for those who may change data: whoever has a write key can send events.
    """
    found = workspace_by_slug(workspace)
    document = map_of(found.id, map_id)
    store = store_of(found.id, settings().data_dir)
    snapshot = store.snapshot()
    if not snapshot.version.event_count:
        key = next(iter(write_keys(found.id)), "") if shows_key else ""
        return compose_page(found.name, document, asked, write_key=key)
    period = _period(asked, snapshot, document.measure.zone)
    query = _query(document, asked, period)
    live = _measured.answer(snapshot, str(store.folder), document, json.dumps(query))
    return compose_page(
        found.name,
        document,
        asked,
        live=live,
        query=query,
        period=period,
        unclaimed=[Unclaimed(str(row["event"]), int(row["count"])) for row in live["unclaimed"]],
        notices=list(live["notices"]),
        is_simulated=_is_simulated(snapshot),
    )


def answer_of(workspace_id: int, query: Mapping[str, Any]) -> Any:
    """Answer a query document over the events of a workspace; a map is named by its id.

    Raises
    ------
    BadInputError
        With every fault of the document.
    NoSuchMapError
        If the workspace has no map of that id.
    """
    store = store_of(workspace_id, settings().data_dir)
    snapshot = store.snapshot()
    is_small = snapshot.version.event_count < LARGE
    events = _measured.table(snapshot, str(store.folder)) if is_small else snapshot
    return answer(
        query, events, map_spec_of=lambda named: spec_of(map_of(workspace_id, str(named)))
    )


def _is_simulated(snapshot: Snapshot) -> bool:
    """Tell whether any event has the property ``simulated``, as sample data has."""
    return any("p/boolean/simulated" in part.columns for part in snapshot.version.parts)


def _period(asked: Asked, snapshot: Snapshot, zone: str) -> Period:
    """Give what was asked for; by default everything that is recorded, and a day at least."""
    parts = snapshot.version.parts
    first = _local_day(min(part.first for part in parts), zone)
    last = _local_day(max(part.last for part in parts), zone)
    day = timedelta(days=1)
    start = asked.start or min(first, (asked.end or last + day) - day)
    return Period(start, asked.end or max(last, start) + day)


def _local_day(time: int, zone: str) -> date:
    return from_microseconds(time).astimezone(zone_named(zone)).date()


def _query(document: MapDocument, asked: Asked, period: Period) -> dict[str, Any]:
    return {
        "kundresa_query": 1,
        "type": "living_map",
        "map": document.id,
        "period": {"from": period.start.isoformat(), "to": period.end.isoformat()},
        "zone": document.measure.zone,
        "mode": asked.mode,
    }


@dataclass(frozen=True)
class _Numbers:
    """A map's numbers, the version of the store they are of, when they were done, how long it took."""

    answer: Mapping[str, Any]
    version: str
    done_at: float
    seconds: float

    def is_good_for(self, version: str, now: float) -> bool:
        """Tell whether they may be shown: of this version, or so young that it isn't worth it.

        While events stream in every second has a version of its own; measuring a large map anew
        for each would leave no time for anything else.
        """
        wait = min(MOST_WAIT, max(LEAST_WAIT, 4 * self.seconds))
        return self.version == version or now - self.done_at < wait


class _Measured:
    """The numbers that were measured last, of some maps; one question at a time is worked on."""

    def __init__(self, most: int = 64) -> None:
        self._most = most
        self._found: dict[tuple[str, str, str], _Numbers] = {}
        self._lock = Lock()

    def answer(self, snapshot: Snapshot, folder: str, document: MapDocument, query: str) -> Any:
        """Give a map's numbers, measured now unless those at hand are good."""
        spec = spec_of(document)
        key = folder, repr(spec), query
        name = snapshot.version.name
        with self._lock:
            found = self._found.pop(key, None)
            began = monotonic()
            if found is None or not found.is_good_for(name, began):
                events = snapshot if is_scanned(snapshot, spec) else _table(folder, name, snapshot)
                measured = answer(json.loads(query), events, map_spec_of=lambda _name: spec)
                found = _Numbers(measured, name, monotonic(), monotonic() - began)
            self._found[key] = found
            if len(self._found) > self._most:
                del self._found[next(iter(self._found))]
        return found.answer

    def table(self, snapshot: Snapshot, folder: str) -> EventTable:
        """Give the columns of a small store."""
        with self._lock:
            return _table(folder, snapshot.version.name, snapshot)


_measured: Final = _Measured()
_tables: Final[dict[str, tuple[str, EventTable]]] = {}


def _table(folder: str, version: str, snapshot: Snapshot) -> EventTable:
    """Give the columns of a small store; those of the last version of two stores stay."""
    kept = _tables.pop(folder, None)
    table = kept[1] if kept and kept[0] == version else table_of(snapshot)
    _tables[folder] = version, table
    if len(_tables) > 2:
        del _tables[next(iter(_tables))]
    return table
