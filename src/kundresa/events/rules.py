"""How a message on the wire becomes an event record; no input or output."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from kundresa.core.errors import BadInputError
from kundresa.core.times import from_microseconds, microseconds

VIEWS: Final = {"page": "Page viewed", "screen": "Screen viewed"}
KINDS: Final = ("track", "identify", "page", "screen", "group", "alias")
_AHEAD: Final = timedelta(minutes=5)


def event_record(message: Mapping[str, Any], received_at: int) -> dict[str, Any]:
    """Give the record that `core.records.parse_event` reads."""
    kind = message.get("type")
    if kind not in KINDS:
        raise BadInputError(f"{kind!r} is not a type of message.", hint=f"Known: {KINDS}.")
    user, anonymous = _text(message.get("userId")), _text(message.get("anonymousId"))
    identifiers = {"user_id": user, "anonymous_id": anonymous}
    record = {
        "profile": user or anonymous,
        "event": _name(str(kind), message),
        "time": happened_at(message, received_at).isoformat(),
        "properties": _properties(str(kind), message),
        "channel": _text(message.get("channel")),
        "id": _text(message.get("messageId")),
        "group": _text(message.get("groupId")),
        "identifiers": {key: value for key, value in identifiers.items() if value},
    }
    return {key: value for key, value in record.items() if value is not None}


def happened_at(message: Mapping[str, Any], received_at: int) -> datetime:
    """Mend the sender's clock: received - (sent - said), never far in the future."""
    received = from_microseconds(received_at)
    said = _time(message.get("originalTimestamp") or message.get("timestamp"))
    sent = _time(message.get("sentAt"))
    if said is None:
        return received
    moment = said if sent is None or sent < said else _minus(received, sent - said)
    return received if moment > received + _AHEAD else moment


def _minus(moment: datetime, length: timedelta) -> datetime:
    try:
        return moment - length
    except OverflowError:
        return moment


def _time(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        microseconds(aware)
        return aware.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _name(kind: str, message: Mapping[str, Any]) -> Any:
    if kind == "track":
        return message.get("event")
    return VIEWS.get(kind, f"${kind}")


def _properties(kind: str, message: Mapping[str, Any]) -> dict[str, Any]:
    context = message.get("context")
    said = message.get("traits" if kind in {"identify", "group"} else "properties")
    if said is None and kind == "identify" and isinstance(context, Mapping):
        said = context.get("traits")  # where rudder clients put them
    properties = dict(said) if isinstance(said, Mapping) else {}
    for key in ("name", "category") if kind in VIEWS else ():
        if isinstance(message.get(key), str):
            properties.setdefault(key, message[key])
    if kind == "alias" and message.get("previousId") is not None:
        properties["previousId"] = message["previousId"]
    return properties


def _text(value: object) -> str | None:
    if isinstance(value, (str, int)) and not isinstance(value, bool) and str(value).strip():
        return str(value)
    return None
