"""A server on each database: SQLite, and in the second run the PostgreSQL that is named."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.support.server import Server


@pytest.fixture
def database_url() -> Iterator[str]:
    """The address of a database of its own; empty on SQLite."""
    url = os.environ.get("KUNDRESA_TEST_DATABASE_URL", "")
    if not url:
        yield ""
        return
    import psycopg
    from psycopg import sql

    name = sql.Identifier(own := f"kundresa_story_{uuid4().hex}")
    with psycopg.connect(url, autocommit=True) as postgres:
        postgres.execute(sql.SQL("CREATE DATABASE {}").format(name))
        try:
            yield f"{url.rpartition('/')[0]}/{own}"
        finally:
            postgres.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


@pytest.fixture
def server(tmp_path: Path, database_url: str) -> Iterator[Server]:
    """A server that isn't started yet; stopped at the end."""
    made = Server(tmp_path / "data", database_url=database_url)
    yield made
    made.stop()
