"""The addresses of the frame and of the pattern page."""

from django.urls import path

from kundresa.ui.web import patterns, views

app_name = "ui"
urlpatterns = [
    path("look/", views.look, name="look"),
    path("patterns/", patterns.show, name="patterns"),
    path("patterns/insight/", patterns.insight, name="patterns-insight"),
    path("patterns/empty/", patterns.empty, name="patterns-empty"),
    path("patterns/members/", patterns.members, name="patterns-members"),
    path("patterns/workspace/", patterns.workspace, name="patterns-workspace"),
    path("patterns/sign-in/", patterns.sign_in, name="patterns-sign-in"),
    path("patterns/form/", patterns.form, name="patterns-form"),
    path("patterns/filter/", patterns.filter_form, name="patterns-filter"),
    path("patterns/note/", patterns.note, name="patterns-note"),
    path("patterns/undo/", patterns.undo, name="patterns-undo"),
    path("patterns/work/", patterns.work, name="patterns-work"),
]
