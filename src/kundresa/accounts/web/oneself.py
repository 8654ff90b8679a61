"""Pages of one's own settings: who one is, and how one signs in."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from allauth.account.decorators import reauthentication_required
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django import forms
from django.conf import settings as framework
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kundresa.accounts import oneself
from kundresa.accounts.access import access_in
from kundresa.accounts.mailing import mail_is_set_up, post_mail
from kundresa.accounts.models import Member
from kundresa.accounts.queries import member_by_email
from kundresa.accounts.rules import Need, asks
from kundresa.accounts.web.sections import with_sections
from kundresa.core.clock import now

READ_AND_WRITE: Final = ["GET", "HEAD", "POST"]


@cache
def zone_names() -> list[str]:
    """Give the time zones that people live in, as Region/City."""
    return sorted(name for name in zoneinfo.available_timezones() if _is_lived_in(name))


def _is_lived_in(name: str) -> bool:
    return "/" in name and not name.startswith(("Etc/", "SystemV/", "US/", "posix/", "right/"))


class MeForm(forms.Form):
    """Who a member is, and how pages speak to them."""

    name = forms.CharField(label=_("Name"), max_length=200)
    language = forms.ChoiceField(label=_("Language"), required=False)
    time_zone = forms.ChoiceField(
        label=_("Time zone"), required=False, help_text=_("In which pages tell times.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        self._offer("language", [("", _("As the browser asks")), *framework.LANGUAGES])
        standard = gettext("As this installation: %(zone)s") % {"zone": framework.TIME_ZONE}
        self._offer("time_zone", [("", standard), *((name, _plain(name)) for name in zone_names())])

    def _offer(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101
        field.choices = choices


def _plain(zone: str) -> str:
    return zone.replace("_", " ")


class EmailForm(forms.Form):
    """Another address."""

    email = forms.EmailField(
        label=_("New e-mail"), widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )

    def clean_email(self) -> str:
        """Refuse an address that somebody has."""
        email: str = self.cleaned_data["email"].strip().lower()
        if member_by_email(email) is not None:
            raise forms.ValidationError(gettext("A member has that address already."))
        return email


def member_of(request: HttpRequest) -> Member:
    """Give the member whose page it is; the door has seen to it that there is one."""
    member = access_in(request).member
    if member is None:
        raise Http404
    return member


@require_http_methods(READ_AND_WRITE)
@asks(Need.MEMBER)
def me(request: HttpRequest) -> HttpResponse:
    """Show and keep what a member says of themselves."""
    member = member_of(request)
    told = {name: getattr(member, name) for name in ("name", "language", "time_zone")}
    form = MeForm(request.POST or None, initial=told)
    if request.method == "POST" and form.is_valid():
        oneself.describe(member, **form.cleaned_data)
        with translation.override(member.language or get_language()):
            messages.success(request, gettext("Saved."))
        return _spoken(redirect("accounts:me"), member.language)
    context = with_sections(request, form=form, member=member)
    return render(request, "accounts/me.html", context, status=400 if form.errors else 200)


def _spoken(response: HttpResponse, language: str) -> HttpResponse:
    """Let a choice show at once: the browser's own would go before it."""
    if language:
        response.set_cookie(
            framework.LANGUAGE_COOKIE_NAME,
            language,
            max_age=365 * 24 * 60 * 60,
            samesite="Lax",
            secure=framework.SESSION_COOKIE_SECURE,
        )
    else:
        response.delete_cookie(framework.LANGUAGE_COOKIE_NAME, samesite="Lax")
    return response


@require_http_methods(READ_AND_WRITE)
@asks(Need.MEMBER)
@reauthentication_required
def email(request: HttpRequest) -> HttpResponse:
    """Take another address: at once, or where mail goes out after a click on a link there."""
    member = member_of(request)
    form = EmailForm(request.POST or None, label_suffix="")
    if request.method == "POST" and form.is_valid():
        return _take_email(request, member, form.cleaned_data["email"])
    context = {"form": form, "member": member, "is_mailed": mail_is_set_up()}
    return render(request, "accounts/my_email.html", context, status=400 if form.errors else 200)


