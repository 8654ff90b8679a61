"""The addresses of signing in for the first time and of the settings."""

from django.urls import path

from kundresa.accounts.web import (
    audit,
    departments,
    first,
    guests,
    invitations,
    join,
    members,
    notices,
    oneself,
    tokens,
    workspace,
)

_WORKSPACE = "w/<slug:workspace>/settings/"
app_name = "accounts"
urlpatterns = [
    path("welcome/", first.welcome, name="welcome"),
    path("welcome/<str:secret>/", first.first_owner, name="first-owner"),
    # Members, invitations and guests.
    path(f"{_WORKSPACE}members/", members.members, name="members"),
    path(f"{_WORKSPACE}members/invite/", invitations.invite, name="invite"),
    path(f"{_WORKSPACE}members/leave/", members.leave, name="leave"),
    path(f"{_WORKSPACE}members/<int:membership>/", members.change, name="member-change"),
    path(f"{_WORKSPACE}members/<int:membership>/remove/", members.remove, name="member-remove"),
    path(f"{_WORKSPACE}members/<int:membership>/link/", members.sign_in_link, name="member-link"),
    path(f"{_WORKSPACE}members/undo/<int:line>/", members.undo, name="members-undo"),
    path(
        f"{_WORKSPACE}invitations/<int:invitation>/link/",
        invitations.new_link,
        name="invitation-link",
    ),
    path(
        f"{_WORKSPACE}invitations/<int:invitation>/send/",
        invitations.resend,
        name="invitation-send",
    ),
    path(
        f"{_WORKSPACE}invitations/<int:invitation>/revoke/",
        invitations.revoke,
        name="invitation-revoke",
    ),
    path(f"{_WORKSPACE}invitations/undo/<int:line>/", invitations.undo, name="invitation-undo"),
    path(f"{_WORKSPACE}guests/", guests.links, name="guests"),
    path(f"{_WORKSPACE}guests/new/", guests.new, name="guest-new"),
    path(f"{_WORKSPACE}guests/<int:link>/revoke/", guests.revoke, name="guest-revoke"),
    path(f"{_WORKSPACE}guests/undo/<int:line>/", guests.undo, name="guest-undo"),
    path(f"{_WORKSPACE}departments/", departments.listed, name="departments"),
    path(f"{_WORKSPACE}departments/<int:department>/", departments.rename, name="department"),
    path(
        f"{_WORKSPACE}departments/<int:department>/remove/",
        departments.remove,
        name="department-remove",
    ),
    path(f"{_WORKSPACE}departments/undo/<int:line>/", departments.undo, name="department-undo"),
    path("left/<slug:slug>/", members.left, name="left"),
    path("join/", join.join, name="join-back"),
    path("join/<str:secret>/", join.join, name="join"),
    path("guest/<str:secret>/", guests.enter, name="guest"),
    # Oneself.
    path("me/", oneself.me, name="me"),
    path("me/email/", oneself.email, name="my-email"),
    path("me/email/<str:secret>/", oneself.confirm_email, name="confirm-email"),
    path("me/security/", oneself.security, name="security"),
    path("me/security/others/", oneself.end_others, name="end-other-sessions"),
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
    path(f"{_WORKSPACE}tokens/", tokens.tokens, name="tokens"),
    path(f"{_WORKSPACE}tokens/new/", tokens.new_token, name="token-new"),
    path(f"{_WORKSPACE}tokens/<int:token_id>/revoke/", tokens.revoke, name="token-revoke"),
    path(f"{_WORKSPACE}tokens/<int:token_id>/restore/", tokens.restore, name="token-restore"),
]
