"""What a sender posts stands in the inbox as it was sent, and the store gets what it means."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kundresa.core.records import Event, parse_event
from kundresa.events.collect.envelope import RefusedError, json_object, read_envelope
from kundresa.events.columns import Rows
from kundresa.events.rules import event_record
from kundresa.store.rows import events_to_rows

RECEIVED = 1_767_268_800_000_000
RECEIVED_AT = "2026-01-01T12:00:00+00:00"

texts = st.sampled_from(["ann", "7", "", "  ", " x ", "å\n\"'", "a" * 101, "2026-01-01", "track"])
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.just(10**400)
leaves = st.none() | st.booleans() | texts | numbers
anything = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=4,
)  # fmt: skip
objects = st.dictionaries(
    st.sampled_from(["price", "sku", "name", "category", "traits", "previousId"]) | texts,
    anything, max_size=4,
)  # fmt: skip
times = st.sampled_from([
    "2026-01-01T12:00:00.123Z", "2026-01-01T12:00:00+02:00", "2025-12-31T23:00:00", "2026-01-01",
    " 2026-01-01T11:59:00Z ", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999-14:00",
    "2031-01-01T00:00:00Z", "yesterday", "",
])  # fmt: skip


def mostly(usual: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """What senders write, and now and then anything else."""
    return usual | usual | usual | anything


events = st.fixed_dictionaries(
    {"type": mostly(st.sampled_from(["track", "page", "screen", "identify", "group", "alias"]))},
    optional={
        "event": mostly(texts), "userId": mostly(texts), "anonymousId": mostly(texts),
        "previousId": anything, "groupId": anything, "channel": anything,
        "messageId": mostly(texts), "timestamp": mostly(times), "originalTimestamp": mostly(times),
        "sentAt": mostly(times), "properties": mostly(objects), "traits": mostly(objects),
        "context": mostly(objects), "name": anything, "category": anything,
        "integrations": anything, "receivedAt": anything, "retries": anything, "other": anything,
    },
)  # fmt: skip


def sent(message: object) -> dict[str, Any]:
    """Send a body as JSON and read it as collect does."""
    return json_object(json.dumps(message).encode())


def as_sent(event: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """Say plainly what the inbox has to hold of an event of a batch."""
    whole = dict(event)
    for key in ("context", "integrations", "sentAt"):
        if event.get(key) is None and body.get(key) is not None:
            whole[key] = body[key]
        elif isinstance(event.get(key), dict) and isinstance(body.get(key), dict):
            whole[key] = {**body[key], **event[key]}
    return {**whole, "receivedAt": RECEIVED_AT, "retries": "2"}


@given(
    batch=st.lists(events | anything, max_size=3),
    body=st.fixed_dictionaries(
        {}, optional={"context": anything | objects, "integrations": anything, "sentAt": times}
    ),
)
@example(batch=[{"type": ["track"], "userId": "ann"}], body={})
def test_the_inbox_stores_what_was_sent(batch: list[Any], body: dict[str, Any]) -> None:
    envelope = read_envelope("batch", sent({**body, "batch": batch}), RECEIVED_AT, "2")
    refused = {verdict["index"] for verdict in envelope.refused}
    taken = [event for index, event in enumerate(batch) if index not in refused]
    assert len(taken) == len(envelope.rows)
    for event, (name, stored) in zip(taken, envelope.rows, strict=True):
        wanted = {**as_sent(event, body), "messageId": event.get("messageId") or name}
        assert json.loads(stored) == json.loads(json.dumps(wanted))


@given(kind=st.sampled_from(["track", "page", "identify"]), event=events)
def test_a_single_event_is_stored_as_in_a_batch(kind: str, event: dict[str, Any]) -> None:
    event = {**event, "messageId": "m1"}
    try:
        (row,) = read_envelope(kind, sent(event), RECEIVED_AT, "").rows
    except RefusedError:
        return
    batch = sent({"batch": [{**event, "type": kind}]})
    assert read_envelope("batch", batch, RECEIVED_AT, "").rows == [row]


@settings(deadline=None)
@given(messages=st.lists(events, max_size=4))
@example(messages=[{"type": "track", "userId": "ann", "event": "Bought", "messageId": "m",
                    "properties": {"price": 10**400}}])  # fmt: skip
@example(messages=[{"type": "track", "userId": "ann", "event": "Bought", "messageId": "m",
                    "properties": {"price": 2**53 + 1, "items": [{"a": 1}], "nothing": None}}])  # fmt: skip
def test_the_quick_reading_gives_what_the_records_give(messages: list[dict[str, Any]]) -> None:
    quick, plain = Rows(), list[Event]()
    for message in messages:
        body = msgspec.json.encode(message)
        said = fault(lambda body=body: plain.append(as_event(body)))
        assert fault(lambda body=body: quick.add(body, RECEIVED)) == said
    assert columns(quick.table()) == columns(events_to_rows(plain))


def as_event(body: bytes) -> Event:
    """Read a message the long way."""
    return parse_event(event_record(msgspec.json.decode(body), RECEIVED))


def fault(read: Callable[[], None]) -> tuple[type[Exception], str] | None:
    """What is said of a message that can't be read."""
    try:
        read()
    except Exception as error:  # noqa: BLE001
        return type(error), str(error)
    return None


def columns(table: pa.Table) -> dict[str, tuple[pa.DataType, list[Any]]]:
    """The columns with their types, equal when the tables mean the same."""
    return {name: (table.schema.field(name).type, table.column(name).to_pylist())
            for name in sorted(table.column_names)}  # fmt: skip
