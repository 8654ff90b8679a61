"""Turns messages of the inbox into rows of the store, column by column.

What a message means is told by `rules.event_record` and `core.records.parse_event`. Nearly all
messages are plain; those are read here without the record and the event in between, which takes
most of the time. Everything else, and whatever is wrong, goes the long way. A property test holds
the two to each other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec
import pyarrow as pa

from kundresa.core.records import parse_event
from kundresa.core.times import microseconds
from kundresa.events.rules import AHEAD, VIEWS, event_record
from kundresa.store.rows import property_columns, rows_of

_AHEAD: Final = AHEAD.days * 86_400_000_000 + AHEAD.seconds * 1_000_000
_EARLIEST: Final = microseconds(datetime(2, 1, 1, tzinfo=UTC))
_LATEST: Final = microseconds(datetime(9999, 1, 1, tzinfo=UTC))
_MOST_NUMBER: Final = 1 << 63
_SORTS: Final = {str: "text", int: "number", float: "number", bool: "boolean"}


class Row(NamedTuple):
    """An event as plain values; what is not here, a message can't say."""

    profile: str
    event: str
    time: int
    channel: str | None
    group: str | None
    id: str | None
    rest: str | None
    properties: Mapping[str, Any]


class Rows:
    """Rows in the making."""

    def __init__(self) -> None:
        self._rows: list[Row] = []

    def add(self, body: bytes, received_at: int) -> None:
        """Add the event of a message, or raise what is wrong with it."""
        self._rows.append(_plain(body, received_at) or _long_way(body, received_at))

    def table(self) -> pa.Table:
        """Give the rows as `store.rows` has them."""
        rows, count = self._rows, len(self._rows)
        columns = {
            "profile": pa.array([row.profile for row in rows], pa.string()),
            "event": pa.array([row.event for row in rows], pa.string()),
            "time": pa.array([row.time for row in rows], pa.int64()),
            "until": pa.array([row.time for row in rows], pa.int64()),
            "precision": pa.array(["microsecond"] * count, pa.string()),
            "offset_minutes": pa.array([0] * count, pa.int32()),
            "channel": pa.array([row.channel for row in rows], pa.string()),
            "group": pa.array([row.group for row in rows], pa.string()),
            "id": pa.array([row.id for row in rows], pa.string()),
            "rest": pa.array([row.rest for row in rows], pa.string()),
        }
        return rows_of(columns | property_columns([row.properties for row in rows]), count)


def _long_way(body: bytes, received_at: int) -> Row:
    event = parse_event(event_record(msgspec.json.decode(body), received_at))
    return Row(
        event.profile, event.event, event.moment.time, event.channel, event.group, event.id,
        _rest(event.properties, event.identifiers), event.properties,
    )  # fmt: skip


def _rest(properties: Mapping[str, Any], identifiers: Mapping[str, str]) -> str | None:
    odd = {name: value for name, value in properties.items() if type(value) not in _SORTS}
    rest = {"properties": odd, "identifiers": identifiers}
    filled = {key: value for key, value in rest.items() if value}
    return json.dumps(filled, ensure_ascii=False) if filled else None


# --- plain messages -----------------------------------------------------------------------------


class _Message(msgspec.Struct, rename="camel", gc=False):
    """What a plain event is made of; the rest of a message is not read."""

    type: Any = None
    event: Any = None
    user_id: Any = None
    anonymous_id: Any = None
    timestamp: Any = None
    original_timestamp: Any = None
    sent_at: Any = None
    properties: Any = None
    traits: Any = None
    name: Any = None
    category: Any = None
    channel: Any = None
    message_id: Any = None
    group_id: Any = None


_decode: Final = msgspec.json.Decoder(_Message).decode


def _plain(body: bytes, received_at: int) -> Row | None:
    """Read a plain message; None for any other, sound or not."""
    try:
        message = _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    user, anonymous = message.user_id, message.anonymous_id
    profile = user if user is not None else anonymous
    named = _name_and_properties(message)
    time = _time(message, received_at)
    if named is None or time is None or profile is None:
        return None
    texts = (user, anonymous, named[0], message.channel, message.group_id, message.message_id)
    for text in texts:
        if text is not None and (type(text) is not str or not text or text.isspace()):
            return None
    rest = _rest_of_plain(user, anonymous)
    for value in named[1].values():
        sort = type(value)
        if sort is int and not -_MOST_NUMBER < value < _MOST_NUMBER:
            return None
        if sort not in _SORTS:
            said = {"user_id": user, "anonymous_id": anonymous}
            rest = _rest(named[1], {key: one for key, one in said.items() if one is not None})
    channel, group, name = message.channel, message.group_id, message.message_id
    return Row(profile, named[0], time, channel, group, name, rest, named[1])


def _name_and_properties(message: _Message) -> tuple[str, dict[str, Any]] | None:
    kind = message.type
    if not isinstance(kind, str):
        return None
    if kind == "track":
        name, said = message.event, message.properties
        return None if name is None else (name, said if isinstance(said, dict) else {})
    if kind in VIEWS:
        properties = message.properties if isinstance(message.properties, dict) else {}
        for key, value in (("name", message.name), ("category", message.category)):
            if isinstance(value, str):
                properties.setdefault(key, value)
        return VIEWS[kind], properties
    if kind in {"identify", "group"} and isinstance(message.traits, dict):
        return f"${kind}", message.traits
    return None


def _time(message: _Message, received_at: int) -> int | None:
    """Do as `rules.happened_at` does; None near the ends of the calendar."""
    text, sent_text = message.original_timestamp or message.timestamp, message.sent_at
    said = _read_time(text) if isinstance(text, str) else None
    if said is None:
        return received_at
    sent = _sent_at(sent_text) if isinstance(sent_text, str) else None
    moment = said if sent is None or sent < said else received_at - (sent - said)
    if not (min(said, moment) > _EARLIEST and said < _LATEST and (sent or 0) < _LATEST):
        return None
    return received_at if moment > received_at + _AHEAD else moment


def _read_time(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return microseconds(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


# The events of a batch were sent at the same moment.
_sent_at: Final = lru_cache(maxsize=256)(_read_time)


# Events of one profile come in together.
@lru_cache(maxsize=8192)
def _rest_of_plain(user: str | None, anonymous: str | None) -> str | None:
    said = {"user_id": user, "anonymous_id": anonymous}
    return _rest({}, {key: value for key, value in said.items() if value is not None})
