"""The page of the API is the one that its schema makes, and each operation stands in it."""

from kundresa.accounts.rules import Scope
from kundresa.project.api import api
from tools.api_page import PAGE, page


def test_the_page_is_current() -> None:
    made = page(dict(api.get_openapi_schema()))
    assert PAGE.read_text(encoding="utf-8") == made, "run: .venv/bin/python tools/api_page.py"


def test_every_operation_and_scope_stands_in_it() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for path, methods in api.get_openapi_schema()["paths"].items():
        for method in methods:
            assert f"`{method.upper()} {path}`" in text
    assert all(f"| `{scope.value}` |" in text for scope in Scope)
