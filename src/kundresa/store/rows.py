"""Rows: events as a table with plain names, on their way from a source into a store or a measure.

A property has one column for each type it came with, named ``p/<type>/<name>``; what is neither
text, number nor truth value stays as JSON in ``rest``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kundresa.core.records import Event
from kundresa.store.table import Codes, EventTable, Floats, Property

_TEXT: Final = pa.dictionary(pa.int32(), pa.string())
_PLAIN: Final[Mapping[str, pa.DataType]] = {
    "profile": pa.string(), "event": pa.string(), "time": pa.int64(), "until": pa.int64(),
    "precision": pa.string(), "offset_minutes": pa.int32(), "value": pa.int64(),
    "currency": pa.string(), "channel": pa.string(), "group": pa.string(), "id": pa.string(),
    "score": pa.float64(), "score_raw": pa.float64(), "scale": pa.string(), "rest": pa.string(),
}  # fmt: skip
_UNCODED: Final = frozenset({"id", "rest"})
"""Texts that differ from row to row: a dictionary would only make them longer."""
_SORTS: Final = {str: "text", int: "number", float: "number", bool: "boolean"}
_TYPES: Final = {"text": pa.string(), "number": pa.float64(), "boolean": pa.bool_()}


def events_to_rows(events: Sequence[Event]) -> pa.Table:
    """Turn events into rows."""
    columns = {
        "profile": [event.profile for event in events],
        "event": [event.event for event in events],
        "time": [event.moment.time for event in events],
        "until": [event.moment.until for event in events],
        "precision": [event.moment.precision for event in events],
        "offset_minutes": [event.moment.offset_minutes for event in events],
        "value": [event.value for event in events],
        "currency": [event.currency for event in events],
        "channel": [event.channel for event in events],
        "group": [event.group for event in events],
        "id": [event.id for event in events],
        "score": [event.score.emotion if event.score else None for event in events],
        "score_raw": [event.score.value if event.score else None for event in events],
        "scale": [event.score.scale if event.score else None for event in events],
        "rest": [_rest(event) for event in events],
    }
    plain = {name: pa.array(column, _PLAIN[name]) for name, column in columns.items()}
    return rows_of(plain | _property_columns(events), len(events))


def rows_of(columns: Mapping[str, pa.Array], count: int) -> pa.Table:
    """Give rows with every column; those not given hold nothing.

    ``columns`` may hold properties as ``p/<type>/<name>``. Texts may be plain or coded.
    """
    whole = {name: columns.get(name, pa.nulls(count, sort)) for name, sort in _PLAIN.items()}
    extra = {name: columns[name] for name in sorted(columns) if name not in _PLAIN}
    return pa.table({name: _coded(name, column) for name, column in (whole | extra).items()})


def table_from_rows(tables: Sequence[pa.Table]) -> EventTable:
    """Read rows as one table in memory."""
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


def _coded(name: str, column: pa.Array) -> pa.Array:
    # Building a dictionary array value by value takes time square in the values; encoding does not.
    is_text = pa.types.is_string(column.type) and name not in _UNCODED
    return column.dictionary_encode() if is_text else column


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
        f"p/{sort}/{name}": pa.array(column, _TYPES[sort])
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
