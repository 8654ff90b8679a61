"""Reads for the pages of maps: the drawn map, and its numbers over the workspace's events."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from kundresa.accounts.api import Workspace, workspace_by_slug
from kundresa.core.settings import settings
from kundresa.core.times import from_microseconds, zone_named
from kundresa.documents import MapDocument
from kundresa.events.api import store_of, write_keys
from kundresa.journeys.api import map_of, maps_of
from kundresa.maps.contracts import Asked, MapIndex, MapPage, Period, Unclaimed, WorkspaceRow
from kundresa.maps.rules import compose_page, row_of
from kundresa.measures.from_map import spec_of
from kundresa.measures.queries import answer
from kundresa.store import EventTable, Store


def workspaces() -> list[WorkspaceRow]:
    """Give every workspace, oldest first."""
    found = Workspace.objects.order_by("id")
    return [WorkspaceRow(one.slug, one.name, len(maps_of(one.id))) for one in found]


def map_index(workspace: str, language: str) -> MapIndex:
    """Give the list of a workspace's maps."""
    found = workspace_by_slug(workspace)
    rows = [row_of(document, language) for document in maps_of(found.id)]
    return MapIndex(workspace, found.name, rows)


def map_page(workspace: str, map_id: str, asked: Asked) -> MapPage:
    """Give one map with its numbers; without events the drawn map and nothing else."""
    found = workspace_by_slug(workspace)
    document = map_of(found.id, map_id)
    store = store_of(found.id, settings().data_dir)
    version = store.version
    if not version.event_count:
        key = next(iter(write_keys(found.id)), "")
        return compose_page(found.name, document, asked, write_key=key)
    period = _period(asked, store, document.measure.zone)
    query = _query(document, asked, period)
    live = _measured(_Key(store, version.name, document), json.dumps(query))
    return compose_page(
        found.name,
        document,
        asked,
        live=live,
        query=query,
        period=period,
        unclaimed=[Unclaimed(str(row["event"]), int(row["count"])) for row in live["unclaimed"]],
        notices=list(live["notices"]),
    )


def _period(asked: Asked, store: Store, zone: str) -> Period:
    """Give what was asked for; by default everything that is recorded, and a day at least."""
    parts = store.version.parts
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


class _Key:
    """A store's version and a map, as one key of the cache; equal when both say the same."""

    def __init__(self, store: Store, version: str, document: MapDocument) -> None:
        self.store = store
        self.document = document
        self._same = (str(store.folder), version, repr(spec_of(document)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self._same == other._same

    def __hash__(self) -> int:
        return hash(self._same)


@lru_cache(maxsize=64)
def _measured(key: _Key, query: str) -> Mapping[str, Any]:
    table = _table(str(key.store.folder), key.store.version.name)
    return answer(json.loads(query), table, map_spec_of=lambda _name: spec_of(key.document))


# The columns of a store are dear to read and never change for a version; two, so that one
# workspace can be read while another changes.
@lru_cache(maxsize=2)
def _table(folder: str, version: str) -> EventTable:
    del version  # only part of the key
    return Store(folder).table()
