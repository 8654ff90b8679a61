"""What every page passes: a request id, the door of this machine, and strict headers."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Final

import structlog
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.http.request import split_domain_port

from kundresa.core.ids import new_id
from kundresa.core.settings import LOOPBACK

Answer = Callable[[HttpRequest], HttpResponseBase]
POLICY: Final = (
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "object-src 'none'; img-src 'self' data:"
)


class RequestNames:
    """Gives each request an id, in the logs and in the answer."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Bind the id in the context, which is the request's own."""
        name = new_id()
        # Not unbound: the framework logs a refusal after the last middleware has returned.
        structlog.contextvars.bind_contextvars(request_id=name)
        response = self.answer(request)
        response.headers["X-Request-Id"] = name
        return response


class LoopbackOnly:
    """Answers this machine only, by an address of this machine, until members can sign in."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Refuse other machines, and names that lead here by a foreign DNS."""
        if not _is_loopback(request.META.get("REMOTE_ADDR", "")):
            return _refusal("Pages answer only on the machine that runs Kundresa.")
        host = split_domain_port(request.META.get("HTTP_HOST", ""))[0].strip("[]")
        if host not in LOOPBACK:
            return _refusal("Open Kundresa as 127.0.0.1 or localhost.")
        return self.answer(request)


class SafeHeaders:
    """Lets a page load only what we serve: no inline script or style, no frame around it."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Add the policy where a view has not set a stricter one."""
        response = self.answer(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _refusal(message: str) -> HttpResponse:
    return HttpResponse(message, status=403, content_type="text/plain; charset=utf-8")
