"""All addresses: each area brings its own."""

from __future__ import annotations

import importlib.util

from django.urls import URLPattern, URLResolver, include, path

from kundresa.project.api import api


def _area(name: str) -> list[URLPattern | URLResolver]:
    module = f"kundresa.{name}.web.urls"
    for part in (f"kundresa.{name}", f"kundresa.{name}.web", module):
        if importlib.util.find_spec(part) is None:
            return []
    return [path("", include(module))]


urlpatterns: list[URLPattern | URLResolver] = [
    path("i18n/", include("django.conf.urls.i18n")),
    path("account/", include("kundresa.accounts.web.signin_urls")),
    path("api/", api.urls),
    *_area("ui"),
    *_area("accounts"),
    *_area("events"),
    *_area("journeys"),
    *_area("maps"),
]
