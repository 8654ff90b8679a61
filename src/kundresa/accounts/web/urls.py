"""The addresses of signing in for the first time and of the settings."""

from django.urls import path

from kundresa.accounts.web import first, oneself

_WORKSPACE = "w/<slug:workspace>/settings/"
app_name = "accounts"
urlpatterns = [
    path("welcome/", first.welcome, name="welcome"),
    path("welcome/<str:secret>/", first.first_owner, name="first-owner"),
    # Members, invitations and guests.
    # Oneself.
    path("me/", oneself.me, name="me"),
    path("me/email/", oneself.email, name="my-email"),
    path("me/email/<str:token>/", oneself.confirm_email, name="confirm-email"),
    path("me/security/", oneself.security, name="security"),
    path("me/security/others/", oneself.end_others, name="end-other-sessions"),
    # The workspace, departments, notices, audit trail.
    # API tokens.
]
