"""The pages of imports: the list with its upload, and one import from its columns to its result.

What each view asks of its reader stands above it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import Concatenate, Final, ParamSpec, cast

from django.forms import Form
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
)
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kundresa.accounts.api import (
    Need,
    Right,
    Workspace,
    actor_names,
    actor_of,
    asks,
    may_change,
    workspace_by_slug,
)
from kundresa.core.errors import KundresaError, NotFoundError
from kundresa.core.settings import settings
from kundresa.events import imports
from kundresa.events.models import Import
from kundresa.events.web import shown
from kundresa.events.web.forms import NameForm, UploadForm, read_choices, zone_or_usual, zones
from kundresa.events.web.words import (
    STATES,
    added_in_words,
    in_language,
    number_forms,
    time_forms,
    what_columns_become,
)

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]
_PIECE: Final = 1 << 18
_MOST_MAPPING: Final = 1 << 18
_MOST_MENDED: Final = 64 << 20


def found(view: View[P]) -> View[P]:
    """Answer 404 where a workspace or an import isn't there, whoever's it may be."""

    @wraps(view)
    def answer(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except NotFoundError as error:
            raise Http404(str(error)) from error

    return cast("View[P]", answer)


# Files hold rows about customers, so it takes the right to see them.
reads = asks(Need.LOOK, rights=[Right.SEE_CUSTOMERS])
changes = asks(Need.EDIT, rights=[Right.SEE_CUSTOMERS])


# --- the list and the upload ----------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@found
@asks(Need.LOOK, change=Need.EDIT)
def index(request: HttpRequest, workspace: str) -> HttpResponseBase:
    """Show the imports of a workspace; a browser without script sends the file here."""
    owner = workspace_by_slug(workspace)
    if request.method != "POST":
        return _index(request, owner)
    return _take_form(request, owner)


def _take_form(request: HttpRequest, owner: Workspace) -> HttpResponseBase:
    if refused := _refused(request):
        return _index(request, owner, error=in_language(str(refused)), status=refused.status)
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _index(request, owner, error=_errors(form, "file"), status=400)
    sent = form.cleaned_data["file"]
    try:
        one = _received(request, owner, sent.chunks(_PIECE), sent.name or "")
    except KundresaError as error:
        return _index(request, owner, error=in_language(str(error)), status=error.status)
    return redirect("events:import", owner.slug, one.id)


@require_http_methods(["PUT"])
@found
@changes
def upload(request: HttpRequest, workspace: str) -> HttpResponseBase:
    """Take a file as the body of a request, as the page's script sends it."""
    owner = workspace_by_slug(workspace)
    pieces = iter(lambda: request.read(_PIECE), b"")
    try:
        one = _received(request, owner, pieces, request.GET.get("name", ""))
    except KundresaError as error:
        return JsonResponse({"message": in_language(str(error))}, status=error.status)
    return JsonResponse({"address": reverse("events:import", args=[owner.slug, one.id])})


def _received(request: HttpRequest, owner: Workspace, pieces: Iterator[bytes], name: str) -> Import:
    told = settings()
    scope = getattr(request, "scope", {})
    if refused := _refused(request):
        raise refused
    incoming = scope.get("kundresa.upload") or imports.write_incoming(
        pieces, told.data_dir, told.upload_megabytes * 1_000_000
    )
    zone = zone_or_usual(request.GET.get("zone") or request.POST.get("zone"))
    return imports.receive(
        owner.id, told.data_dir, incoming, name=name, zone=zone, actor=actor_of(request)
    )


def _refused(request: HttpRequest) -> KundresaError | None:
    """Give why a file was refused before it came here (`project.uploads`)."""
    found: KundresaError | None = getattr(request, "scope", {}).get("kundresa.refused")
    return found


