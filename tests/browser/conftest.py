"""One real server with a small workspace, and readers in a real browser.

Package scope, not session: while Playwright runs, its event loop would make the framework refuse
the database calls of tests that come after.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.watch import Watch
from tests.support.caches import byte_code
from tests.support.server import Server

ROOT = Path(__file__).resolve().parents[2]
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
# A busy machine is slow, not wrong.
PATIENCE = 30_000
Reader = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs the browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server as a member starts it, with the worked example in it."""
    folder = tmp_path_factory.mktemp("browser") / "data"
    _fill(folder)
    server = Server(folder)
    server.sessions = json.loads((folder.parent / "sessions.json").read_text())
    server.start()
    yield server
    server.stop()


def _fill(folder: Path) -> None:
    # Where Python may keep no byte code, it would compile the framework anew.
    dropped = ("KUNDRESA_", "PYTHONDONTWRITEBYTECODE")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(dropped)}
    paths = os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", "")))
    subprocess.run(
        [sys.executable, "-m", "tests.browser.fill", str(folder)],
        check=True,
        cwd=ROOT,
        env={**kept, "PYTHONPATH": paths, "PYTHONPYCACHEPREFIX": byte_code()},
    )


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The browser that the tests were given."""
    named = os.environ.get("KUNDRESA_CHROMIUM")
    if not named:
        pytest.fail("Name a browser in KUNDRESA_CHROMIUM, or run: make browser")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=named, args=QUIET)
        yield browser
        browser.close()


def sign_in(context: BrowserContext, server: Server, role: str = "owner") -> None:
    """Give a browser the session of a member with that role."""
    cookie = {"name": "sessionid", "value": server.sessions[role], "url": server.address}
    context.add_cookies([cookie])  # type: ignore[list-item]


@pytest.fixture
def reader(browser: Browser, server: Server) -> Iterator[Reader]:
    """Open pages as a reader with a language, a look and a width; nothing may go wrong in them.

    ``role`` is what they are in every workspace; "" has not signed in.
    """
    contexts: list[BrowserContext] = []
    watches: list[Watch] = []

    def read(
        language: str = "en", *, scheme: str = "light", width: int = 1440, role: str = "owner"
    ) -> Page:
        context = browser.new_context(
            locale=language,
            color_scheme=scheme,  # type: ignore[arg-type]
            viewport={"width": width, "height": 900},
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE)
        if role:
            sign_in(context, server, role)
        contexts.append(context)
        page = context.new_page()
        watches.append(Watch(page))
        return page

    yield read
    faults = [fault for watch in watches for fault in watch.faults]
    for context in contexts:
        context.close()
    assert not faults
