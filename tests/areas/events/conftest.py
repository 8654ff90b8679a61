"""Each test of events begins with an empty inbox."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.inbox import empty_inbox


@pytest.fixture
def _inbox(transactional_db: None) -> Iterator[None]:
    """Leave no day behind."""
    empty_inbox()
    yield
    empty_inbox()
