"""Write the reference of the API from its schema: ``python tools/api_page.py``.

A test holds the page to what this writes, so that no operation, scope or error is left out.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

PAGE: Final = Path(__file__).resolve().parents[1] / "docs/reference/api.md"
HEAD: Final = """# The API

<!-- Written by tools/api_page.py from the API's own schema. -->

What the pages do, for programs. [Use the API](../how-to/use-the-api.md) shows it at work;
`/api/openapi.json` is its OpenAPI 3.1 schema, open to everybody.

- **Token.** Each request shows one: `Authorization: Bearer kundresa_…`. A token acts as its member in
  one workspace, with the scopes it was made for, and never may more than its member may at that
  moment. It ends when it is revoked, when its time is over, and with the membership. Cookies open
  nothing here.
- **Answers** are the [envelope](documents.md#envelope) of the command line: `"ok": true` beside what
  was asked for, or `"ok": false` beside `error` with `code`, `message`, `hint` and, where a whole
  body was checked, `faults` with the place of each.
- **Bodies** are JSON, 2 MiB at most and 64 levels deep.
- **How often.** 100 requests at once, and 10 a second for long; each web process counts for itself.
  Then 429, and the header `Retry-After` tells the seconds to wait.
- **What is in another workspace** is not there: 404.

## Scopes

| Scope | Opens something to | Operations |
|---|---|---|
"""
MEANS: Final = {
    "400": "something in the request is wrong; `faults` says what and where",
    "401": "no token, or one that doesn't hold",
    "403": "the token lacks the scope, or its member the role or right",
    "404": "not in this workspace",
    "405": "that can't be done at this address; `Allow` tells what can",
    "409": "it would leave the workspace in a state that can't be, such as without an owner",
    "412": "the map was changed meanwhile",
    "413": "the body is too large",
    "415": "the body is of another kind",
    "429": "the token asks too often",
    "500": "a fault of ours; `X-Request-Id` names it in the log",
}


def page(schema: dict[str, Any]) -> str:
    """Give the text of the page."""
    found = list(operations(schema))
    lines = [HEAD + "\n".join(scope_rows(found)), "", "## Errors", "", "| Status | Meaning |"]
    lines += ["|---|---|", *(f"| {status} | {said} |" for status, said in MEANS.items())]
    for method, path, operation in found:
        lines += ["", f"## {operation['summary']}", "", f"`{method} {path}`", ""]
        lines += [operation["description"].strip(), "", *facts(operation)]
        if fields := body_rows(schema, operation):
            lines += ["", "| In the body | Value |", "|---|---|", *fields]
    return "\n".join(lines) + "\n"


def operations(schema: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Give each operation with its method and path."""
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def scope_rows(found: list[tuple[str, str, dict[str, Any]]]) -> Iterator[str]:
    """Give the table of scopes."""
    from kundresa.accounts.rules import NEED_OF
    from kundresa.project.api_schema import LEAST

    for scope, need in NEED_OF.items():
        opens = [f"`{m} {p}`" for m, p, one in found if one["x-scope"] == scope.value]
        yield f"| `{scope.value}` | {and_above(LEAST[need])} | {', '.join(opens)} |"
    free = [f"`{m} {p}`" for m, p, one in found if one["x-scope"] is None]
    yield f"| none | viewer and above | {', '.join(free)} |"


def and_above(role: str) -> str:
    """Say from which role on."""
    return role if role == "owner" else f"{role} and above"


def facts(operation: dict[str, Any]) -> Iterator[str]:
    """Say what an operation asks for and what it answers."""
    scope = f"`{operation['x-scope']}`" if operation["x-scope"] else "none"
    yield f"- Scope: {scope}. Role: {and_above(operation['x-role'])}."
    for one in operation["parameters"]:
        said = one.get("description", "").rstrip(".")
        yield f"- `{one['name']}` ({one['in']}{', required' if one['required'] else ''})" + (
            f": {said}." if said else ""
        )
    yield f"- Answers {', '.join(sorted(map(str, operation['responses'])))}."


def body_rows(schema: dict[str, Any], operation: dict[str, Any]) -> list[str]:
    """Give the fields of a JSON body."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    told = content.get("schema", {})
    if "$ref" in told:
        told = schema["components"]["schemas"][told["$ref"].rsplit("/", 1)[-1]]
    must = told.get("required", [])
    return [
        f"| `{name}`{' (required)' if name in must else ''} | {value_of(field)} |"
        for name, field in told.get("properties", {}).items()
    ]


def value_of(field: dict[str, Any]) -> str:
    """Say what a field may hold."""
    if "anyOf" in field:
        kinds = [value_of(one) for one in field["anyOf"]]
        return " or ".join(kinds) + _said(field)
    if "enum" in field:
        return ", ".join(f"`{one}`" if one else "empty" for one in field["enum"]) + _said(field)
    if "const" in field:
        return f"`{field['const']}`"
    kind = str(field.get("type", "anything"))
    if kind == "array":
        return f"list of {value_of(field['items'])}{_said(field)}"
    return kind + _said(field)


def _said(field: dict[str, Any]) -> str:
    said = field.get("description", "")
    return f". {said}" if said else ""


def current() -> dict[str, Any]:
    """Give the schema of the API as it is now."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kundresa.project.django_settings")
    import django

    django.setup()
    from kundresa.project.api import api

    return dict(api.get_openapi_schema())


if __name__ == "__main__":
    PAGE.write_text(page(current()), encoding="utf-8")
