"""The addresses of the maps."""

from django.urls import path

from kundresa.maps.web import views

app_name = "maps"
urlpatterns = [
    path("", views.home, name="home"),
    path("w/<slug:workspace>/maps/", views.index, name="index"),
    path("w/<slug:workspace>/maps/<str:map_id>/", views.read, name="map"),
]