def _index(
    request: HttpRequest, owner: Workspace, *, error: str = "", status: int = 200
) -> HttpResponse:
    found = imports.imports_of(owner.id)
    names = actor_names(one.actor for one in found)
    rows = [(one, STATES[one.state], added_in_words(one), names[one.actor]) for one in found]
    context = {
        "workspace": owner, "imports": rows, "error": error, "may_change": may_change(request),
        "most": settings().upload_megabytes, "days": settings().upload_days,
    }  # fmt: skip
    return render(request, "events/imports.html", context, status=status)


# --- one import -----------------------------------------------------------------------------------


@require_safe
@found
@reads
def read(request: HttpRequest, workspace: str, import_id: str) -> HttpResponseBase:
    """Show one import: what its columns become, how far it is, or what came of it."""
    return _page(request, *_one(workspace, import_id))


@require_POST
@found
@changes
def preview(request: HttpRequest, workspace: str, import_id: str) -> HttpResponseBase:
    """Keep what was chosen, and show what comes of it."""
    owner, one = _one(workspace, import_id)
    _choose(request, one)
    if request.headers.get("HX-Request") != "true":
        return redirect("events:import", owner.slug, one.id)
    return render(request, "events/_plan.html", _context(request, owner, one))


@require_POST
@found
@changes
def start(request: HttpRequest, workspace: str, import_id: str) -> HttpResponseBase:
    """Hand the import to a worker; what is wrong with the choices is told first."""
    owner, one = _one(workspace, import_id)
    _choose(request, one)
    page = shown.import_page(owner, one, _folder())
    if page.is_chosen_now and shown.draft_page(one, _folder()).wrong:
        return _page(request, owner, one, status=400)
    imports.start(one, actor=actor_of(request))
    return redirect("events:import", owner.slug, one.id)


@require_POST
@found
@changes
def stop(request: HttpRequest, workspace: str, import_id: str) -> HttpResponseBase:
    """Stop the import; what is saved stays."""
    owner, one = _one(workspace, import_id)
    imports.stop(one, actor=actor_of(request))
    return redirect("events:import", owner.slug, one.id)


@require_POST
@found
@changes
def remove(request: HttpRequest, workspace: str, import_id: str) -> HttpResponseBase:
    """Remove an upload that was never started."""
    owner, one = _one(workspace, import_id)
    imports.discard(one, _folder(), actor=actor_of(request))
    return redirect("events:imports", owner.slug)


@require_safe
@found
@asks(Need.LOOK)
def progress(request: HttpRequest, workspace: str, import_id: str) -> HttpResponseBase:
    """Show how far an import is; once it has ended, the browser loads the page anew."""
    owner, one = _one(workspace, import_id)
    page = shown.import_page(owner, one, _folder())
    context = {"page": page, "workspace": owner, "is_fragment": True}
    answer = render(request, "events/_progress.html", context)
    if not page.is_at_work:
        answer.headers["HX-Refresh"] = "true"
    return answer


@require_POST
@found
@changes
def mended(request: HttpRequest, workspace: str, import_id: str) -> HttpResponseBase:
    """Import rows that were put aside and mended."""
    owner, one = _one(workspace, import_id)
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, owner, one, mended_error=_errors(form, "file"), status=400)
    sent = form.cleaned_data["file"]
    try:
        incoming = imports.write_incoming(sent.chunks(_PIECE), _folder(), _MOST_MENDED)
        again = imports.receive_mended(
            one, _folder(), incoming, name=sent.name or "", actor=actor_of(request)
        )
    except KundresaError as error:
        said = in_language(str(error))
        return _page(request, owner, one, mended_error=said, status=error.status)
    return redirect("events:import", owner.slug, again.id)


@require_safe
@found
@reads
def quarantine_file(request: HttpRequest, workspace: str, import_id: str) -> HttpResponseBase:  # noqa: ARG001
    """Give the rows that were put aside."""
    _, one = _one(workspace, import_id)
    path = imports.aside_of(one, _folder())
    if not path.exists():
        raise Http404
    name = f"{one.name}.quarantine.jsonl"
    return FileResponse(path.open("rb"), as_attachment=True, filename=name,
                        content_type="application/x-ndjson")  # fmt: skip


# --- mappings -------------------------------------------------------------------------------------


