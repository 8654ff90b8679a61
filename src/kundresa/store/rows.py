"""Rows: events as a table with plain names, on their way from a source into a store or a measure.

A property has one column for each type it came with, named ``p/<type>/<name>``; what is neither
text, number nor truth value stays as JSON in ``rest``. Where there are very many properties, the
rarest stand in ``overflow``.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from kundresa.core.records import Event
from kundresa.store.overflow import (
    MOST_PROPERTIES,
    OVERFLOW,
    Spilled,
    most_common,
    names_in,
    sort_of,
    spilled,
    to_overflow,
)
from kundresa.store.table import Codes, EventTable, Floats, Properties, Property

_TEXT: Final = pa.dictionary(pa.int32(), pa.string())
_PLAIN: Final[Mapping[str, pa.DataType]] = {
    "profile": pa.string(), "event": pa.string(), "time": pa.int64(), "until": pa.int64(),
    "precision": pa.string(), "offset_minutes": pa.int32(), "value": pa.int64(),
    "currency": pa.string(), "channel": pa.string(), "group": pa.string(), "id": pa.string(),
    "score": pa.float64(), "score_raw": pa.float64(), "scale": pa.string(), "rest": pa.string(),
}  # fmt: skip
_UNCODED: Final = frozenset({"id", "rest", OVERFLOW})
"""Texts that differ from row to row: a dictionary would only make them longer."""
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
    return rows_of(plain | property_columns([event.properties for event in events]), len(events))


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
        "properties": {k: v for k, v in event.properties.items() if not sort_of(v)},
        "items": event.items,
        "identifiers": event.identifiers,
    }
    filled = {key: value for key, value in rest.items() if value}
    return json.dumps(filled, ensure_ascii=False) if filled else None


def property_columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, pa.Array]:
    """Give the properties of rows as columns; very many of them, and the rarest overflow."""
    chosen = _chosen(rows)
    values: dict[tuple[str, str], list[Any]] = {}
    others: list[dict[str, Any]] = [] if chosen is None else [{} for _ in rows]
    for index, row in enumerate(rows):
        for name, value in row.items():
            sort = sort_of(value)
            if not sort:
                continue
            if chosen is not None and name not in chosen:
                others[index][name] = value
                continue
            column = values.get((sort, name))
            if column is None:
                column = values[sort, name] = [None] * len(rows)
            column[index] = float(value) if sort == "number" else value
    columns = {
        f"p/{sort}/{name}": pa.array(column, _TYPES[sort])
        for (sort, name), column in values.items()
    }
    if any(others):
        columns[OVERFLOW] = pa.array([to_overflow(one) for one in others], pa.string())
    return columns


def _chosen(rows: Sequence[Mapping[str, Any]]) -> set[str] | None:
    """Give the properties that get columns; None for all."""
    if len(set[str]().union(*rows)) <= MOST_PROPERTIES:
        return None
    return most_common(Counter(name for row in rows for name in row), MOST_PROPERTIES)


def _properties(rows: pa.Table) -> Properties:
    found: dict[str, dict[str, Any]] = {}
    for column in rows.column_names:
        if column.startswith("p/"):
            _, sort, name = column.split("/", 2)
            found.setdefault(name, {})[sort] = rows.column(column)
    rest = rows.column(OVERFLOW) if OVERFLOW in rows.column_names else None
    if rest is None:
        return Properties(lambda: found, lambda name: _property(found.get(name), None, rows))
    return Properties(
        lambda: [*found, *(name for name in names_in(rest) if name not in found)],
        lambda name: _property(found.get(name), spilled(rest, name), rows),
    )


def _property(
    sorts: dict[str, Any] | None, more: Spilled | None, rows: pa.Table
) -> Property | None:
    if not sorts and not more:
        return None
    sorts, count = sorts or {}, rows.num_rows
    text, texts = _codes(sorts["text"]) if "text" in sorts else (np.full(count, -1, np.int64), [])
    number = _floats(sorts["number"]) if "number" in sorts else np.full(count, np.nan)
    truth: NDArray[np.int8] = np.full(count, -1, np.int8)
    if "boolean" in sorts:
        truth = pc.fill_null(sorts["boolean"].cast(pa.int8()), -1).to_numpy()
    return Property(text, texts, number, truth).with_spilled(more)


def _codes(column: Any) -> tuple[Codes, list[str]]:
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0) if array.num_chunks else pa.array([], _TEXT)
    codes = pc.fill_null(array.indices, -1).to_numpy().astype(np.int64)
    return codes, array.dictionary.to_pylist()


def _floats(column: Any) -> Floats:
    return np.asarray(pc.fill_null(column, np.nan).to_numpy(), np.float64)
