"""Programs in tests: tokens, and what the API answers them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.test import Client

from kundresa.accounts.api import Member, Scope, Workspace
from kundresa.accounts.tokens import make_token


def a_token(
    workspace: Workspace,
    member: Member,
    scopes: Iterable[Scope] = tuple(Scope),
    *,
    name: str = "nightly",
    days: int | None = 30,
) -> str:
    """Make a token of a member and give its secret."""
    made = make_token(
        workspace, member, name=name, scopes=scopes, days=days, actor=f"member:{member.pk}"
    )
    return made.secret


def ask(
    secret: str | None, method: str, path: str, body: Any = None, *, kind: str = "", **headers: str
) -> Any:
    """Send a request as a program does, and give the answer."""
    sent = body if isinstance(body, bytes | str) else "" if body is None else json.dumps(body)
    if secret is not None:
        headers["Authorization"] = f"Bearer {secret}"
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    kind = kind or ("application/json" if body is not None else "")
    return client.generic(method, path, sent, kind or "application/octet-stream", headers=headers)


def told(answer: Any) -> Any:
    """Give the object of an answer, which must be the envelope."""
    found = json.loads(answer.content)
    assert found["ok"] is (answer.status_code < 400), found
    return found
