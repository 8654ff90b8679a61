"""What the framework is told; everything that varies comes from `core.settings`."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from kundresa.core.settings import Settings, secret_key, settings

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


def provider_apps(found: Settings) -> list[dict[str, Any]]:
    """Give the company's provider of accounts as the log-in package is told of it; or none."""
    if not found.oidc_issuer:
        return []
    return [
        {
            "provider_id": "company",
            "name": found.oidc_name or urlsplit(found.oidc_issuer).hostname,
            "client_id": found.oidc_client_id,
            "secret": found.oidc_client_secret,
            "settings": {"server_url": found.oidc_issuer, "oauth_pkce_enabled": True},
        }
    ]


SECRET_KEY = secret_key(_found)
DEBUG = False
ALLOWED_HOSTS = _found.hosts
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "kundresa.accounts.apps.AccountsConfig",
    "kundresa.jobs.apps.JobsConfig",
    "kundresa.profiles.apps.ProfilesConfig",
    "kundresa.events.apps.EventsConfig",
    *_areas("kundresa.journeys", "kundresa.maps", "kundresa.ui"),
    # After ours, so that their pages take our templates.
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
]
MIDDLEWARE = [
    "kundresa.project.middleware.RequestNames",
    "kundresa.project.middleware.ApiRefusals",
    "kundresa.project.middleware.TrustedProxies",
    "kundresa.project.middleware.SafeHeaders",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "kundresa.accounts.web.doors.Door",
    "django.middleware.locale.LocaleMiddleware",
    "kundresa.accounts.web.doors.MemberWishes",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
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
FORMAT_MODULE_PATH = "kundresa.ui.formats"
USE_I18N = True
USE_TZ = True
TIME_ZONE = _found.time_zone
STATIC_URL = "/static/"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
AUTH_USER_MODEL = "accounts.Member"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator",
    )
]  # fmt: skip
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "kundresa.accounts.web.adapters.MemberAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if _found.base_url.startswith("https://") else "http"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_FORMS = {
    name: f"kundresa.accounts.web.signin_forms.{form}"
    for name, form in {
        "login": "LogInForm",
        "reset_password": "AskResetForm",
        "reset_password_from_key": "ResetForm",
        "change_password": "ChangePasswordForm",
        "set_password": "ChoosePasswordForm",
        "reauthenticate": "AgainForm",
    }.items()
}
MFA_ADAPTER = "kundresa.accounts.web.adapters.SecondStepAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# Members come by the word of an owner, so their address is known.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "Kundresa"
MFA_TOTP_TOLERANCE = 1
MFA_FORMS = {
    name: f"kundresa.accounts.web.signin_forms.{form}"
    for name, form in {
        "authenticate": "CodeForm",
        "reauthenticate": "CodeAgainForm",
        "activate_totp": "FirstCodeForm",
        "add_webauthn": "NewPasskeyForm",
        "edit_webauthn": "PasskeyNameForm",
    }.items()
}
SOCIALACCOUNT_ADAPTER = "kundresa.accounts.web.adapters.ProviderAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
# By a link: our policy keeps a form from leading to another machine.
SOCIALACCOUNT_LOGIN_ON_GET = True
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": provider_apps(_found)}}
PASSWORD_RESET_TIMEOUT = 24 * 60 * 60
SESSION_COOKIE_AGE = 14 * 24 * 60 * 60
# In the database, because failed log-ins are counted over all processes and machines.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "accounts_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _found.base_url.startswith("https://")
CSRF_TRUSTED_ORIGINS = [_found.base_url.rstrip("/")] if _found.base_url else []
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
LOGGING_CONFIG = None
