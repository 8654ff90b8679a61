"""Uploads before a page sees them: written as they come, refused early, gone afterwards."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kundresa.core import incoming
from kundresa.core.settings import Settings
from kundresa.project.uploads import MOST_BODY, is_upload, take_form, take_upload

WHERE = "/w/alice/imports/upload/"


def scope_of(method: str = "PUT", path: str = WHERE, length: int | None = None) -> dict[str, Any]:
    headers = [] if length is None else [(b"content-length", str(length).encode())]
    return {"type": "http", "method": method, "path": path, "headers": headers}


def send(folder: Path, pieces: Iterable[bytes], *, length: int | None = None, most: int = 1,
         gone_after: int | None = None, method: str = "PUT",
         may_send: bool = True) -> dict[str, Any]:  # fmt: skip
    """Send a body, and tell what the page found."""
    told: dict[str, Any] = {"is_asked": False}
    messages = list(_messages(list(pieces), gone_after))

    async def receive() -> dict[str, Any]:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def page(scope: Any, inner: Any, _send: Any) -> None:
        path = scope.get("kundresa.upload")
        told.update(is_asked=True, refused=scope.get("kundresa.refused"), path=path)
        told["content"] = path.read_bytes() if path else None
        told["body"] = await inner()
        told["after"] = await inner()

    settings = Settings(data_dir=folder, upload_megabytes=most)
    scope = scope_of(method, length=length)
    asyncio.run(take_upload(scope, receive, page, page, settings, lambda _scope: may_send))
    return told


def _messages(pieces: list[bytes], gone_after: int | None) -> Iterator[dict[str, Any]]:
    for index, piece in enumerate(pieces):
        if index == gone_after:
            yield {"type": "http.disconnect"}
        yield {"type": "http.request", "body": piece, "more_body": index < len(pieces) - 1}


def files_in(folder: Path) -> list[Path]:
    return [path for path in (folder / "uploads").rglob("*") if path.is_file()]


def test_a_strangers_body_is_never_written(tmp_path: Path) -> None:
    told = send(tmp_path, [b"a,b\n"], length=4, may_send=False)
    assert told["is_asked"]
    assert (told["path"], told["body"]["body"]) == (None, b"")
    assert not (tmp_path / "uploads").exists()


def test_a_body_is_a_file_while_the_page_answers(tmp_path: Path) -> None:
    told = send(tmp_path, [b"a,b\n", b"1,2\n"], length=8)
    assert told["content"] == b"a,b\n1,2\n"
    assert told["body"] == {"type": "http.request", "body": b"", "more_body": False}
    assert told["after"]["type"] == "http.disconnect"
    assert files_in(tmp_path) == []


@pytest.mark.parametrize("length", [2_000_000, None, 5])
def test_what_is_too_large_is_refused_and_gone(tmp_path: Path, length: int | None) -> None:
    told = send(tmp_path, [b"x" * 500_000] * 4, length=length)
    assert isinstance(told["refused"], incoming.TooLargeError)
    assert told["path"] is None
    assert told["after"]["type"] == "http.disconnect"
    assert files_in(tmp_path) == []


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming, "ROOM", 1 << 62)
    assert isinstance(send(tmp_path, [b"a"])["refused"], incoming.NoRoomError)


def test_a_sender_who_leaves_leaves_nothing(tmp_path: Path) -> None:
    told = send(tmp_path, [b"a", b"b", b"c"], gone_after=1)
    assert not told["is_asked"]
    assert files_in(tmp_path) == []


@pytest.mark.parametrize("length", [2_000_000, 8])
def test_a_form_is_passed_on_or_refused_unread(tmp_path: Path, length: int) -> None:
    told = send(tmp_path, [b"a form"], length=length, method="POST")
    if length == 8:
        assert told["body"]["body"] == b"a form"
        assert told["refused"] is None
    else:
        assert told["body"]["body"] == b""
        assert isinstance(told["refused"], incoming.TooLargeError)


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("PUT", WHERE, True),
        ("POST", "/w/alice/imports/", True),
        ("GET", "/w/alice/imports/", False),
        ("POST", "/w/alice/imports/x/start/", False),
        ("PUT", "/w/alice/maps/", False),
    ],
)
def test_only_files_are_taken_so(method: str, path: str, expected: bool) -> None:
    assert is_upload(scope_of(method, path)) is expected


def test_a_strangers_form_is_not_read_either(tmp_path: Path) -> None:
    told = send(tmp_path, [b"a form"], length=6, method="POST", may_send=False)
    assert told["is_asked"]
    assert told["body"]["body"] == b""


def sent(
    pieces: list[bytes], path: str, *, may_send: bool = True, method: str = "POST"
) -> tuple[int, int]:
    """Send a body without a length; give how much of it the page had, and the status."""
    messages = list(_messages(pieces, None))
    status, had = 0, 0

    async def receive() -> dict[str, Any]:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def answer(message: Any) -> None:
        nonlocal status
        status = message.get("status", status)

    async def page(_scope: Any, inner: Any, send_on: Any) -> None:
        nonlocal had
        while (message := await inner())["type"] == "http.request":
            had += len(message["body"])
            if not message["more_body"]:
                await send_on({"type": "http.response.start", "status": 200})
                return

    scope = scope_of(method, path)
    asyncio.run(take_form(scope, receive, answer, page, lambda _scope: may_send))
    return had, status


def test_a_body_that_never_ends_is_refused_while_it_comes() -> None:
    piece = b"x" * (1 << 20)
    assert sent([piece] * 4, "/account/login/") == (MOST_BODY, 200)
    assert sent([piece] * 100, "/account/login/") == (MOST_BODY, 413)


def test_a_program_is_told_in_the_shape_of_its_errors() -> None:
    answered: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"x" * MOST_BODY, "more_body": True}

    async def page(_scope: Any, receive: Any, _send: Any) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    async def answer(message: Any) -> None:
        answered.append(message)

    asyncio.run(take_form(scope_of("PUT", "/api/maps/m"), receive, answer, page))
    assert answered[0]["status"] == 413
    assert json.loads(answered[1]["body"])["error"]["code"] == "too_large"


@pytest.mark.parametrize("may_send", [True, False])
def test_mended_rows_may_be_larger_from_who_may_bring_them(may_send: bool) -> None:
    pieces = [b"x" * (1 << 20)] * 10
    status = 200 if may_send else 413
    assert sent(pieces, "/w/alice/imports/x1/mended/", may_send=may_send)[1] == status
