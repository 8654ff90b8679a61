"""Workspaces, and the audit trail that stands or falls with what it tells."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from kundresa.accounts import api
from kundresa.accounts.errors import NoSuchWorkspaceError
from kundresa.accounts.models import AuditLine

pytestmark = [pytest.mark.db, pytest.mark.django_db(transaction=True)]


def lines() -> list[tuple[object, ...]]:
    """Give the audit trail, oldest first."""
    columns = ("actor", "action", "workspace_id", "subject", "details")
    return list(AuditLine.objects.order_by("id").values_list(*columns))


def test_a_new_workspace_has_an_address_and_an_audit_line() -> None:
    made = api.make_workspace("Åsas bilar & båtar", actor="alice")
    assert made.slug == "asas-bilar-batar"
    assert api.workspace_by_slug("asas-bilar-batar") == made
    assert lines() == [("alice", "made workspace", made.id, made.name, None)]


def test_two_workspaces_never_share_an_address_and_a_refused_one_leaves_no_line() -> None:
    api.make_workspace("Shop", slug="shop")
    with pytest.raises(IntegrityError):
        api.make_workspace("Another shop", slug="shop")
    assert len(lines()) == 1


def test_ensuring_a_workspace_makes_it_once() -> None:
    first = api.ensure_workspace("Shop", slug="shop")
    assert api.ensure_workspace("Shop of another name", slug="shop") == first
    assert len(lines()) == 1


def test_the_first_workspace_is_the_oldest_one() -> None:
    first = api.ensure_first_workspace()
    second = api.make_workspace("Second")
    assert api.ensure_first_workspace() == first
    assert api.workspace_ids() == [first.id, second.id]


def test_an_unknown_address_is_told() -> None:
    with pytest.raises(NoSuchWorkspaceError, match="no workspace 'nowhere'") as refusal:
        api.workspace_by_slug("nowhere")
    assert refusal.value.status == 404


def test_an_audit_line_keeps_what_it_was_told() -> None:
    made = api.make_workspace("Shop")
    details = {"before": 1, "after": ["å", None]}
    api.write_audit_line("bob", "renamed", workspace_id=made.id, subject="Shop", details=details)
    assert lines()[-1] == ("bob", "renamed", made.id, "Shop", details)


def test_what_did_not_happen_leaves_no_line() -> None:
    with transaction.atomic():
        api.write_audit_line("bob", "tried")
        transaction.set_rollback(True)
    assert lines() == []
