"""The ASGI application of the collect process: ``/v1/*`` as Segment's clients send it.

Success is exactly 200 with a JSON body, after the commit; older clients take everything else,
and error bodies without ``code`` and ``message``, as a reason to send again ten times.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final
from urllib.parse import parse_qs

import msgspec

from kundresa.core.clock import now, now_microseconds
from kundresa.core.logs import logger
from kundresa.core.settings import Settings
from kundresa.events.collect.envelope import (
    MOST_COMPRESSED,
    PATHS,
    RefusedError,
    json_object,
    plain_body,
    read_envelope,
    write_key,
)
from kundresa.events.collect.inbox import open_inbox
from kundresa.events.collect.keys import WriteKeys
from kundresa.events.collect.writer import Writer

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

_CORS: Final = [
    (b"access-control-allow-methods", b"POST, GET, OPTIONS"),
    (b"access-control-allow-headers",
     b"authorization, content-type, content-encoding, anonymousid, x-retry-count"),
    (b"access-control-max-age", b"7200"),
]  # fmt: skip
_log = logger(__name__)


class CollectApp:
    """Answers senders of events."""

    def __init__(self, found: Settings) -> None:
        self._writer = Writer(lambda: open_inbox(found))
        self._keys = WriteKeys(lambda: open_inbox(found))

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        self._writer.start()
        await self._keys.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._keys.stop()
        self._writer.stop()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Message, receive: Receive, send: Send) -> None:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        cors = _allow_origin(headers)
        try:
            if scope["method"] == "OPTIONS":
                await _reply(send, 200, {}, [*cors, *_CORS])
                return
            status, body = 200, await self._take(scope, headers, receive)
        except RefusedError as refusal:
            status, body = refusal.status, {"code": refusal.code, "message": refusal.message}
            if refusal.retry_after:
                cors = [*cors, (b"retry-after", str(refusal.retry_after).encode())]
        except Exception as error:  # noqa: BLE001
            _log.exception("collect_failed", error=str(error))
            status, body = 500, {"code": "fault", "message": "Something broke here; send again."}
        await _reply(send, status, body, cors)

    async def _take(
        self, scope: Message, headers: dict[bytes, bytes], receive: Receive
    ) -> dict[str, Any]:
        path: str = scope["path"]
        if path == "/healthz":
            return {"ready": await self._ready()}
        if path == "/v1/m":
            return {"success": True}
        kind = PATHS.get(path.removeprefix("/v1/").rstrip("/"))
        if kind is None or not path.startswith("/v1/"):
            raise RefusedError(404, "not_found", f"There is no {path} here.")
        if scope["method"] != "POST":
            raise RefusedError(405, "method_not_allowed", "Send events with POST.")
        body = json_object(plain_body(await _read_body(headers, receive)))
        query = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("writeKey", [""])
        key = write_key(headers.get(b"authorization", b"").decode("latin-1"), query[0], body)
        workspace = await self._keys.workspace(key)
        return await self._store(kind, body, key, workspace, headers)

    async def _store(
        self, kind: str, body: dict[str, Any], key: str, workspace: int, headers: dict[bytes, bytes]
    ) -> dict[str, Any]:
        retries = headers.get(b"x-retry-count", b"").decode("latin-1")
        received = now_microseconds()
        envelope = read_envelope(kind, body, now().isoformat(), retries)
        if envelope.rows:
            self._keys.under_way[key] += 1
            try:
                await self._writer.write(
                    [(workspace, name, received, event) for name, event in envelope.rows]
                )
            finally:
                self._keys.under_way[key] -= 1
            self._keys.hear(key, received)
        answer: dict[str, Any] = {"success": True, "accepted": len(envelope.rows)}
        return {**answer, "refused": envelope.refused} if envelope.refused else answer

    async def _ready(self) -> bool:
        if await self._keys.refresh():
            return True
        raise RefusedError(503, "unavailable", "The database doesn't answer.", 1)


async def _read_body(headers: dict[bytes, bytes], receive: Receive) -> bytes:
    said = headers.get(b"content-length", b"0")
    if said.isdigit() and int(said) > MOST_COMPRESSED:
        raise RefusedError(413, "too_large", f"A body holds {MOST_COMPRESSED} bytes at most.")
    chunks, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise RefusedError(400, "hung_up", "The body ended too early.")
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > MOST_COMPRESSED:
            raise RefusedError(413, "too_large", f"A body holds {MOST_COMPRESSED} bytes at most.")
        more = message.get("more_body", False)
    return b"".join(chunks)


def _allow_origin(headers: dict[bytes, bytes]) -> Headers:
    origin = headers.get(b"origin")
    if origin is None:
        return []
    return [(b"access-control-allow-origin", origin), (b"vary", b"Origin")]


async def _reply(send: Send, status: int, body: dict[str, Any], headers: Headers) -> None:
    data = msgspec.json.encode(body)
    start = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(data)).encode()),
        *headers,
    ]
    await send({"type": "http.response.start", "status": status, "headers": start})
    await send({"type": "http.response.body", "body": data})
