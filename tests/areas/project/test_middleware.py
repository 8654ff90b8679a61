"""What every page passes: our own names, a proxy's word, each answer with its request's id."""

from __future__ import annotations

import json
import logging
import sys
from io import StringIO

import pytest
import structlog
from django.http import HttpResponse
from django.test import Client, RequestFactory

from kundresa.core.logs import set_up_logs
from kundresa.core.settings import Settings
from kundresa.project.middleware import TrustedProxies

NOWHERE = "/i18n/nowhere"
HERE = {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "127.0.0.1:8600"}


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8600", "127.0.0.1.evil.example",
                                  "localhost@evil.example"])  # fmt: skip
def test_a_foreign_name_that_leads_here_is_refused(host: str) -> None:
    assert Client().get(NOWHERE, **{**HERE, "HTTP_HOST": host}).status_code == 400


FORWARDED = {"X-Forwarded-For": "1.2.3.4, 203.0.113.9", "X-Forwarded-Proto": "https"}


def test_a_named_proxy_is_believed_and_nobody_else(rf: RequestFactory) -> None:
    def asked(proxies: str, sender: str) -> tuple[str, bool]:
        seen = []
        door = TrustedProxies(lambda request: seen.append(request) or HttpResponse())
        door._proxies = Settings(trusted_proxies=proxies).proxies
        door(rf.get("/", REMOTE_ADDR=sender, headers=FORWARDED))
        return seen[0].META["REMOTE_ADDR"], seen[0].is_secure()

    assert asked("10.0.0.0/8", "10.1.2.3") == ("203.0.113.9", True)
    assert asked("10.0.0.0/8, 203.0.113.0/24", "10.1.2.3") == ("1.2.3.4", True)
    assert asked("10.0.0.0/8", "192.0.2.7") == ("192.0.2.7", False)
    assert asked("", "127.0.0.1") == ("127.0.0.1", False)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8600", "LOCALHOST", "[::1]:8600"])
def test_our_own_names_are_answered(host: str) -> None:
    assert Client().get(NOWHERE, **{**HERE, "HTTP_HOST": host}).status_code == 404


def test_every_answer_lets_a_page_load_only_what_we_serve() -> None:
    answer = Client().get(NOWHERE, **HERE)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"


def test_the_answers_id_stands_in_the_requests_log_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.getLogger()
    kept = root.handlers[:], root.level
    printed = StringIO()
    monkeypatch.setattr(sys, "stderr", printed)
    set_up_logs(Settings(log_format="json"), "web")
    try:
        names = [Client().get(f"{NOWHERE}?token=hush-hush", **HERE).headers["X-Request-Id"]
                 for _ in range(2)]  # fmt: skip
    finally:
        root.handlers[:], root.level = kept
        structlog.reset_defaults()
        structlog.contextvars.clear_contextvars()
    lines = [json.loads(line) for line in printed.getvalue().splitlines()]
    assert [line["request_id"] for line in lines] == names
    assert names[0] != names[1]
    assert all(NOWHERE in line["event"] for line in lines)
    assert "hush" not in printed.getvalue()
