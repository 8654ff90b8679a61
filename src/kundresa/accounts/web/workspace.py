"""The settings of a workspace, where they begin, and making another workspace."""

from __future__ import annotations

import zoneinfo
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from kundresa.accounts.access import access_in
from kundresa.accounts.rules import Need, asks
from kundresa.accounts.web.sections import sections_of, with_sections
from kundresa.accounts.workspaces import change_workspace, found_workspace, owns_a_workspace


def _zones() -> list[tuple[str, Any]]:
    named = sorted(zoneinfo.available_timezones())
    return [("", gettext_lazy("That of the installation")), *((one, one) for one in named)]


class WorkspaceForm(forms.Form):
    """What a workspace is called, and what its members speak unless they chose."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        help_text=gettext_lazy("Of mail to those who have not chosen another."),
        choices=[("", gettext_lazy("That of the installation")), *settings.LANGUAGES],
        required=False,
    )
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        help_text=gettext_lazy("Of members who have not chosen their own."),
        choices=_zones,
        required=False,
    )


class NewWorkspaceForm(forms.Form):
    """What the new workspace is called."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)


@require_safe
@asks(Need.LOOK)
def index(request: HttpRequest, workspace: str) -> HttpResponse:  # noqa: ARG001
    """Lead to the first section that whoever asks may open."""
    return redirect(sections_of(request)[0].address)


@require_http_methods(["GET", "HEAD", "POST"])
@asks(Need.OWN)
def workspace_page(request: HttpRequest, workspace: str) -> HttpResponse:
    """Show and change what the workspace is called and speaks."""
    here = access_in(request).workspace
    if here is None:
        raise Http404
    before = {"name": here.name, "language": here.language, "time_zone": here.time_zone}
    form = WorkspaceForm(request.POST or None, initial=before, label_suffix="")
    if request.method == "POST" and form.is_valid():
        if change_workspace(here, **form.cleaned_data, actor=access_in(request).actor):
            messages.success(request, _("Saved."))
        return redirect("accounts:workspace", workspace)
    context = with_sections(request, form=form, workspace=here)
    status = 400 if form.errors else 200
    return render(request, "accounts/workspace.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@asks(Need.MEMBER)
def new_workspace(request: HttpRequest) -> HttpResponse:
    """Make another workspace; only who owns one may, and owns the new one too."""
    member = access_in(request).member
    if member is None or not owns_a_workspace(member):
        raise PermissionDenied
    form = NewWorkspaceForm(
        request.POST or None, initial={"language": get_language()}, label_suffix=""
    )
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        made = found_workspace(member, told["name"], language=told["language"])
        return redirect("maps:index", made.slug)
    status = 400 if form.errors else 200
    return render(request, "accounts/new_workspace.html", {"form": form}, status=status)
