"""What the framework is told; everything that varies comes from `core.settings`."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from kundresa.core.settings import secret_key, settings

_found = settings()


def _areas(*names: str) -> list[str]:
    found = {name: importlib.util.find_spec(name) for name in names}
    return [name for name, spec in found.items() if spec is not None and spec.origin is not None]


def _sqlite(path: Path) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        # A file, because tests with two connections need one database.
        "TEST": {"NAME": str(path.with_suffix(".test.db"))},
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 10,
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                "PRAGMA secure_delete=ON; PRAGMA busy_timeout=10000;"
            ),
        },
    }


def _postgres(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        # sslmode and the like: collect connects by the whole address, and so must we.
        "OPTIONS": dict(parse_qsl(parts.query)),
    }


SECRET_KEY = secret_key(_found)
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "kundresa.accounts.apps.AccountsConfig",
    "kundresa.jobs.apps.JobsConfig",
    "kundresa.profiles.apps.ProfilesConfig",
    "kundresa.events.apps.EventsConfig",
    *_areas("kundresa.journeys", "kundresa.maps", "kundresa.ui"),
]
MIDDLEWARE = [
    "kundresa.project.middleware.RequestNames",
    "kundresa.project.middleware.LoopbackOnly",
    "kundresa.project.middleware.SafeHeaders",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "kundresa.project.urls"
DATABASES = {
    "default": _postgres(_found.database) if _found.is_postgres else _sqlite(_found.sqlite_path)
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "kundresa.ui.context.frame",
            ]
        },
    }
]
LANGUAGE_CODE = _found.language
LANGUAGES = [("en", "English"), ("sv", "Svenska"), ("nb", "Norsk bokmål"), ("da", "Dansk")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = _found.time_zone
STATIC_URL = "/static/"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
LOGGING_CONFIG = None
