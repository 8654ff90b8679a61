"""The addresses of signing in for the first time and of the settings."""

from django.urls import path

from kundresa.accounts.web import first

_WORKSPACE = "w/<slug:workspace>/settings/"
app_name = "accounts"
urlpatterns = [
    path("welcome/", first.welcome, name="welcome"),
    path("welcome/<str:secret>/", first.first_owner, name="first-owner"),
    # Members, invitations and guests.
    # Oneself.
    # The workspace, departments, notices, audit trail.
    # API tokens.
]