@require_safe
@found
@asks(Need.LOOK)
def mapping_file(request: HttpRequest, workspace: str, import_id: str) -> HttpResponseBase:  # noqa: ARG001
    """Give the mapping as a file."""
    _, one = _one(workspace, import_id)
    if one.mended_of:
        raise Http404
    if shown.has_wrong_choices(one):
        return redirect("events:import", workspace, one.id)  # where what is wrong is told
    answer = HttpResponse(imports.mapping_text(one), content_type="application/yaml")
    name = content_disposition_header(as_attachment=True, filename=f"{one.name}.mapping.yaml")
    answer.headers["Content-Disposition"] = name or "attachment"
    return answer


@require_POST
@found
@changes
def use_mapping(request: HttpRequest, workspace: str, import_id: str) -> HttpResponseBase:
    """Take the choices of a mapping that was saved, or of a mapping file."""
    owner, one = _one(workspace, import_id)
    if name := request.POST.get("saved", ""):
        plan = imports.fitted(imports.saved_mapping(owner.id, name).plan, one)
        imports.change_plan(one, plan)
        return redirect("events:import", owner.slug, one.id)
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, owner, one, mapping_error=_errors(form, "file"), status=400)
    try:
        _take_mapping(one, form.cleaned_data["file"].chunks(_PIECE))
    except KundresaError as error:
        said = in_language(imports.in_peoples_names(str(error), one, _folder()))
        return _page(request, owner, one, mapping_error=said, status=error.status)
    return redirect("events:import", owner.slug, one.id)


def _take_mapping(one: Import, pieces: Iterator[bytes]) -> None:
    incoming = imports.write_incoming(pieces, _folder(), _MOST_MAPPING)
    try:
        imports.change_plan(one, imports.plan_of_file(one, _folder(), incoming))
    except KundresaError as error:
        error.message = error.message.replace(str(incoming), "YAML").replace(incoming.name, "YAML")
        raise
    finally:
        incoming.unlink(missing_ok=True)


@require_POST
@found
@changes
def save_mapping(request: HttpRequest, workspace: str, import_id: str) -> HttpResponseBase:
    """Keep the choices under a name, for the next such file."""
    owner, one = _one(workspace, import_id)
    form = NameForm(request.POST)
    if not form.is_valid():
        return _page(request, owner, one, name_error=_errors(form, "name"), status=400)
    imports.save_mapping(one, form.cleaned_data["name"], actor=actor_of(request))
    return redirect("events:import", owner.slug, one.id)


# --- what they share ------------------------------------------------------------------------------


def _one(workspace: str, import_id: str) -> tuple[Workspace, Import]:
    owner = workspace_by_slug(workspace)
    return owner, imports.import_of(owner.id, import_id)


def _errors(form: Form, field: str) -> str:
    return " ".join(str(error) for error in form.errors[field])


def _folder() -> Path:
    return settings().data_dir


def _choose(request: HttpRequest, one: Import) -> None:
    before = imports.choices_in(one.plan)
    if before is not None and "zone" in request.POST:
        chosen = read_choices(request.POST, before, one.name, one.file)
        imports.change_plan(one, imports.plan_of(chosen))


def _page(
    request: HttpRequest, owner: Workspace, one: Import, *, status: int = 200, **told: str
) -> HttpResponse:
    context = {**_context(request, owner, one), **told}
    return render(request, "events/import.html", context, status=status)


def _context(request: HttpRequest, owner: Workspace, one: Import) -> dict[str, object]:
    page = shown.import_page(owner, one, _folder())
    context: dict[str, object] = {
        "page": page, "one": one, "workspace": owner, "may_change": may_change(request),
        "days": settings().upload_days,
    }  # fmt: skip
    if page.is_chosen_now:
        context |= {
            "draft": shown.draft_page(one, _folder()), "becomes": what_columns_become(),
            "forms": time_forms(), "zones": zones(), "decimals": number_forms(), "saved": imports.saved_mappings(one),
        }  # fmt: skip
    return context
