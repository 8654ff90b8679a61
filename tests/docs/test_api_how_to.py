"""The program on the page about the API does what the page says, against the API itself."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from kundresa.accounts.api import Workspace, make_workspace
from kundresa.core.settings import settings
from kundresa.events.api import store_of
from kundresa.journeys.api import map_of, save_map
from kundresa.maps import queries
from tests.areas.maps.worked import MAP, worked
from tests.docs.test_code_in_docs import ROOT, blocks
from tests.support.api import a_token
from tests.support.members import a_member

PAGE = ROOT / "docs/how-to/use-the-api.md"


@pytest.fixture
def shop(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A workspace with a map and events, whose token stands where the page looks for it."""
    ours = settings().model_copy(update={"data_dir": tmp_path})
    monkeypatch.setattr(queries, "settings", lambda: ours)
    shop = make_workspace("Shop")
    save_map(shop.pk, MAP.replace("id: bicycle", "id: bicycle\nstatus: draft"), actor="test")
    store_of(shop.pk, tmp_path).append(worked())
    monkeypatch.setenv("API_TOKEN", a_token(shop, a_member(shop)))
    monkeypatch.setenv("API_URL", "http://localhost")
    transport = httpx.WSGITransport(app=WSGIHandler())
    monkeypatch.setattr(httpx, "Client", partial(httpx.Client, transport=transport))
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield shop
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def test_the_program_of_the_page_runs(shop: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    namespace: dict[str, object] = {}
    for line, body in blocks(PAGE, "python api"):
        exec(compile("\n" * line + body, str(PAGE), "exec"), namespace)  # noqa: S102
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("bicycle ")
    assert [line.split()[0] for line in said[1:3]] == ["view", "buy"]
    assert said[3:] == ["400 The query has 1 fault.", "steps is not a list of 1 to 50 steps."]
    assert map_of(shop.pk, "bicycle").status == "live"
