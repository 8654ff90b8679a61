"""What several areas need: somebody who is signed in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kundresa.accounts.api import Member
from tests.support.members import owner_of_all


@pytest.fixture
def owner(db: None) -> Iterator[Member]:
    """An owner of every workspace of the test."""
    with owner_of_all() as member:
        yield member
