"""Signing a member in after a link did; the session is then in the list of their own."""

from __future__ import annotations

from allauth.account.internal.flows.login import record_authentication
from allauth.usersessions.models import UserSession
from django.contrib.auth import login
from django.http import HttpRequest

from kundresa.accounts.models import Member

BACKEND = "django.contrib.auth.backends.ModelBackend"


def enter(request: HttpRequest, member: Member) -> None:
    """Sign a member in who has just chosen a password by a link."""
    login(request, member, BACKEND)
    record_authentication(request, member, method="password")
    UserSession.objects.create_from_request(request)
