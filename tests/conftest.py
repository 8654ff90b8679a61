"""What every test stands on: a data folder of its own, and the choice of database.

Without KUNDRESA_TEST_DATABASE_URL everything runs on SQLite but what is marked ``postgresql``.
With it, the tests marked ``db``, and only those, run on the PostgreSQL that it names: the second
of two runs.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from django.db import connections
from hypothesis import HealthCheck, settings

# A busy machine is slow, not wrong: nothing here is held to a time.
settings.register_profile(
    "kundresa", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("kundresa")
_HAS_SERVICES = "KUNDRESA_CHROMIUM" in os.environ
DATA_SETS = Path(__file__).resolve().parents[2] / "shared/data"
"""Real files that aren't ours to give on; a clone of the project alone does without."""

_POSTGRES = os.environ.get("KUNDRESA_TEST_DATABASE_URL", "")


def pytest_configure(config: pytest.Config) -> None:
    """Name our marks."""
    config.addinivalue_line("markers", "db: promises something on both databases")
    config.addinivalue_line("markers", "postgresql: beside db, for what only PostgreSQL can do")
    config.addinivalue_line("markers", "data_sets: needs real files beside the project")
    config.addinivalue_line("markers", "wheel: builds the wheel and runs it alone")


def pytest_report_header() -> str:
    """Say where the real files are looked for."""
    found = "" if DATA_SETS.is_dir() else " (none, so their tests are left out)"
    return f"data sets: {DATA_SETS}{found}"


@pytest.fixture(autouse=True, scope="session")
def _no_waiting_for_the_disk() -> None:
    """No test can cut the power, and a kill loses nothing that was written.

    Processes that tests start wait as members' do.
    """
    os.fsync = lambda _file: None  # type: ignore[assignment]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """The same for SQLite."""
    options = connections["default"].settings_dict["OPTIONS"]
    if "init_command" in options:
        options["init_command"] += "PRAGMA synchronous=OFF;"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep what is for the database of this run, and for the files that are here."""
    wanted = [item for item in items if _is_wanted(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in wanted])
    items[:] = wanted


def _is_wanted(item: pytest.Item) -> bool:
    if item.get_closest_marker("data_sets") and not DATA_SETS.is_dir():
        return False
    mark = "db" if _POSTGRES else "postgresql"
    return (item.get_closest_marker(mark) is not None) == bool(_POSTGRES)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let a skip fail where all that tests need is there: a skipped test promises nothing."""
    report = yield
    if _HAS_SERVICES and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, though nothing is missing: {report.longrepr}"
    return report
