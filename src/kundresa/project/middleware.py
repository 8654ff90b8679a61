"""What every page passes: a request id, the word of a proxy, and strict headers."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Final

import structlog
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse

from kundresa.core.ids import new_id
from kundresa.core.settings import settings

_REFUSALS: Final = {
    400: ("bad_request", "The request can't be read.", "Compare it with /api/openapi.json."),
    404: ("not_found", "There is nothing at this address.", "Compare it with /api/openapi.json."),
    405: ("method_not_allowed", "That can't be done here.", "The header Allow says what can."),
    413: ("too_large", "The body is too large.", "Send less at once."),
    500: ("internal", "Something went wrong here.",
          "Try again; if it stays, tell whoever runs this installation the X-Request-Id."),
}  # fmt: skip
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


class ApiRefusals:
    """Says in the API's one shape of errors what was refused before or behind its operations."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Replace a page that a program can't read; nothing of the API is kept by anybody."""
        response = self.answer(request)
        if not request.path.startswith("/api/"):
            return response
        kind = response.headers.get("Content-Type", "")
        if response.status_code >= 400 and not kind.startswith("application/json"):
            response = _refused(response)
        response.headers.setdefault("Cache-Control", "no-store")
        return response


def _refused(response: HttpResponseBase) -> HttpResponse:
    status = response.status_code
    code, message, hint = _REFUSALS.get(status, _REFUSALS[400 if status < 500 else 500])
    error = {"code": code, "message": message, "hint": hint}
    answer = JsonResponse({"ok": False, "error": error}, status=status)
    if "Allow" in response.headers:
        answer.headers["Allow"] = response.headers["Allow"]
    return answer


class TrustedProxies:
    """Takes a proxy's word for whom a request comes from, if the settings name it.

    From anybody else such a word is thrown away, so that nobody can pass for another machine.
    """

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self._proxies = settings().proxies

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Put the sender's address and scheme where the framework looks for them."""
        if self._proxies and self._is_proxy(request.META.get("REMOTE_ADDR", "")):
            self._believe(request)
        return self.answer(request)

    def _believe(self, request: HttpRequest) -> None:
        told = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        # The last one that is no proxy: what stands before it, anybody may have written.
        for address in reversed([one.strip() for one in told if one.strip()]):
            request.META["REMOTE_ADDR"] = address
            if not self._is_proxy(address):
                break
        if request.META.get("HTTP_X_FORWARDED_PROTO", "").strip() == "https":
            request.META["wsgi.url_scheme"] = "https"
            if (scope := getattr(request, "scope", None)) is not None:
                scope["scheme"] = "https"

    def _is_proxy(self, address: str) -> bool:
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self._proxies)


class SafeHeaders:
    """Lets a page load only what we serve: no inline script or style, no frame around it."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Add the policy where a view has not set a stricter one."""
        response = self.answer(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response
