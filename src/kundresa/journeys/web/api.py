"""The operations of the API on maps: listed, read, and put in their place."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Annotated, Any, Final

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse
from ninja import Path, Router
from pydantic import BaseModel, Field

from kundresa.accounts.api import Bearer, Need, Scope, access_in
from kundresa.accounts.contracts import Answer
from kundresa.core.errors import BadInputError, Fault, KundresaError
from kundresa.documents import read_data
from kundresa.journeys.actions import save_map
from kundresa.journeys.models import StoredMap
from kundresa.journeys.queries import mark_of, stored_map, stored_maps

router = Router()
MapId = Annotated[
    str, Path(max_length=100, pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.:\-]*$", description="Its id.")
]
YAML: Final = "application/yaml"
JSON: Final = "application/json"
# Half a pair of surrogates, and tabs before a key, mean other things in YAML.
_READ_OTHERWISE: Final = re.compile(r"\\u[dD][89a-fA-F]|\\/|\t")
_TEXT: Final = {"schema": {"type": "string"}}
_DOCUMENT: Final = {
    "type": "object",
    "description": "A map document; see the reference of documents.",
    "required": ["journey-map", "id", "title"],
}


class UnknownMediaError(KundresaError):
    """A map is sent in a form that we don't read."""

    status = 415
    code = "unsupported_media_type"


class MapRow(BaseModel):
    id: str
    title: str
    kind: str
    status: str
    saved_at: datetime
    etag: str = Field(description="Tells one state of the map from another.")


class MapsAnswer(Answer):
    maps: list[MapRow]


class MapAnswer(Answer):
    map: dict[str, Any] = Field(description="The map document.")
    etag: str


class SavedAnswer(Answer):
    id: str
    etag: str


@router.get(
    "maps",
    auth=Bearer(Scope.MAPS_READ),
    response=MapsAnswer,
    operation_id="list_maps",
    summary="The maps",
)
def list_maps(request: HttpRequest) -> Any:
    """Give the maps by their ids, each with its title in its own language."""
    return {
        "maps": [
            {
                "id": one.map_id,
                "title": read.title.in_language(read.language),
                "kind": read.kind,
                "status": read.status,
                "saved_at": one.saved_at,
                "etag": mark_of(one.text),
            }
            for one, read in stored_maps(_workspace(request))
        ]
    }


@router.get(
    "maps/{map_id}",
    auth=Bearer(Scope.MAPS_READ),
    response=MapAnswer,
    operation_id="read_map",
    summary="A map",
    openapi_extra={"responses": {200: {"content": {YAML: _TEXT}}}},
)
def read_map(request: HttpRequest, map_id: MapId) -> Any:
    """Give a map document as JSON, or as YAML with its comments: say so in Accept."""
    found = stored_map(_workspace(request), map_id)
    if request.get_preferred_type([JSON, YAML]) == YAML:
        return _with_mark(found, HttpResponse(found.text, content_type=f"{YAML}; charset=utf-8"))
    answer = {"ok": True, "map": read_data(found.text, "yaml").result, "etag": mark_of(found.text)}
    return _with_mark(found, _json(answer))


@router.put(
    "maps/{map_id}",
    auth=Bearer(Scope.MAPS_WRITE, Need.EDIT),
    response=SavedAnswer,
    operation_id="write_map",
    summary="Write a map",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {JSON: {"schema": _DOCUMENT}, YAML: _TEXT},
        },
        "parameters": [
            {
                "in": "header",
                "name": "If-Match",
                "required": False,
                "description": "The ETag of the map that the change was made from.",
                "schema": {"type": "string"},
            }
        ],
        "x-errors": {"412": "The map was changed meanwhile"},
    },
)
def write_map(request: HttpRequest, map_id: MapId) -> Any:
    """Keep a map document, made anew or in the place of the one before; every fault is told."""
    workspace_id = _workspace(request)
    given = request.headers.get("If-Match", "").strip()
    save_map(
        workspace_id,
        _text_of(request),
        actor=access_in(request).actor,
        map_id=map_id,
        made_from=given.removeprefix("W/").strip('"') if given and given != "*" else None,
    )
    found = stored_map(workspace_id, map_id)
    return _with_mark(found, _json({"ok": True, "id": map_id, "etag": mark_of(found.text)}))


def _workspace(request: HttpRequest) -> int:
    workspace = access_in(request).workspace
    return workspace.pk if workspace is not None else 0


def _json(told: dict[str, Any]) -> HttpResponse:
    text = json.dumps(told, ensure_ascii=False, cls=DjangoJSONEncoder)
    return HttpResponse(text, content_type=JSON)


def _with_mark(found: StoredMap, answer: HttpResponse) -> HttpResponse:
    answer.headers["ETag"] = f'"{mark_of(found.text)}"'
    answer.headers["Vary"] = "Accept"
    return answer


def _text_of(request: HttpRequest) -> str:
    """Give the body as text that can be read as YAML."""
    if request.content_type not in {JSON, YAML}:
        raise UnknownMediaError(
            f"The map is sent as {request.content_type or 'nothing'!r}.",
            hint=f'Send it with "Content-Type: {JSON}" or "{YAML}".',
        )
    try:
        text = request.body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadInputError("The map is no UTF-8.", hint="Save it as UTF-8.") from error
    return _as_yaml(text) if request.content_type == JSON else text


def _as_yaml(text: str) -> str:
    """Give JSON as it came where YAML reads the same in it, so that faults keep their lines."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        line, column = getattr(error, "lineno", None), getattr(error, "colno", None)
        said = getattr(error, "msg", "It is nested too deep")
        fault = Fault("", f"The text is no JSON here: {said}.", "", line, column)
        raise BadInputError("The map can't be read.", faults=[fault]) from error
    return json.dumps(data, ensure_ascii=False, indent=2) if _READ_OTHERWISE.search(text) else text
