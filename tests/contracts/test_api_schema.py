"""The API keeps its schema: whatever a program sends, the answer is one that the schema names.

Requests are made from the schema by Schemathesis, in this process; ``long`` sends many more.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from kundresa.accounts import bearer
from kundresa.accounts.api import Workspace, make_workspace
from kundresa.core.allowance import Allowance
from kundresa.core.settings import settings as told
from kundresa.events.api import store_of
from kundresa.journeys.api import save_map
from kundresa.maps import queries
from kundresa.project.api import api
from tests.areas.maps.worked import MAP, worked
from tests.support.api import a_token
from tests.support.members import a_member

pytestmark = pytest.mark.django_db
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
SCHEMA = schemathesis.openapi.from_dict(json.loads(json.dumps(api.get_openapi_schema())))
SCHEMA.app = WSGIHandler()
OPERATIONS = {
    found.ok().definition.raw["operationId"]: found.ok() for found in SCHEMA.get_all_operations()
}


def _takes(operation: Any) -> bool:
    """Tell whether a request has anything in it that can be wrong."""
    raw = operation.definition.raw
    return bool(raw.get("parameters") or raw.get("requestBody"))


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A workspace with a map and events; requests may be many, and stay in the test's transaction."""
    ours = told().model_copy(update={"data_dir": tmp_path})
    monkeypatch.setattr(queries, "settings", lambda: ours)
    monkeypatch.setattr(bearer, "allowance", Allowance(per_second=1e6, burst=10**6))
    made = make_workspace("Shop", slug="shop")
    save_map(made.pk, MAP, actor="test")
    store_of(made.pk, tmp_path).append(worked())
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield made
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def sends(shop: Workspace, name: str, examples: int, mode: GenerationMode) -> None:
    """Send an operation requests, as many as told, and look at what each is answered."""
    member = a_member(shop, name="Alice Ek")

    @given(case=OPERATIONS[name].as_strategy(generation_mode=mode))
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def send(case: Any) -> None:
        # A token of its own each time, as a request may revoke the one it comes with.
        headers = {"Authorization": f"Bearer {a_token(shop, member)}"}
        case.validate_response(case.call(headers=headers), checks=CHECKS)

    send()


@pytest.mark.parametrize("name", OPERATIONS)
def test_what_the_schema_allows_is_answered_as_it_says(shop: Workspace, name: str) -> None:
    sends(shop, name, 5, GenerationMode.POSITIVE)


@pytest.mark.parametrize("name", [name for name, one in OPERATIONS.items() if _takes(one)])
def test_what_the_schema_forbids_is_answered_as_it_says(shop: Workspace, name: str) -> None:
    sends(shop, name, 5, GenerationMode.NEGATIVE)


@pytest.mark.long
@pytest.mark.parametrize("name", OPERATIONS)
def test_thousands_of_requests_are_answered_as_the_schema_says(shop: Workspace, name: str) -> None:
    sends(shop, name, 300, GenerationMode.POSITIVE)
    if _takes(OPERATIONS[name]):
        sends(shop, name, 300, GenerationMode.NEGATIVE)
