"""The columns of a part, and the way between them, events and columns in memory.

A property has one column for each type it came with, named ``p/<type>/<name>``; what is neither
text, number nor truth value stays as JSON in ``rest``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kundresa.core.records import Event
from kundresa.store.table import Codes, EventTable, Floats, Property

_TEXT: Final = pa.dictionary(pa.int32(), pa.string())
_SORTS: Final = {str: "text", int: "number", float: "number", bool: "boolean"}
_TYPES: Final = {"number": pa.float64(), "boolean": pa.bool_()}


def events_to_arrow(events: Sequence[Event]) -> pa.Table:
    """Turn events into the columns of a part, sorted by profile and time."""
    ordered = sorted(events, key=lambda event: (event.profile, event.moment.time))
    columns = {
        "profile": _text([event.profile for event in ordered]),
        "event": _text([event.event for event in ordered]),
        "time": pa.array([event.moment.time for event in ordered], pa.int64()),
        "until": pa.array([event.moment.until for event in ordered], pa.int64()),
        "precision": _text([event.moment.precision for event in ordered]),
        "offset_minutes": pa.array([event.moment.offset_minutes for event in ordered], pa.int32()),
        "value": pa.array([event.value for event in ordered], pa.int64()),
        "currency": _text([event.currency for event in ordered]),
        "channel": _text([event.channel for event in ordered]),
        "group": _text([event.group for event in ordered]),
        "id": pa.array([event.id for event in ordered], pa.string()),
        "score": pa.array([e.score.emotion if e.score else None for e in ordered], pa.float64()),
        "score_raw": pa.array([e.score.value if e.score else None for e in ordered], pa.float64()),
        "scale": _text([event.score.scale if event.score else None for event in ordered]),
        "rest": pa.array([_rest(event) for event in ordered], pa.string()),
    }
    return pa.table(columns | _property_columns(ordered))


def table_from_arrow(tables: Sequence[pa.Table]) -> EventTable:
    """Read the columns of several parts as one table in memory."""
    if not tables:
        return EventTable.from_events([])
    rows = pa.concat_tables(tables, promote_options="default").unify_dictionaries()
    rows = rows.combine_chunks()
    profile, profiles = _codes(rows.column("profile"))
    event, events = _codes(rows.column("event"))
    currency, currencies = _codes(rows.column("currency"))
    channel, channels = _codes(rows.column("channel"))
    group, groups = _codes(rows.column("group"))
    value = rows.column("value")
    return EventTable(
        profile=profile, profiles=profiles, event=event, events=events,
        time=rows.column("time").to_numpy(), until=rows.column("until").to_numpy(),
        value=pc.fill_null(value, 0).to_numpy(),
        has_value=pc.is_valid(value).to_numpy(zero_copy_only=False),
        currency=currency, currencies=currencies, channel=channel, channels=channels,
        group=group, groups=groups,
        score=_floats(rows.column("score")), score_raw=_floats(rows.column("score_raw")),
        properties=_properties(rows),
    )  # fmt: skip


def _text(values: list[str | None]) -> Any:
    # Building a dictionary array value by value takes time square in the values; encoding does not.
    return pa.array(values, pa.string()).dictionary_encode()


def _rest(event: Event) -> str | None:
    rest: dict[str, Any] = {
        "properties": {k: v for k, v in event.properties.items() if type(v) not in _SORTS},
        "items": event.items,
        "identifiers": event.identifiers,
    }
    filled = {key: value for key, value in rest.items() if value}
    return json.dumps(filled, ensure_ascii=False) if filled else None


def _property_columns(events: Sequence[Event]) -> dict[str, Any]:
    values: dict[tuple[str, str], list[Any]] = {}
    for index, event in enumerate(events):
        for name, value in event.properties.items():
            sort = _SORTS.get(type(value))
            if sort:
                if (sort, name) not in values:
                    values[sort, name] = [None] * len(events)
                values[sort, name][index] = float(value) if sort == "number" else value
    return {
        f"p/{sort}/{name}": _text(column) if sort == "text" else pa.array(column, _TYPES[sort])
        for (sort, name), column in sorted(values.items())
    }


def _properties(rows: pa.Table) -> dict[str, Property]:
    found: dict[str, dict[str, Any]] = {}
    for column in rows.column_names:
        if column.startswith("p/"):
            _, sort, name = column.split("/", 2)
            found.setdefault(name, {})[sort] = rows.column(column)
    return {name: _property(sorts, rows.num_rows) for name, sorts in found.items()}


def _property(sorts: dict[str, Any], count: int) -> Property:
    text, texts = _codes(sorts["text"]) if "text" in sorts else (np.full(count, -1, np.int64), [])
    number = _floats(sorts["number"]) if "number" in sorts else np.full(count, np.nan)
    truth: NDArray[np.int8] = np.full(count, -1, np.int8)
    if "boolean" in sorts:
        truth = pc.fill_null(sorts["boolean"].cast(pa.int8()), -1).to_numpy()
    return Property(text, texts, number, truth)


def _codes(column: Any) -> tuple[Codes, list[str]]:
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0) if array.num_chunks else pa.array([], _TEXT)
    codes = pc.fill_null(array.indices, -1).to_numpy().astype(np.int64)
    return codes, array.dictionary.to_pylist()


def _floats(column: Any) -> Floats:
    return np.asarray(pc.fill_null(column, np.nan).to_numpy(), np.float64)
