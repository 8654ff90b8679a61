"""The addresses of signing in for the first time and of the settings."""

from django.urls import path

from kundresa.accounts.web import first

app_name = "accounts"
urlpatterns = [
    path("welcome/", first.welcome, name="welcome"),
    path("welcome/<str:secret>/", first.first_owner, name="first-owner"),
]
