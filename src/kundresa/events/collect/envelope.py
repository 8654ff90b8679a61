"""Reads a request's body into inbox rows: gzip, JSON, the batch and the verdict on each event."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from kundresa.core.ids import new_id

MOST_COMPRESSED: Final = 4 << 20
MOST_PLAIN: Final = 8 << 20
MOST_EVENTS: Final = 2_500
MOST_EVENT: Final = 32 << 10
PATHS: Final[Mapping[str, str]] = {
    "track": "track", "t": "track", "identify": "identify", "i": "identify", "page": "page",
    "p": "page", "screen": "screen", "s": "screen", "group": "group", "g": "group",
    "alias": "alias", "a": "alias", "batch": "batch", "b": "batch", "import": "batch",
}  # fmt: skip
KINDS: Final = frozenset(PATHS.values()) - {"batch"}
_encode: Final = msgspec.json.Encoder().encode


class RefusedError(Exception):
    """An answer other than 200."""

    def __init__(self, status: int, code: str, message: str, retry_after: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after


@dataclass
class Envelope:
    """The sound events of one request, and the others by their index."""

    rows: list[tuple[str, bytes]] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)


def plain_body(body: bytes) -> bytes:
    """Undo gzip, known by its first bytes (headers lie), and stop at a bomb."""
    if not body.startswith(b"\x1f\x8b"):
        if len(body) > MOST_COMPRESSED:
            raise _too_large()
        return body
    reader = zlib.decompressobj(wbits=31)
    try:
        plain = reader.decompress(body, MOST_PLAIN + 1)
    except zlib.error as error:
        raise RefusedError(400, "bad_gzip", f"The body is not sound gzip: {error}.") from error
    if len(plain) > MOST_PLAIN:
        raise _too_large()
    if not reader.eof:
        raise RefusedError(400, "bad_gzip", "The gzip body ends too early.")
    return plain


def json_object(body: bytes) -> dict[str, Any]:
    """Read a JSON object, whatever the content type says."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RefusedError(400, "bad_json", f"The body is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise RefusedError(400, "bad_json", "The body is not a JSON object.")
    return found


def write_key(authorization: str, query_key: str, body: Mapping[str, Any] | None) -> str:
    """Find the key: Basic user name, body, Bearer, or query; empty when there is none."""
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() == "basic":
        try:
            name = base64.b64decode(rest.strip(), validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            name = ""
        if name:
            return name
    if body is not None and isinstance(body.get("writeKey"), str):
        return str(body["writeKey"])
    if scheme.lower() == "bearer" and rest.strip():
        return rest.strip()
    return query_key


def read_envelope(kind: str, body: dict[str, Any], received_at: str, retries: str) -> Envelope:
    """Turn a request into rows; a fault in one event of a batch leaves the others."""
    body.pop("writeKey", None)
    single = kind != "batch"
    events = [{**body, "type": kind}] if single else body.get("batch")
    if not isinstance(events, list):
        raise RefusedError(400, "no_batch", 'The body has no list "batch".')
    if len(events) > MOST_EVENTS:
        raise RefusedError(413, "too_many_events", f"A batch holds {MOST_EVENTS} events at most.")
    shared = {} if single else _shared(body)
    added: dict[str, Any] = {"receivedAt": received_at}
    if retries:
        added["retries"] = retries[:20]
    envelope = Envelope()
    for index, event in enumerate(events):
        try:
            envelope.rows.append(_row(event, shared, added))
        except RefusedError as refusal:
            if single:
                raise
            verdict = {"index": index, "code": refusal.code, "message": refusal.message}
            envelope.refused.append(verdict)
    return envelope


def _shared(body: Mapping[str, Any]) -> dict[str, Any]:
    found = {key: body.get(key) for key in ("context", "integrations", "sentAt")}
    return {key: value for key, value in found.items() if value is not None}


def _row(event: Any, shared: Mapping[str, Any], added: Mapping[str, Any]) -> tuple[str, bytes]:
    # The event is the request's own and filled in place: a copy of each is a third of the time.
    if not isinstance(event, dict):
        raise RefusedError(400, "bad_event", "The event is not an object.")
    kind = event.get("type")
    if not isinstance(kind, str) or kind not in KINDS:
        raise RefusedError(400, "bad_type", f"The event has no known type, but {kind!r}.")
    if not _is_id(event.get("userId")) and not _is_id(event.get("anonymousId")):
        raise RefusedError(400, "no_id", "The event has neither userId nor anonymousId.")
    message_id = event.get("messageId")
    if message_id is None or message_id == "":
        message_id = event["messageId"] = new_id()
    # NUL can't stand in a PostgreSQL text
    if not isinstance(message_id, str) or len(message_id) > 100 or "\0" in message_id:
        raise RefusedError(
            400, "bad_message_id", "messageId is not a text of 100 characters at most."
        )
    if shared:
        _merge(event, shared)
    event.update(added)
    encoded = _encode(event)
    if len(encoded) > MOST_EVENT:
        raise RefusedError(400, "event_too_large", f"An event holds {MOST_EVENT} bytes at most.")
    return message_id, encoded


def _merge(event: dict[str, Any], shared: Mapping[str, Any]) -> None:
    for key, value in shared.items():
        own = event.get(key)
        if own is None:
            event[key] = value
        elif isinstance(value, dict) and isinstance(own, dict):
            event[key] = {**value, **own}


def _is_id(value: object) -> bool:
    return isinstance(value, (str, int)) and not isinstance(value, bool) and value != ""


def _too_large() -> RefusedError:
    return RefusedError(
        413, "too_large", f"A body holds {MOST_COMPRESSED} bytes at most, {MOST_PLAIN} unpacked."
    )
