"""The management API: the areas' operations under one address, one shape of errors, one schema.

An operation names the check of its token (`accounts.bearer`); one that names none answers nobody.
"""

from __future__ import annotations

import json
from functools import cached_property
from http import HTTPStatus
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.parser import Parser

from kundresa import __version__
from kundresa.accounts.bearer import Bearer, nobody
from kundresa.accounts.errors import NoTokenError, TooManyRequestsError
from kundresa.accounts.web.api import router as accounts
from kundresa.accounts.web.api_people import router as people
from kundresa.core.errors import BadInputError, Fault, KundresaError, NotFoundError
from kundresa.documents.schemas import schema
from kundresa.events.web.api import router as events
from kundresa.journeys.web.api import router as journeys
from kundresa.maps.web.api import router as maps
from kundresa.project.api_schema import completed

DEEPEST: Final = 64
"""Levels of a body; no document of ours needs as many."""
ABOUT: Final = (
    "What the pages do, for programs. Each answer is one JSON object: `ok` is true beside what was "
    "asked for, or false beside `error`."
)


class UnknownMediaError(KundresaError):
    """A body is of a kind that we don't read."""

    status = 415
    code = "unsupported_media_type"


class JsonBody(Parser):
    """Reads a body as JSON that every database can keep."""

    def parse_body(self, request: HttpRequest) -> Any:
        """Read the body of a request, or say what is wrong with it."""
        if request.content_type != "application/json":
            raise UnknownMediaError(
                f"The body is sent as {request.content_type or 'nothing'!r}.",
                hint='Send it with "Content-Type: application/json".',
            )
        try:
            found = json.loads(request.body, parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise BadInputError(
                f"The body is no JSON: {getattr(error, 'msg', 'it is nested too deep')}.",
                faults=[_place_in(error)] if isinstance(error, json.JSONDecodeError) else [],
            ) from error
        _refuse_what_no_database_keeps(found)
        return found


class ManagementApi(NinjaAPI):
    """The API with our errors, and with the scopes and errors in its schema."""

    @cached_property
    def _schema(self) -> OpenAPISchema:
        found = super().get_openapi_schema()
        return completed(found, self.checks(), schema("envelope")["$defs"])

    def get_openapi_schema(self, **_: Any) -> OpenAPISchema:
        """Give the schema; it is the same for everybody, so it is made once."""
        return self._schema

    def checks(self) -> dict[str, Bearer]:
        """Give the check of each operation by its id."""
        return {
            str(operation.operation_id): check
            for bound in self._get_bound_routers()
            for view in bound.path_operations.values()
            for operation in view.operations
            for check in operation.auth_callbacks
            if isinstance(check, Bearer)
        }

    def on_exception(self, request: HttpRequest, exc: Any) -> HttpResponse:  # noqa: ARG002
        """Answer what the reader can mend in the one shape of errors."""
        found = _as_ours(exc)
        if found is None:
            raise exc
        return refusal(found)


def refusal(error: KundresaError) -> HttpResponse:
    """Give the answer that tells an error."""
    answer = JsonResponse({"ok": False, "error": error.to_json()}, status=error.status)
    if error.status == HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="kundresa"'
    if isinstance(error, TooManyRequestsError):
        answer.headers["Retry-After"] = str(error.seconds)
    return answer


def _as_ours(error: BaseException) -> KundresaError | None:
    if isinstance(error, KundresaError):
        return error
    if isinstance(error, ValidationError):
        faults = [_fault_of(one) for one in error.errors]
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        return BadInputError(f"The request has {count}.", faults=faults)
    if isinstance(error, HttpError) and isinstance(error.__cause__, KundresaError):
        return error.__cause__
    if isinstance(error, AuthenticationError):
        return NoTokenError("This needs an API token.")
    if isinstance(error, Http404):
        return NotFoundError("There is nothing here.")
    return None


def _fault_of(told: Any) -> Fault:
    """Turn what the framework found in a field into a fault with its place."""
    source, *names = told["loc"]
    # The framework puts the name of the whole body before its fields.
    names = names[1:] if source == "body" and len(names) > 1 else names
    place = "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in names).lstrip(".")
    if told["type"] == "missing":
        return Fault(place if source != "body" or len(told["loc"]) > 2 else "", "is missing.")
    if told["type"] == "extra_forbidden":
        return Fault(place, "is not known here.", "Leave it out.")
    return Fault(place, f"{told['msg']}.".replace("..", "."))


def _place_in(error: json.JSONDecodeError) -> Fault:
    return Fault("", f"{error.msg}.", line=error.lineno, column=error.colno)


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _refuse_what_no_database_keeps(found: Any) -> None:
    """Refuse deep nesting, and text with a NUL or half a pair of surrogates."""
    level = [found]
    for _ in range(DEEPEST):
        texts = [one for one in level if isinstance(one, str)]
        texts += [key for one in level if isinstance(one, dict) for key in one]
        if any("\0" in text or not _is_unicode(text) for text in texts):
            raise BadInputError("The body has text with a character that can't be kept.")
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return
    raise BadInputError(f"The body is nested deeper than {DEEPEST} levels.")


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _make() -> ManagementApi:
    made = ManagementApi(
        title="Kundresa",
        version=__version__,
        description=ABOUT,
        urls_namespace="api",
        docs_url=None,
        auth=nobody,
        parser=JsonBody(),
    )
    for router in (accounts, people, journeys, maps, events):
        made.add_router("", router)
    return made


api: Final = _make()
