"""The pattern page: every component in its states, for those who build pages and those who judge.

It stands in every installation and holds no data; what its forms are sent is checked and dropped.
"""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kundresa.measures.intervals import rate_of
from kundresa.ui.contracts import Work
from kundresa.ui.filters import filter_from, filter_of
from kundresa.ui.period import picker_of
from kundresa.ui.web import sample_pages, samples
from kundresa.ui.web.sample_pages import SignInForm, WorkspaceForm
from kundresa.ui.web.samples import SampleForm

_TOTAL = 1_000_000
_ORDERS = {"name": "name", "reach": "reach", "rate": "rate"}


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Show every component."""
    faulty = SampleForm({"name": "x" * 41, "channel": "", "moment": "plain"}, label_suffix="")
    context = _shared(request) | {
        "form": SampleForm(label_suffix="", auto_id="new_%s"),
        "faulty": faulty,
        "rows": _sorted(request.GET.get("sort", "")),
        "means": samples.means(),
        "members": sample_pages.members(),
        "tabs": samples.tabs(),
        "works": samples.works(),
        "filter": filter_of(samples.CONDITION, "profile", reverse("ui:patterns-filter")),
        "stages": range(8),
        "personas": range(6),
    }
    return render(request, "ui/patterns/page.html", context)


@require_safe
def insight(request: HttpRequest) -> HttpResponse:
    """Show the components as a page of an analysis."""
    return render(request, "ui/patterns/insight.html", _shared(request))


@require_safe
def empty(request: HttpRequest) -> HttpResponse:
    """Show what a page says where there is nothing yet."""
    return render(request, "ui/patterns/empty.html")


@require_safe
def members(request: HttpRequest) -> HttpResponse:
    """Show a page of settings: the sections beside it, a table of people."""
    people = sample_pages.members()
    if request.GET.get("sort") == "-name":
        people.reverse()
    sections = sample_pages.sections("members")
    context = {**sample_pages.framed(), "sections": sections, "members": people}
    return render(request, "ui/patterns/members.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def workspace(request: HttpRequest) -> HttpResponse:
    """Show a long form under its sections; what is sent is checked and dropped."""
    form = WorkspaceForm(request.POST or None, label_suffix="")
    is_good = request.method == "POST" and form.is_valid()
    sections = sample_pages.sections("workspace")
    context = {**sample_pages.framed(), "sections": sections, "form": form, "is_good": is_good}
    status = 400 if form.errors else 200
    return render(request, "ui/patterns/workspace.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Show the card without frame; nobody is let in here."""
    form = SignInForm(request.POST or None, label_suffix="")
    context = {"form": form}
    return render(request, "ui/patterns/sign_in.html", context, status=400 if form.errors else 200)


@require_POST
def form(request: HttpRequest) -> HttpResponse:
    """Check the sample form; a fragment for htmx, else the whole page."""
    sent = SampleForm(request.POST, label_suffix="", auto_id="new_%s")
    is_good = sent.is_valid()
    context = {"form": sent, "is_good": is_good}
    name = "_form.html" if "HX-Request" in request.headers else "form.html"
    return render(request, f"ui/patterns/{name}", context, status=200 if is_good else 400)


@require_POST
def filter_form(request: HttpRequest) -> HttpResponse:
    """Do what the button of the filter asked."""
    found = filter_from(request.POST.dict(), "profile", reverse("ui:patterns-filter"))
    name = "_filter.html" if "HX-Request" in request.headers else "filter.html"
    return render(request, f"ui/patterns/{name}", {"filter": found})


@require_POST
def note(_request: HttpRequest) -> HttpResponse:
    """Answer with a note that can be undone."""
    return _told(_("The card was removed."), reverse("ui:patterns-undo"))


@require_POST
def undo(_request: HttpRequest) -> HttpResponse:
    """Answer that it was undone."""
    return _told(_("The card is back."))


@require_safe
def work(request: HttpRequest) -> HttpResponse:
    """Give the next state of the sample job, a fifth further than the last."""
    asked = request.GET.get("done", "0")
    done = min(_TOTAL, (int(asked) if asked.isdecimal() and len(asked) < 9 else 0) + _TOTAL // 5)
    state = "done" if done == _TOTAL else "running"
    address = f"{reverse('ui:patterns-work')}?done={done}"
    job = Work(_("Reading orders-2026.csv"), done, _TOTAL, state, address=address)
    return render(request, "ui/patterns/_work.html", {"work": job})


def _told(text: str, undo: str = "") -> HttpResponse:
    told = {"tell": {"text": text, "undo": undo}}
    return HttpResponse(status=204, headers={"HX-Trigger": json.dumps(told)})


def _shared(request: HttpRequest) -> dict[str, Any]:
    return {
        "picker": picker_of(request.GET, samples.TODAY, samples.SPAN),
        "figure": samples.figure(),
        "chart": samples.chart(),
        "rate": rate_of(3170, 5992),
        "few": rate_of(12, 23),
        "share": rate_of(61, 148),
    }


def _sorted(order: str) -> list[dict[str, Any]]:
    key = _ORDERS.get(order.removeprefix("-"))
    rows = samples.rows()
    return sorted(rows, key=lambda row: row[key], reverse=order.startswith("-")) if key else rows
