"""The addresses of the log-in package that members need; its others have no sense here.

There is no sign-up without an invitation, and a member has one address, which stands in `/me/`.
"""

from allauth.account import views as account
from allauth.mfa.base import views as second_step
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from allauth.socialaccount import views as provider
from allauth.socialaccount.providers.openid_connect import views as openid_connect
from django.urls import path, re_path

from kundresa.accounts.web import oneself
from kundresa.accounts.web.provider import to_provider

_RESET = "password/reset/"
_KEYS = "2fa/webauthn/"
urlpatterns = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/set/", account.password_set, name="account_set_password"),
    path(_RESET, account.password_reset, name="account_reset_password"),
    path(f"{_RESET}done/", account.password_reset_done, name="account_reset_password_done"),
    path(
        f"{_RESET}key/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        # The first dash parts them; the key has others.
        rf"^{_RESET}key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[^/]+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    # The package leads here from its pages; ours show the same.
    path("2fa/", oneself.to_security, name="mfa_index"),
    path(_KEYS, oneself.to_security, name="mfa_list_webauthn"),
    path("2fa/authenticate/", second_step.authenticate, name="mfa_authenticate"),
    path("2fa/reauthenticate/", second_step.reauthenticate, name="mfa_reauthenticate"),
    path("2fa/totp/activate/", totp.activate_totp, name="mfa_activate_totp"),
    path("2fa/totp/deactivate/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("2fa/recovery-codes/", recovery.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "2fa/recovery-codes/generate/",
        recovery.generate_recovery_codes,
        name="mfa_generate_recovery_codes",
    ),
    path(
        "2fa/recovery-codes/download/",
        recovery.download_recovery_codes,
        name="mfa_download_recovery_codes",
    ),
    path(f"{_KEYS}login/", passkeys.login_webauthn, name="mfa_login_webauthn"),
    path(
        f"{_KEYS}reauthenticate/",
        passkeys.reauthenticate_webauthn,
        name="mfa_reauthenticate_webauthn",
    ),
    path(f"{_KEYS}add/", passkeys.add_webauthn, name="mfa_add_webauthn"),
    path(f"{_KEYS}keys/<int:pk>/remove/", passkeys.remove_webauthn, name="mfa_remove_webauthn"),
    path(f"{_KEYS}keys/<int:pk>/edit/", passkeys.edit_webauthn, name="mfa_edit_webauthn"),
    path(
        "3rdparty/login/cancelled/", provider.login_cancelled, name="socialaccount_login_cancelled"
    ),
    path("oidc/<slug:provider_id>/login/", to_provider, name="openid_connect_login"),
    path(
        "oidc/<slug:provider_id>/login/callback/",
        openid_connect.callback,
        name="openid_connect_callback",
    ),
]
