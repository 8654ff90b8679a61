"""The addresses of signing in for the first time and of the settings."""

from django.urls import path

from kundresa.accounts.web import first, tokens

_WORKSPACE = "w/<slug:workspace>/settings/"
app_name = "accounts"
urlpatterns = [
    path("welcome/", first.welcome, name="welcome"),
    path("welcome/<str:secret>/", first.first_owner, name="first-owner"),
    # Members, invitations and guests.
    # Oneself.
    # The workspace, departments, notices, audit trail.
    # API tokens.
    path(f"{_WORKSPACE}tokens/", tokens.tokens, name="tokens"),
    path(f"{_WORKSPACE}tokens/new/", tokens.new_token, name="token-new"),
    path(f"{_WORKSPACE}tokens/<int:token>/revoke/", tokens.revoke, name="token-revoke"),
    path(f"{_WORKSPACE}tokens/<int:token>/restore/", tokens.restore, name="token-restore"),
]
