"""The addresses of the frame."""

from django.urls import path

from kundresa.ui.web import views

app_name = "ui"
urlpatterns = [
    path("look/", views.look, name="look"),
]
