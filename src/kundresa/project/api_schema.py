"""The schema of the API, completed by what the framework doesn't know: scopes, roles, errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, Final

from ninja.openapi.schema import OpenAPISchema

from kundresa.accounts.api import Bearer, Need, Role

Operation = dict[str, Any]
METHODS: Final = ("get", "post", "put", "patch", "delete")
LEAST: Final = {
    Need.LOOK: Role.VIEWER.value,
    Need.COMMENT: Role.COMMENTER.value,
    Need.EDIT: Role.EDITOR.value,
    Need.OWN: Role.OWNER.value,
}
"""The role that a member must at least have."""
ALWAYS: Final = {
    "401": "No token, or one that does not hold",
    "403": "The token or its member may not",
    "429": "The token asks too often; Retry-After tells when to come again",
}
BAD_INPUT: Final = "Something in the request is wrong; `faults` says what and where"
WITH_BODY: Final = {
    "413": "The body is too large",
    "415": "The body is of another kind",
}


def completed(
    found: OpenAPISchema, checks: Mapping[str, Bearer], envelope: Mapping[str, Any]
) -> OpenAPISchema:
    """Add to each operation its scope, its role and the errors that it answers."""
    for path, operation in operations_of(found):
        check = checks.get(operation["operationId"])
        if check is not None:
            operation["x-scope"] = check.scope.value if check.scope else None
            operation["x-role"] = LEAST[check.need]
        _add_errors(path, operation)
    found["components"]["schemas"] |= _errors(envelope)
    return found


def operations_of(found: Mapping[str, Any]) -> Iterator[tuple[str, Operation]]:
    """Give each operation with its path."""
    for path, methods in found["paths"].items():
        for method in METHODS:
            if method in methods:
                yield path, methods[method]


def _add_errors(path: str, operation: Operation) -> None:
    told = dict(ALWAYS)
    if operation.get("parameters") or "requestBody" in operation:
        told["400"] = BAD_INPUT
    if "{" in path:
        told["404"] = "Not in this workspace"
    if "requestBody" in operation:
        told |= WITH_BODY
    told |= operation.pop("x-errors", {})
    answers = operation["responses"]
    for status in sorted(told):
        answers[status] = {
            "description": told[status],
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}},
        }


def _errors(envelope: Mapping[str, Any]) -> dict[str, Any]:
    """Give the error of every answer, as the command line's envelope has it."""
    error, fault = deepcopy(envelope["error"]), deepcopy(envelope["fault"])
    error["properties"]["faults"]["items"] = {"$ref": "#/components/schemas/Fault"}
    return {
        "Fault": {"title": "Fault", **fault},
        "Error": {"title": "Error", **error},
        "Refusal": {
            "title": "Refusal",
            "type": "object",
            "required": ["ok", "error"],
            "additionalProperties": False,
            "properties": {
                "ok": {"const": False},
                "error": {"$ref": "#/components/schemas/Error"},
            },
        },
    }
