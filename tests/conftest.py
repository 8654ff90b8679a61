"""What every test stands on: a data folder of its own, and the choice of database.

Without KUNDRESA_TEST_DATABASE_URL everything runs on SQLite. With it, the tests marked ``db``,
and only those, run on the PostgreSQL that it names: the second of two runs.
"""

from __future__ import annotations

import os

import pytest

_POSTGRES = os.environ.get("KUNDRESA_TEST_DATABASE_URL", "")


def pytest_configure(config: pytest.Config) -> None:
    """Name our marks."""
    config.addinivalue_line("markers", "db: promises something on both databases")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL, keep what is marked for it."""
    if _POSTGRES:
        others = [item for item in items if item.get_closest_marker("db") is None]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item.get_closest_marker("db") is not None]
