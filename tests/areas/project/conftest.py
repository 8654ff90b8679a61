"""Two workspaces that nobody may mix up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kundresa.core.settings import settings
from tests.support.two_workspaces import World


@pytest.fixture
def world(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Two workspaces in a data folder of their own."""
    monkeypatch.setenv("KUNDRESA_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    yield World(tmp_path)
    settings.cache_clear()
