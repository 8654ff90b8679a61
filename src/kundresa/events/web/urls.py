"""The addresses of imports and of sources."""

from django.urls import path

from kundresa.events.web import sources, views

app_name = "events"
_SOURCES = "w/<slug:workspace>/settings/sources/"
_ONE = "w/<slug:workspace>/imports/<slug:import_id>/"
urlpatterns = [
    path("w/<slug:workspace>/imports/", views.index, name="imports"),
    path("w/<slug:workspace>/imports/upload/", views.upload, name="upload"),
    path(_ONE, views.read, name="import"),
    path(f"{_ONE}preview/", views.preview, name="preview"),
    path(f"{_ONE}start/", views.start, name="start"),
    path(f"{_ONE}stop/", views.stop, name="stop"),
    path(f"{_ONE}progress/", views.progress, name="progress"),
    path(f"{_ONE}remove/", views.remove, name="remove"),
    path(f"{_ONE}mapping/", views.use_mapping, name="use_mapping"),
    path(f"{_ONE}mapping/save/", views.save_mapping, name="save_mapping"),
    path(f"{_ONE}mapping.yaml", views.mapping_file, name="mapping_file"),
    path(f"{_ONE}quarantine.jsonl", views.quarantine_file, name="quarantine_file"),
    path(f"{_ONE}mended/", views.mended, name="mended"),
    path(_SOURCES, sources.sources, name="sources"),
    path(f"{_SOURCES}<int:source_id>/name/", sources.rename, name="source-rename"),
    path(f"{_SOURCES}<int:source_id>/close/", sources.close, name="source-close"),
    path(f"{_SOURCES}<int:source_id>/open/", sources.reopen, name="source-open"),
]
