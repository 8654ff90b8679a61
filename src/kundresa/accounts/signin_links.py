"""Links that let a member choose a new password, each once."""

from __future__ import annotations

from typing import Final

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.urls import reverse

from kundresa.accounts.models import Member

RESET_HOURS: Final = settings.PASSWORD_RESET_TIMEOUT // 3600


def reset_link_for(member: Member) -> str:
    """Give the path of a page on which a member chooses a new password.

    Nothing is kept: the link is signed over the password, the last log-in and the address, so it
    works once, for `RESET_HOURS`, and no longer once any of the three has changed.
    """
    key = default_token_generator.make_token(member)
    return reverse("account_reset_password_from_key", args=[user_pk_to_url_str(member), key])
