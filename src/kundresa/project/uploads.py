"""Files on their way in: written to the data folder as they come, before a page sees them.

The framework would keep a body in the system's folder for temporary files, often memory, copy it
twice, and know its size only at the end.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any, Final

from asgiref.sync import sync_to_async
from starlette.responses import JSONResponse, PlainTextResponse, Response

from kundresa.core.errors import KundresaError
from kundresa.core.incoming import incoming_file, refuse_without_room
from kundresa.core.settings import Settings

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

MOST_BODY: Final = 4 << 20
"""Bytes of a body that brings no file to import; more is refused while it comes."""

_WHERE: Final = re.compile(r"/w/(?P<workspace>[-\w]+)/imports/(upload/)?")
_WITH_FILE: Final = re.compile(r"/w/(?P<workspace>[-\w]+)/imports/[-\w]+/(mended|mapping)/")
_MOST_MENDED: Final = 64 << 20
_AT_ONCE: Final = 1 << 20
_FORM: Final = 1 << 16
"""Bytes that a form may add to its file."""


def is_upload(scope: Scope) -> bool:
    """Tell whether a request brings a file to be imported."""
    is_sent = scope["method"] in {"PUT", "POST"}
    return is_sent and _WHERE.fullmatch(scope["path"]) is not None


def may_upload(scope: Scope) -> bool:
    """Tell whether whoever sends may bring files into the workspace of the address."""
    from kundresa.accounts.api import access_of_scope

    found = _WHERE.fullmatch(scope["path"]) or _WITH_FILE.fullmatch(scope["path"])
    return found is not None and access_of_scope(scope, found["workspace"]).may_edit


async def take_upload(
    scope: Scope,
    receive: Receive,
    send: Send,
    page: Application,
    settings: Settings,
    may_send: Callable[[Scope], bool] = may_upload,
) -> None:
    """Answer by a page, which finds the file's place or the refusal in its scope."""
    if not await sync_to_async(may_send)(scope):
        # The page says why; a stranger's body is never written.
        await page(scope, _Nothing(receive), send)
        return
    if scope["method"] == "POST":
        # A form of a browser without script; the framework takes it apart.
        await _refuse_or_pass(scope, receive, send, page, settings)
        return
    path = incoming_file(settings.data_dir)
    try:
        if await _is_taken(scope, receive, path, settings):
            await page(scope, _Nothing(receive), send)
    finally:
        path.unlink(missing_ok=True)


async def _is_taken(scope: Scope, receive: Receive, path: Path, settings: Settings) -> bool:
    """Write a body, and note its place or why it was refused; False when the sender is gone."""
    most = settings.upload_megabytes * 1_000_000
    try:
        refuse_without_room(settings.data_dir, _size(scope), most)
        if not await _write(receive, path, settings.data_dir, most):
            return False
        scope["kundresa.upload"] = path
    except KundresaError as error:
        scope["kundresa.refused"] = error
    return True


async def _refuse_or_pass(
    scope: Scope, receive: Receive, send: Send, page: Application, settings: Settings
) -> None:
    most = settings.upload_megabytes * 1_000_000 + _FORM
    try:
        refuse_without_room(settings.data_dir, _size(scope), most)
    except KundresaError as error:
        scope["kundresa.refused"] = error
        receive = _Nothing(receive)
    await pass_bounded(scope, receive, send, page, most)


async def take_form(
    scope: Scope,
    receive: Receive,
    send: Send,
    page: Application,
    may_send: Callable[[Scope], bool] = may_upload,
) -> None:
    """Answer by a page whose body is small, but for the forms of an import that bring a file."""
    most = MOST_BODY
    is_sent = scope["method"] not in {"GET", "HEAD"}
    if is_sent and _WITH_FILE.fullmatch(scope["path"]) and await sync_to_async(may_send)(scope):
        most = _MOST_MENDED + _FORM
    await pass_bounded(scope, receive, send, page, most)


async def pass_bounded(
    scope: Scope, receive: Receive, send: Send, page: Application, most: int
) -> None:
    """Answer by a page that is given so many bytes; 413 when there are more.

    The framework writes whatever comes to the system's folder for temporary files, before it asks
    who sends it, and a body without a length has no end that we are told.
    """
    bounded = _Bounded(receive, most)
    await page(scope, bounded, send)
    if bounded.is_over:
        await _too_large(scope["path"], most)(scope, receive, send)


def _too_large(path: str, most: int) -> Response:
    said = f"A body holds {most} bytes at most here."
    if not path.startswith("/api/"):
        return PlainTextResponse(said, 413)
    error = {"code": "too_large", "message": said, "hint": "Send less at once."}
    return JSONResponse({"ok": False, "error": error}, 413)


def _size(scope: Scope) -> int:
    length = dict(scope["headers"]).get(b"content-length", b"0")
    return int(length) if length.isdigit() else 0


async def _write(receive: Receive, path: Path, folder: Path, most: int) -> bool:
    """Write a body; False when the sender is gone."""
    size, waiting, more = 0, bytearray(), True
    with path.open("wb") as file:
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return False
            waiting += message.get("body", b"")
            more = message.get("more_body", False)
            if len(waiting) >= _AT_ONCE or not more:
                size += len(waiting)
                refuse_without_room(folder, size, most)
                # A busy disk must not keep the other requests waiting.
                await asyncio.to_thread(file.write, bytes(waiting))
                waiting.clear()
    return True


class _Bounded:
    """A body up to a size; beyond it the page is told that its sender has gone."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._left = most
        self.is_over = False

    async def __call__(self) -> MutableMapping[str, Any]:
        """Give the next piece, or the end of the connection."""
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left >= 0:
            return message
        self.is_over = True
        return {"type": "http.disconnect"}


class _Nothing:
    """An empty body; what may still come of the real one is thrown away."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._is_told = False

    async def __call__(self) -> MutableMapping[str, Any]:
        """Give the empty body once, then only the end of the connection."""
        if not self._is_told:
            self._is_told = True
            return {"type": "http.request", "body": b"", "more_body": False}
        while (message := await self._receive())["type"] != "http.disconnect":
            pass
        return message
