"""The pages of the maps: the list of a workspace, and one map with its numbers."""

from __future__ import annotations

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localdate
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kundresa.accounts.api import Need, access_in, asks
from kundresa.core.errors import NotFoundError
from kundresa.maps import queries
from kundresa.maps.contracts import MapPage
from kundresa.maps.web.definitions import stage_definitions
from kundresa.maps.web.forms import AskedForm
from kundresa.maps.web.notices import in_language
from kundresa.ui.period import PeriodPicker, Span, presets

_DAYS = ("start", "end")


@require_safe
@asks(Need.MEMBER)
def home(request: HttpRequest) -> HttpResponse:
    """Lead to the maps; where there are several workspaces, let the reader choose."""
    member = access_in(request).member
    found = queries.workspaces(member) if member is not None else []
    if len(found) == 1:
        return redirect("maps:index", found[0].slug)
    return render(request, "maps/home.html", {"workspaces": found})


@require_safe
@asks(Need.LOOK)
def index(request: HttpRequest, workspace: str) -> HttpResponse:
    """Show the maps of a workspace."""
    try:
        found = queries.map_index(workspace, get_language() or "en")
    except NotFoundError as error:
        raise Http404(str(error)) from error
    return render(request, "maps/index.html", {"index": found, "workspace": workspace})


@require_safe
@asks(Need.SHARED, shared=("map", "map_id"))
def read(request: HttpRequest, workspace: str, map_id: str) -> HttpResponse:
    """Show one map; a wrong choice is told beside its field and the rest still stands."""
    language = get_language() or "en"
    form = AskedForm(request.GET or None, label_suffix="")
    form.is_valid()
    try:
        page = queries.map_page(
            workspace, map_id, form.asked(language), shows_key=access_in(request).may_edit
        )
    except NotFoundError as error:
        raise Http404(str(error)) from error
    if form.errors:
        form.keep_what_was_typed(_shown(page))
    else:
        form = AskedForm(initial=_shown(page), label_suffix="")
    definitions = stage_definitions() if page.live else []
    picker = _picker(page, form)
    context = {
        "page": page,
        "picker": picker,
        "fields": _other_fields(page, form, picker),
        "kept": [(name, request.GET[name]) for name in _DAYS if picker and name in request.GET],
        "workspace": workspace,
        "definitions": definitions,
        "notices": [in_language(notice) for notice in page.notices],
        "collect": request.build_absolute_uri("/v1/batch"),
    }
    return render(request, "maps/map.html", context, status=400 if form.errors else 200)


def _picker(page: MapPage, form: AskedForm) -> PeriodPicker | None:
    """Offer a period where there are events to choose from."""
    if not page.live or not page.period:
        return None
    span = Span(page.period.start, page.period.end)
    everything: tuple[str, Span | None] = (_("All that is recorded"), None)
    return PeriodPicker(span, form, [everything, *presets(localdate())], _DAYS)


def _other_fields(
    page: MapPage, form: AskedForm, picker: PeriodPicker | None
) -> list[forms.BoundField]:
    """Give what stands beside the period; a wrong choice is told even where it changes nothing."""

    def is_shown(field: forms.BoundField) -> bool:
        if picker and field.name in _DAYS:
            return False
        return bool(page.live or field.name == "language" or field.errors)

    return [field for field in form if is_shown(field)]


def _shown(page: MapPage) -> dict[str, object]:
    """Fill the form with what is shown."""
    days = {"start": page.period.start, "end": page.period.end} if page.period else {}
    return {**days, "mode": page.mode, "language": page.language}
