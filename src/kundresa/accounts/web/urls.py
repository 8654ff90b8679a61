"""The addresses of signing in for the first time and of the settings."""

from django.urls import path

from kundresa.accounts.web import audit, first, notices, workspace

_WORKSPACE = "w/<slug:workspace>/settings/"
app_name = "accounts"
urlpatterns = [
    path("welcome/", first.welcome, name="welcome"),
    path("welcome/<str:secret>/", first.first_owner, name="first-owner"),
    # Members, invitations and guests.
    # Oneself.
    # The workspace, departments, notices, audit trail.
    path("workspaces/new/", workspace.new_workspace, name="new-workspace"),
    path(_WORKSPACE, workspace.index, name="settings"),
    path(f"{_WORKSPACE}workspace/", workspace.workspace_page, name="workspace"),
    path(f"{_WORKSPACE}audit/", audit.audit, name="audit"),
    path(f"{_WORKSPACE}audit.csv", audit.audit_file, name="audit-file"),
    path("notices/", notices.notices, name="notices"),
    path("notices/read/", notices.read_all, name="notices-read"),
    path("notices/unread/", notices.unread_again, name="notices-unread"),
    path("notices/<int:notice_id>/", notices.open_notice, name="notice"),
    # API tokens.
]
