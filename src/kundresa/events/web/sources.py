"""The sources of a workspace: who sends events, with which key, and when it was last heard."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from kundresa.accounts.api import Need, Workspace, access_in, actor_of, asks
from kundresa.events.actions import close_source, make_source, open_source, rename_source
from kundresa.events.models import Source
from kundresa.events.queries import sources_of

_MICRO: Final = 1_000_000


class SourceForm(forms.Form):
    """What a source is called."""

    name = forms.CharField(
        label=_("Name"),
        max_length=200,
        help_text=_("What sends the events, such as the web shop or the till."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@asks(Need.EDIT)
def sources(request: HttpRequest, workspace: str) -> HttpResponse:
    """Show the sources with their keys, and make another one."""
    form = SourceForm(request.POST or None, label_suffix="", auto_id="source_%s")
    if request.method == "POST" and form.is_valid():
        make_source(_here(request).pk, form.cleaned_data["name"], actor=actor_of(request))
        return redirect("events:sources", workspace)
    return _page(request, form)


@require_POST
@asks(Need.EDIT)
def rename(request: HttpRequest, workspace: str, source_id: int) -> HttpResponse:
    """Give a source another name."""
    form = SourceForm(request.POST, label_suffix="", auto_id=f"source_{source_id}_%s")
    if not form.is_valid():
        return _page(request, SourceForm(label_suffix="", auto_id="source_%s"), {source_id: form})
    name = form.cleaned_data["name"]
    if not rename_source(_here(request).pk, source_id, name, actor=actor_of(request)):
        raise Http404
    return redirect("events:sources", workspace)


@require_POST
@asks(Need.EDIT)
def close(request: HttpRequest, workspace: str, source_id: int) -> HttpResponse:
    """Take a key out of use; the page offers to take that back."""
    if not close_source(_here(request).pk, source_id, actor=actor_of(request)):
        raise Http404
    query = urlencode({"closed": source_id})
    return redirect(f"{reverse('events:sources', args=[workspace])}?{query}")


@require_POST
@asks(Need.EDIT)
def reopen(request: HttpRequest, workspace: str, source_id: int) -> HttpResponse:
    """Put a key to use again."""
    if not open_source(_here(request).pk, source_id, actor=actor_of(request)):
        raise Http404
    return redirect("events:sources", workspace)


def _page(
    request: HttpRequest, form: SourceForm, renamed: dict[int, SourceForm] | None = None
) -> HttpResponse:
    here = _here(request)
    found = sources_of(here.pk)
    closed = request.GET.get("closed", "")
    faulty = form.errors or renamed
    context = {
        "workspace": here,
        "form": form,
        "rows": [_row(one, (renamed or {}).get(one.pk)) for one in found],
        "closed": next((one for one in found if str(one.pk) == closed and not one.is_open), None),
        "collect": request.build_absolute_uri("/v1/batch"),
        "first": next((one for one in found if one.is_open), None),
    }
    return render(request, "events/sources.html", context, status=400 if faulty else 200)


def _row(source: Source, typed: SourceForm | None) -> dict[str, Any]:
    heard = source.heard_at
    form = typed or SourceForm(
        initial={"name": source.name}, label_suffix="", auto_id=f"source_{source.pk}_%s"
    )
    return {
        "source": source,
        "heard": None if heard is None else datetime.fromtimestamp(heard / _MICRO, UTC),
        "form": form,
        "is_renamed": typed is not None,
    }


def _here(request: HttpRequest) -> Workspace:
    found = access_in(request).workspace
    if found is None:  # the door lets nobody else in
        raise Http404
    return found