def _take_email(request: HttpRequest, member: Member, new: str) -> HttpResponse:
    from django.urls import reverse

    link = reverse("accounts:confirm-email", args=[oneself.email_token(member, new)])
    with transaction.atomic():
        is_posted = post_mail(new, "email_confirm", get_language() or "en", {"link": link})
    if is_posted:
        words = gettext("A mail is on its way to %(email)s. Open the link in it.") % {"email": new}
        messages.info(request, words)
    elif oneself.change_email(member, new):
        messages.success(request, gettext("Your e-mail is now %(email)s.") % {"email": new})
    return redirect("accounts:me")


@require_http_methods(READ_AND_WRITE)
@asks(Need.MEMBER)
def confirm_email(request: HttpRequest, token: str) -> HttpResponse:
    """Change the address, by the link that was mailed to it."""
    member = member_of(request)
    new = oneself.wanted_email(member, token)
    if request.method == "POST" and new:
        if oneself.change_email(member, new):
            messages.success(request, gettext("Your e-mail is now %(email)s.") % {"email": new})
        else:
            messages.error(request, gettext("A member has that address already."))
        return redirect("accounts:me")
    status = 200 if new else 410
    return render(request, "accounts/confirm_email.html", {"email": new}, status=status)


@dataclass(frozen=True)
class Device:
    """One session of a member, as they know it again."""

    browser: str
    system: str
    address: str
    since: datetime
    is_here: bool


@require_safe
@asks(Need.MEMBER)
def security(request: HttpRequest) -> HttpResponse:
    """Show how a member signs in, and where they are signed in."""
    member = member_of(request)
    found = Authenticator.objects.filter(user=member).order_by("id")
    by_type = {one.type: one for one in found}
    codes = by_type.get(Authenticator.Type.RECOVERY_CODES)
    context = {
        "member": member,
        "totp": by_type.get(Authenticator.Type.TOTP),
        "passkeys": [one for one in found if one.type == Authenticator.Type.WEBAUTHN],
        "has_codes": codes is not None,
        "code_count": len(codes.wrap().get_unused_codes()) if codes else 0,
        "devices": devices_of(request, member),
    }
    return render(request, "accounts/security.html", with_sections(request, **context))


def devices_of(request: HttpRequest, member: Member) -> list[Device]:
    """Give where a member is signed in, this browser first, then the newest."""
    here = request.session.session_key
    sessions = UserSession.objects.purge_and_list(member)
    if here not in {one.session_key for one in sessions}:
        sessions.append(_unlisted(request, member))
    sessions.sort(key=lambda one: (one.session_key != here, -one.created_at.timestamp()))
    return [
        Device(*_named(one.user_agent), one.ip, one.created_at, one.session_key == here)
        for one in sessions
    ]


def _unlisted(request: HttpRequest, member: Member) -> UserSession:
    """Describe this session where nobody listed it, as in the demo."""
    return UserSession(
        session_key=request.session.session_key,
        ip=request.META.get("REMOTE_ADDR", ""),
        user_agent=request.META.get("HTTP_USER_AGENT", ""),
        created_at=member.last_login or now(),
    )


_BROWSERS: Final = {"Edg/": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome",
                    "Safari/": "Safari"}  # fmt: skip
_SYSTEMS: Final = {"Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows",
                   "Mac OS": "macOS", "Linux": "Linux"}  # fmt: skip


def _named(agent: str) -> tuple[str, str]:
    """Name browser and system; the first sign that fits decides, as most pass for others too."""
    found = [
        next((name for sign, name in signs.items() if sign in agent), "")
        for signs in (_BROWSERS, _SYSTEMS)
    ]
    return found[0], found[1]


@require_POST
@asks(Need.MEMBER)
def end_others(request: HttpRequest) -> HttpResponse:
    """Sign a member out everywhere but here."""
    member = member_of(request)
    oneself.end_all_sessions(member)
    update_session_auth_hash(request, member)
    UserSession.objects.create_from_request(request)
    messages.success(request, gettext("You are signed in only here now."))
    return redirect("accounts:security")


@require_safe
@asks(Need.MEMBER)
def to_security(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Lead to the page where codes and passkeys stand."""
    return redirect("accounts:security")
