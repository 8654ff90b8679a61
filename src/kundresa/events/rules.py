"""How a message on the wire becomes an event record, how a row of the store becomes one again,
and where an identifier stands in a text; no input or output.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from kundresa.core.errors import BadInputError
from kundresa.core.records import MICRO
from kundresa.core.times import PRECISIONS, from_microseconds, microseconds

VIEWS: Final = {"page": "Page viewed", "screen": "Screen viewed"}
KINDS: Final = ("track", "identify", "page", "screen", "group", "alias")
AHEAD: Final = timedelta(minutes=5)
"""So far may a sender's clock be ahead of ours."""


def event_record(message: Mapping[str, Any], received_at: int) -> dict[str, Any]:
    """Give the record that `core.records.parse_event` reads."""
    kind = message.get("type")
    if kind not in KINDS:
        raise BadInputError(f"{kind!r} is not a type of message.", hint=f"Known: {KINDS}.")
    profile, identifiers = who(message)
    record = {
        "profile": profile,
        "event": _name(str(kind), message),
        "time": happened_at(message, received_at).isoformat(),
        "properties": _properties(str(kind), message),
        "channel": _text(message.get("channel")),
        "id": _text(message.get("messageId")),
        "group": _text(message.get("groupId")),
        "identifiers": identifiers,
    }
    return {key: value for key, value in record.items() if value is not None}


def who(message: Mapping[str, Any]) -> tuple[str | None, dict[str, str]]:
    """Give the profile that a message is about, and every identifier that it carries."""
    said = {
        "user_id": message.get("userId"),
        "anonymous_id": message.get("anonymousId"),
        "previous_id": message.get("previousId") if message.get("type") == "alias" else None,
    }
    found = {sort: text for sort, value in said.items() if (text := _text(value))}
    return found.get("user_id") or found.get("anonymous_id"), found


def happened_at(message: Mapping[str, Any], received_at: int) -> datetime:
    """Mend the sender's clock: received - (sent - said), never far in the future."""
    received = from_microseconds(received_at)
    said = _time(message.get("originalTimestamp") or message.get("timestamp"))
    sent = _time(message.get("sentAt"))
    if said is None:
        return received
    moment = said if sent is None or sent < said else _minus(received, sent - said)
    return received if moment > received + AHEAD else moment


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


# --- rows as records ----------------------------------------------------------------------------


def record_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Give a row of the store as the event record that it came from.

    ``row`` has texts for codes and leaves out what is empty; properties stand in it as
    ``p/<type>/<name>`` or ``personal/<name>``, the rare ones in ``overflow``.
    """
    rest = json.loads(row.get("rest", "{}"))
    more = json.loads(row.get("overflow", "{}"))
    precision, scale = row.get("precision", PRECISIONS[0]), row.get("scale")
    record = {
        "profile": row["profile"],
        "event": row["event"],
        "time": _told_time(row["time"], row.get("offset", 0)),
        "precision": None if precision == PRECISIONS[0] else precision,
        "value": None if "value" not in row else _shortest(row["value"] / MICRO),
        "score": {"value": _shortest(row["score_raw"]), "scale": scale} if scale else None,
        "properties": {**_told_properties(row), **_told(more), **rest.get("properties", {})},
        **{key: row.get(key) for key in ("currency", "channel", "group", "id")},
        **{key: rest.get(key) for key in ("items", "identifiers")},
    }
    return {key: value for key, value in record.items() if value not in (None, {}, [])}


def _told_time(time: int, offset_minutes: int) -> str:
    zone = timezone(timedelta(minutes=offset_minutes))
    return from_microseconds(time).astimezone(zone).isoformat()


def _told_properties(row: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for column, value in row.items():
        if column.startswith("personal/"):
            found[column.removeprefix("personal/")] = value
        elif column.startswith("p/"):
            _, sort, name = column.split("/", 2)
            found[name] = _PLAIN[sort](value)
    return found


def _told(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {n: _shortest(v) if type(v) is float else v for n, v in properties.items()}


def _shortest(number: float) -> float:
    return int(number) if float(number).is_integer() else float(number)


_PLAIN: Final[Mapping[str, Callable[[Any], Any]]] = {
    "text": str, "number": _shortest, "boolean": bool,
}  # fmt: skip


# --- identifiers in texts -----------------------------------------------------------------------


def keyed_hash(key: str, workspace_id: int, identifier: str) -> str:
    """Hash an identifier so that only who has the key can try names against the ledger."""
    text = f"{workspace_id}\0{identifier}".encode()
    return hmac.new(f"erasures:{key}".encode(), text, hashlib.sha256).hexdigest()


def in_json(identifier: str) -> str:
    """Give an identifier as it stands between quotes in JSON."""
    return json.dumps(identifier, ensure_ascii=False)[1:-1]


def pattern_of(identifiers: Iterable[str]) -> re.Pattern[str]:
    """Give a pattern that finds an identifier standing alone, so 7 isn't found in 17."""
    forms = {form for one in identifiers for form in (one, in_json(one), json.dumps(one)[1:-1])}
    ordered = sorted(forms, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, ordered))})(?!\w)")


def line_holds(line: str, pattern: re.Pattern[str]) -> bool:
    """Tell whether a line of a quarantine file is about an identifier; its number isn't."""
    try:
        found = json.loads(line)
        told = [found["row"], found["reason"]]
    except (ValueError, KeyError, TypeError):
        return bool(pattern.search(line))
    return any(pattern.search(text) for one in told for text in _leaves(one))


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key)
            yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
    else:
        yield str(value)
