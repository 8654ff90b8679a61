"""The audit trail as its owners read it: newest first, filtered by the address, as a file too."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Mapping
from typing import IO, Any, Final

from django import forms
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from kundresa.accounts.access import access_in
from kundresa.accounts.audit import Sought, actions_in, actors_in, audit_lines, audit_page
from kundresa.accounts.models import AuditLine, Workspace
from kundresa.accounts.queries import actor_names
from kundresa.accounts.rules import Need, asks
from kundresa.accounts.web.audit_words import action_in_words, details_in_words
from kundresa.accounts.web.sections import with_sections

_IN_MEMORY: Final = 1 << 20
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would reckon instead of showing it."""


class SoughtForm(forms.Form):
    """Who, what and when; nothing of it has to be told."""

    who = forms.ChoiceField(label=gettext_lazy("Who"), required=False)
    what = forms.ChoiceField(label=gettext_lazy("What"), required=False)
    day = forms.DateField(
        label=gettext_lazy("Day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": gettext_lazy("Write the day as 2026-01-31.")},
    )

    def __init__(self, asked: Mapping[str, Any], workspace: Workspace) -> None:
        super().__init__(asked, label_suffix="", auto_id="audit_%s")
        actors = actors_in(workspace.pk)
        names = sorted(actor_names(actors).items(), key=lambda pair: pair[1].casefold())
        actions = sorted((action_in_words(one), one) for one in actions_in(workspace.pk))
        self.fields["who"].choices = [("", _("Everybody")), *names]  # type: ignore[attr-defined]
        self.fields["what"].choices = [  # type: ignore[attr-defined]
            ("", _("Everything")), *((one, said) for said, one in actions),
        ]  # fmt: skip

    def sought(self) -> Sought:
        """Give what is asked for; what is wrong leaves nothing out."""
        self.is_valid()
        told = self.cleaned_data
        return Sought(told.get("who", ""), told.get("what", ""), told.get("day"))


@require_safe
@asks(Need.OWN)
def audit(request: HttpRequest, workspace: str) -> HttpResponse:  # noqa: ARG001
    """Show what was done here, newest first."""
    here = _workspace(request)
    form = SoughtForm(request.GET, here)
    lines = audit_lines(here.pk, form.sought(), timezone.get_current_timezone())
    page = audit_page(lines, below=_id(request, "below"), above=_id(request, "above"))
    kept: dict[str, str | int] = {
        key: value for key in form.fields if (value := request.GET.get(key))
    }
    context = with_sections(
        request,
        workspace=here,
        form=form,
        rows=_rows(page.lines),
        is_filtered=bool(kept),
        query=urlencode(kept),
        older=page.older and urlencode({**kept, "below": page.older}),
        newer=page.newer and urlencode({**kept, "above": page.newer}),
    )
    return render(request, "accounts/audit.html", context, status=400 if form.errors else 200)


@require_safe
@asks(Need.OWN)
def audit_file(request: HttpRequest, workspace: str) -> FileResponse:  # noqa: ARG001
    """Give the lines that are asked for as a table, all of them."""
    here = _workspace(request)
    form = SoughtForm(request.GET, here)
    lines = audit_lines(here.pk, form.sought(), timezone.get_current_timezone())
    file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - the answer closes it
    _write(file, lines.iterator(chunk_size=2000), actor_names(actors_in(here.pk)))
    file.seek(0)
    name = f"{here.slug}-audit.csv"
    return FileResponse(file, as_attachment=True, filename=name, content_type="text/csv")


def _write(file: IO[bytes], lines: Iterable[AuditLine], names: Mapping[str, str]) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=True)
    table = csv.writer(text)
    table.writerow(["id", "at", "actor", "name", "action", "subject", "details"])
    for line in lines:
        details = "; ".join(f"{name}: {said}" for name, said in details_in_words(line.details))
        told = (line.actor, names[line.actor], line.action, line.subject, details)
        table.writerow([line.pk, line.at.isoformat(), *map(_plain, told)])
    text.detach()


def _plain(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _rows(lines: Iterable[AuditLine]) -> list[dict[str, Any]]:
    lines = list(lines)
    names = actor_names(line.actor for line in lines)
    return [
        {
            "at": line.at, "who": names[line.actor], "what": action_in_words(line.action),
            "subject": line.subject, "details": details_in_words(line.details),
        }
        for line in lines
    ]  # fmt: skip


def _id(request: HttpRequest, name: str) -> int | None:
    written = request.GET.get(name, "")
    return int(written) if written.isdecimal() and len(written) < 19 else None


def _workspace(request: HttpRequest) -> Workspace:
    found = access_in(request).workspace
    assert found is not None  # noqa: S101 - the door found it
    return found
