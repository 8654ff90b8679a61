"""The way to the company's own provider of accounts, also where it doesn't answer."""

from __future__ import annotations

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.providers.openid_connect import views
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe
from requests import RequestException

from kundresa.accounts.rules import Need, asks
from kundresa.core.logs import logger

_log = logger(__name__)


@require_safe
@asks(Need.PUBLIC)
def to_provider(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """Lead to the provider; the package lets it fail where the provider can't be asked."""
    try:
        answer: HttpResponseBase = views.login(request, provider_id)
    except RequestException as error:
        _log.warning("provider_silent", provider=provider_id, error=str(error))
        provider = get_adapter(request).get_provider(request, provider_id)
        told: HttpResponseBase = render_authentication_error(request, provider, exception=error)
        return told
    return answer
