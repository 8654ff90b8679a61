"""The operations of the API on imports and on the sources of events."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Path, Query, Router, Status
from pydantic import BaseModel, Field

from kundresa.accounts.api import Bearer, Need, Scope, access_in
from kundresa.accounts.contracts import MOST_ROWS, Answer, Done, Id, Name, Told
from kundresa.core.errors import NotFoundError
from kundresa.events import imports
from kundresa.events.actions import close_source, make_source
from kundresa.events.models import Import, Source
from kundresa.events.queries import sources_of

router = Router()
SourceId = Annotated[Id, Path()]


class ImportOut(BaseModel):
    id: str
    name: str
    state: str
    share: float = Field(description="How much of the file was read, 0 to 1.")
    rows: int
    events: int
    added: int = Field(description="Events that came in by this import.")
    readings: int
    rejected: int = Field(description="Rows that were put aside.")
    made_at: datetime
    ended_at: datetime | None


class ImportsAnswer(Answer):
    imports: list[ImportOut]


class SourceOut(BaseModel):
    id: int
    name: str
    is_open: bool
    made_at: datetime


class SourcesAnswer(Answer):
    sources: list[SourceOut]


class NewSource(Told):
    name: Name


class SourceAnswer(Answer):
    source: SourceOut
    write_key: str = Field(description="What the sender shows to `/v1/`.")


@router.get(
    "imports",
    auth=Bearer(Scope.EVENTS_READ),
    response=ImportsAnswer,
    operation_id="list_imports",
    summary="The imports",
)
def list_imports(
    request: HttpRequest,
    limit: Annotated[int, Query(ge=1, le=MOST_ROWS, description="How many at most.")] = 50,
) -> Any:
    """Give the newest imports and how far they are."""
    return {"imports": [_import(one) for one in imports.imports_of(_here(request), most=limit)]}


@router.get(
    "sources",
    auth=Bearer(Scope.EVENTS_READ),
    response=SourcesAnswer,
    operation_id="list_sources",
    summary="The sources",
)
def list_sources(request: HttpRequest) -> Any:
    """Give the senders of events, those that may send first."""
    return {"sources": [_source(one) for one in sources_of(_here(request))]}


@router.post(
    "sources",
    auth=Bearer(Scope.EVENTS_WRITE, Need.EDIT),
    response={201: SourceAnswer},
    operation_id="make_source",
    summary="Make a source",
)
def add_source(request: HttpRequest, told: NewSource) -> Any:
    """Make a sender of events, and give its write key."""
    made = make_source(_here(request), told.name, actor=access_in(request).actor)
    return Status(201, {"source": _source(made), "write_key": made.write_key})


@router.delete(
    "sources/{source_id}",
    auth=Bearer(Scope.EVENTS_WRITE, Need.EDIT),
    response=Done,
    operation_id="close_source",
    summary="Close a source",
)
def delete_source(request: HttpRequest, source_id: SourceId) -> Any:
    """Take a write key out of use; what came by it stays."""
    if not close_source(_here(request), source_id, actor=access_in(request).actor):
        raise NotFoundError("That source is not here.", hint="Look at the list of sources.")
    return {}


def _here(request: HttpRequest) -> int:
    workspace = access_in(request).workspace
    return workspace.pk if workspace is not None else 0


def _import(one: Import) -> dict[str, Any]:
    names = (
        "id", "name", "state", "share", "rows", "events", "added", "readings", "rejected",
        "made_at", "ended_at",
    )  # fmt: skip
    return {name: getattr(one, name) for name in names}


def _source(one: Source) -> dict[str, Any]:
    return {name: getattr(one, name) for name in ("id", "name", "is_open", "made_at")}
