"""The web process's front door: static files, ``/v1/*`` on to collect, health, else Django."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

import django
import httpx
from asgiref.sync import sync_to_async
from django.core.asgi import get_asgi_application
from starlette.responses import JSONResponse, Response
from starlette.staticfiles import StaticFiles

from kundresa.core.settings import settings
from kundresa.project.uploads import MOST_BODY, is_upload, take_form, take_upload

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
_HOP: Final = {b"connection", b"keep-alive", b"transfer-encoding", b"upgrade", b"te", b"host"}


class Dispatch:
    """Sends each request to whom it belongs."""

    def __init__(self, collect_port: int) -> None:
        self._django: Any = get_asgi_application()
        self._static = _static_files()
        self._port = collect_port
        self._client = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{collect_port}", trust_env=False, timeout=30
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if scope["type"] != "http":
            return
        path: str = scope["path"]
        if path.startswith("/static/"):
            inner = {**scope, "root_path": "/static"}
            await self._static(inner, receive, send)
        elif path.startswith("/v1/"):
            await self._pass_on(scope, receive, send)
        elif path in {"/healthz", "/readyz"}:
            response = await self._health(path)
            await response(scope, receive, send)
        elif is_upload(scope):
            await take_upload(scope, receive, send, self._django, settings())
        else:
            await take_form(scope, receive, send, self._django)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._client.aclose()
        await send({"type": "lifespan.shutdown.complete"})

    async def _health(self, path: str) -> Response:
        from kundresa.project.health import faults

        if path == "/healthz":
            return JSONResponse({"alive": True})
        found = await sync_to_async(faults)(self._port)
        return JSONResponse({"ready": not found, "faults": found}, 503 if found else 200)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _body(receive)
        response = _too_large() if body is None else await self._ask_collect(scope, body)
        await response(scope, receive, send)

    async def _ask_collect(self, scope: Scope, body: bytes) -> Response:
        headers = [(name, value) for name, value in scope["headers"] if name not in _HOP]
        headers = [pair for pair in headers if pair[0] != b"content-length"]
        target = httpx.URL(path=scope["path"], query=scope.get("query_string", b""))
        try:
            answer = await self._client.request(
                scope["method"], target, content=body, headers=headers
            )
        except httpx.HTTPError:
            # Nothing was promised; the sender keeps the events and comes again.
            return _said(503, "unavailable", "The collect process doesn't answer now.")
        passed = Response(answer.content, answer.status_code)
        passed.raw_headers = [
            pair
            for pair in answer.headers.raw
            if pair[0].lower() not in _HOP | {b"date", b"server"}
        ]
        return passed


async def _body(receive: Receive) -> bytes | None:
    chunks: list[bytes] = []
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunks.append(message.get("body", b""))
        if sum(map(len, chunks)) > MOST_BODY:
            return None
        more = message.get("more_body", False)
    return b"".join(chunks)


def _too_large() -> Response:
    return _said(413, "too_large", f"A body holds {MOST_BODY} bytes at most.")


def _said(status: int, code: str, message: str) -> Response:
    headers = {"Retry-After": "1"} if status == 503 else None
    return JSONResponse({"code": code, "message": message}, status, headers)


def _static_files() -> StaticFiles:
    from django.contrib.staticfiles.finders import AppDirectoriesFinder

    files = StaticFiles(check_dir=False)
    storages = AppDirectoriesFinder().storages.values()
    files.all_directories = [storage.location for storage in storages]
    return files


def make_application(collect_port: int) -> Dispatch:
    """Set the framework up and give the application."""
    django.setup()
    return Dispatch(collect_port)


def application() -> Dispatch:
    """Give the application for a server of your own: ``uvicorn --factory``."""
    return make_application(settings().collect_port or settings().port + 1)
