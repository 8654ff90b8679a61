"""The departments of a workspace."""

from __future__ import annotations

from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from kundresa.accounts import departments
from kundresa.accounts.access import access_in
from kundresa.accounts.models import Department
from kundresa.accounts.rules import Need, asks
from kundresa.accounts.web.answers import actor_in, done, undo_asked, workspace_in
from kundresa.accounts.web.people_forms import DepartmentForm
from kundresa.accounts.web.sections import with_sections
from kundresa.core.errors import NotFoundError

PAGE: Final = "accounts:departments"
UNDO: Final = "accounts:department-undo"


@require_http_methods(["GET", "HEAD", "POST"])
@asks(Need.LOOK, change=Need.OWN)
def listed(request: HttpRequest, workspace: str) -> HttpResponse:  # noqa: ARG001
    """Show the departments, and add one."""
    here = workspace_in(request)
    form = DepartmentForm(here, request.POST or None)
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["name"]
        departments.add_department(here, name, actor=actor_in(request))
        return done(request, PAGE, _("The department “%(name)s” is added.") % {"name": name})
    return _page(request, form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@asks(Need.OWN)
def rename(request: HttpRequest, workspace: str, department: int) -> HttpResponse:  # noqa: ARG001
    """Give a department another name."""
    here = workspace_in(request)
    found = get_object_or_404(Department, workspace=here, pk=department)
    form = DepartmentForm(
        here, request.POST or None, department=found, initial={"name": found.name}
    )
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["name"]
        departments.rename_department(here, department, name, actor=actor_in(request))
        return done(request, PAGE, _("The department is called “%(name)s” now.") % {"name": name})
    context = with_sections(request, form=form, department=found, slug=here.slug)
    status = 400 if form.errors else 200
    return render(request, "accounts/department.html", context, status=status)


@require_POST
@asks(Need.OWN)
def remove(request: HttpRequest, workspace: str, department: int) -> HttpResponse:  # noqa: ARG001
    """Take a department away; who was in it is in none."""
    try:
        line = departments.remove_department(
            workspace_in(request), department, actor=actor_in(request)
        )
    except NotFoundError as error:
        raise Http404 from error
    text = _("The department “%(name)s” is removed.") % {"name": line.subject}
    return done(request, PAGE, text, line, UNDO)


@require_POST
@asks(Need.OWN)
def undo(request: HttpRequest, workspace: str, line: int) -> HttpResponse:  # noqa: ARG001
    """Put a department back, with those who were in it."""
    try:
        found = departments.undo_removal(workspace_in(request), line, actor=actor_in(request))
    except NotFoundError as error:
        raise Http404 from error
    return done(request, PAGE, _("The department “%(name)s” is back.") % {"name": found.name})


def _page(request: HttpRequest, **context: Any) -> HttpResponse:
    here, form = workspace_in(request), context["form"]
    shown = {
        "departments": departments.departments_of(here),
        "undo": undo_asked(request, UNDO) if access_in(request).may_own else "",
        "slug": here.slug,
        **context,
    }
    page = with_sections(request, **shown)
    status = 400 if form.errors else 200
    return render(request, "accounts/departments.html", page, status=status)
