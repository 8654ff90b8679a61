"""The operation of the API that answers query documents over a workspace's events."""

from __future__ import annotations

from typing import Annotated, Any, Final

from django.http import HttpRequest
from ninja import Body, Router

from kundresa.accounts.api import Bearer, Scope, access_in
from kundresa.accounts.errors import NotAllowedError, NoTokenError
from kundresa.core.errors import BadInputError
from kundresa.maps.queries import answer_of
from kundresa.maps.rules import has_conditions

router = Router()
_QUERY: Final = {
    "type": "object",
    "description": "A query document, as the reference of documents has it.",
    "required": ["kundresa_query", "type"],
    "properties": {"kundresa_query": {"const": 1}, "type": {"type": "string"}},
}
_RESULT: Final = {
    "type": "object",
    "description": "The result of that type of query, beside `ok`.",
    "required": ["ok", "type"],
    "properties": {"ok": {"const": True}, "type": {"type": "string"}},
}


@router.post(
    "query",
    auth=Bearer(Scope.QUERY),
    operation_id="query",
    summary="Answer a query",
    openapi_extra={
        "requestBody": {"content": {"application/json": {"schema": _QUERY}}},
        "responses": {200: {"content": {"application/json": {"schema": _RESULT}}}},
        "x-errors": {"404": "The workspace has no map of that id"},
    },
)
def query(request: HttpRequest, document: Annotated[Any, Body()]) -> Any:
    """Answer a query document over the events of the workspace, as `kundresa query --json` does.

    A query that chooses by conditions needs a member who may see customers.
    """
    access = access_in(request)
    if access.workspace is None:
        raise NoTokenError("This needs an API token.")
    if not isinstance(document, dict):
        raise BadInputError("The body is not a query document.", hint="Begin with {.")
    if has_conditions(document) and not access.sees_customers:
        raise NotAllowedError(
            "A query with conditions can be put about one customer, and this token's member may "
            "not see customers.",
            hint="Ask by names of events, or ask an owner for that right.",
        )
    return {"ok": True, **answer_of(access.workspace.pk, document)}
