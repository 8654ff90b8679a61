"""The doors that every page passes: who asks, in which language, and whether they may."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from typing import Any, Final

from django.conf import settings as framework
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import ResolverMatch, reverse
from django.utils import timezone, translation
from django.utils.functional import SimpleLazyObject
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from kundresa.accounts.access import Access, access_in, access_of, who_asks
from kundresa.accounts.memberships import note_seen
from kundresa.accounts.models import Member
from kundresa.accounts.queries import has_members
from kundresa.accounts.rules import Asked, Need
from kundresa.core.logs import logger

Answer = Callable[[HttpRequest], HttpResponseBase]
_log = logger(__name__)
_PUBLIC: Final = Asked(Need.PUBLIC, Need.PUBLIC)
_MEMBER: Final = Asked(Need.MEMBER, Need.MEMBER)
_TOKEN: Final = Asked(Need.TOKEN, Need.TOKEN)
_BEFORE_SIGN_IN: Final = frozenset({
    "account_login", "account_logout", "account_inactive", "account_reset_password",
    "account_reset_password_done", "account_reset_password_from_key",
    "account_reset_password_from_key_done", "mfa_authenticate", "mfa_login_webauthn",
    "openid_connect_callback", "socialaccount_login_cancelled",
})  # fmt: skip
"""Views of the log-in package that somebody uses who has not signed in."""


class Door:
    """Finds out who asks, and answers only what the view says that they may.

    A view that says nothing answers nobody: forgetting is refused, not open.
    """

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Leave the work to `process_view`, which knows the view."""
        request.user = SimpleLazyObject(lambda: who_asks(request))  # type: ignore[assignment]
        response = self.answer(request)
        if getattr(request, "is_for_few", False):
            # No cache on the way keeps it, and a browser asks again after a log-out.
            response.headers.setdefault("Cache-Control", "private, no-cache")
        return response

    def process_view(
        self,
        request: HttpRequest,
        view: Any,
        args: Any,  # noqa: ARG002
        kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        """Refuse, or let the view answer."""
        match = request.resolver_match
        asked = asked_of(view, match)
        if asked is None:
            _log.error("view_asks_nothing", view=getattr(view, "__qualname__", repr(view)))
            raise Http404
        need = asked.need(request.method or "GET")
        if need is Need.TOKEN:
            return None
        slug = None if need in {Need.PUBLIC, Need.MEMBER} else kwargs.get("workspace")
        if need is Need.PUBLIC:
            request.access = SimpleLazyObject(  # type: ignore[attr-defined]
                lambda: access_of(request, None, None)
            )
            return None
        access = access_of(request, slug, _shared(asked, kwargs))
        request.access = access  # type: ignore[attr-defined]
        if access.membership is not None:
            note_seen(access.membership)
        request.is_for_few = True  # type: ignore[attr-defined]
        return _refusal(request, access, asked, need)


def asked_of(view: Any, match: ResolverMatch | None) -> Asked | None:
    """Give what a view asks of its callers, ours by its mark, a package's by its name."""
    found: Asked | None = getattr(view, "asked", None)
    if found is not None or match is None:
        return found
    module = getattr(view, "__module__", "")
    if match.namespace == "ui" or match.view_name == "set_language":
        return _PUBLIC
    if match.namespace == "api":
        return _TOKEN
    if module.startswith("allauth."):
        return _PUBLIC if match.view_name in _BEFORE_SIGN_IN else _MEMBER
    return None


def _shared(asked: Asked, kwargs: dict[str, Any]) -> tuple[str, str] | None:
    if asked.shared is None:
        return None
    kind, word = asked.shared
    return kind, str(kwargs.get(word, ""))


def _refusal(
    request: HttpRequest, access: Access, asked: Asked, need: Need
) -> HttpResponseBase | None:
    if need is Need.MEMBER:
        return None if access.member is not None else _sign_in(request)
    if access.role is None:
        # Who is somebody, but nothing here, learns nothing about what is here.
        if access.is_signed_in:
            raise Http404
        return _sign_in(request)
    if access.meets(asked, request.method or "GET"):
        return None
    if access.guest is not None:
        raise Http404
    raise PermissionDenied


def _sign_in(request: HttpRequest) -> HttpResponseBase:
    """Lead to the log-in and back; a fragment keeps what was typed and is told instead."""
    is_page = request.method in {"GET", "HEAD"} and "HX-Request" not in request.headers
    if not is_page:
        words = _("You are signed out. Sign in in another tab, then try again.")
        return HttpResponse(words, status=401, content_type="text/plain; charset=utf-8")
    if not has_members():
        return redirect("accounts:welcome")
    back = urlencode({"next": request.get_full_path()})
    return redirect(f"{reverse(framework.LOGIN_URL)}?{back}")


class MemberWishes:
    """Speaks a member's language, unless this browser was told another, in their time zone."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Set both for this request alone."""
        member = request.user if isinstance(request.user, Member) else None
        if member is not None:
            self._speak(request, member)
        zone = (member and member.time_zone) or framework.TIME_ZONE
        with timezone.override(zoneinfo.ZoneInfo(zone)):
            return self.answer(request)

    def process_view(self, request: HttpRequest, *_: Any) -> None:
        """Take the time zone of the workspace where a member has none; the door knows it by now."""
        access = access_in(request)
        if access.workspace is None or (access.member and access.member.time_zone):
            return
        if access.workspace.time_zone:
            # The override around the answer takes it back.
            timezone.activate(zoneinfo.ZoneInfo(access.workspace.time_zone))

    @staticmethod
    def _speak(request: HttpRequest, member: Member) -> None:
        if member.language and framework.LANGUAGE_COOKIE_NAME not in request.COOKIES:
            translation.activate(member.language)
            request.LANGUAGE_CODE = translation.get_language()
