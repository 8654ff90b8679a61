"""API tokens: shown once, bounded by their member, gone with the membership."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kundresa.accounts import tokens
from kundresa.accounts.access import Access, access_of_member
from kundresa.accounts.api import Member, Role, Scope, Workspace, join, make_workspace
from kundresa.accounts.models import ApiToken, AuditLine, Membership
from kundresa.accounts.rules import NEED_OF, scopes_for
from kundresa.core.clock import now
from kundresa.core.errors import NotFoundError
from tests.support.api import a_token
from tests.support.members import a_member

pytestmark = [pytest.mark.db, pytest.mark.django_db]


@pytest.fixture
def shop() -> Workspace:
    return make_workspace("Shop", slug="shop")


@pytest.fixture
def alice(shop: Workspace) -> Member:
    return a_member(shop, name="Alice Ek")


@pytest.fixture
def bob(shop: Workspace) -> Member:
    return a_member(shop, role=Role.COMMENTER, name="Bob Dahl")


def access(member: Member) -> Access:
    found = access_of_member(member, "shop")
    assert found is not None
    return found


def test_the_secret_is_kept_nowhere(shop: Workspace, alice: Member) -> None:
    secret = a_token(shop, alice)
    assert secret.startswith("kundresa_")
    assert len(secret) == len("kundresa_") + 43
    row = ApiToken.objects.values().get()
    line = AuditLine.objects.filter(action="made token").values().get()
    assert secret not in f"{row} {line}"
    assert row["start"] == secret[:16]


def test_a_token_opens_what_its_member_is_now(shop: Workspace, bob: Member) -> None:
    secret = a_token(shop, bob, [Scope.QUERY])
    opened = tokens.opened_by(secret)
    assert opened is not None
    assert (opened.access.role, opened.scopes) == (Role.COMMENTER, {Scope.QUERY})
    Membership.objects.filter(member=bob).update(role=Role.VIEWER.value)
    again = tokens.opened_by(secret)
    assert again is not None
    assert again.access.role is Role.VIEWER


@pytest.mark.parametrize("secret", ["", "kundresa_", "kundresa_" + "x" * 43, "x" * 52])
def test_an_unknown_secret_opens_nothing(shop: Workspace, alice: Member, secret: str) -> None:
    a_token(shop, alice)
    assert tokens.opened_by(secret) is None


def test_an_expired_token_opens_nothing(shop: Workspace, alice: Member) -> None:
    secret = a_token(shop, alice, days=1)
    assert tokens.opened_by(secret) is not None
    ApiToken.objects.update(expires_at=now() - timedelta(seconds=1))
    assert tokens.opened_by(secret) is None


def test_a_token_ends_with_the_membership_and_does_not_come_back_with_the_next(
    shop: Workspace, bob: Member
) -> None:
    secret = a_token(shop, bob)
    Membership.objects.filter(member=bob).delete()
    assert tokens.opened_by(secret) is None
    join(shop, bob, Role.EDITOR, actor="test")
    assert tokens.opened_by(secret) is None


def test_a_member_who_may_not_sign_in_has_no_tokens_either(shop: Workspace, bob: Member) -> None:
    secret = a_token(shop, bob)
    Member.objects.filter(pk=bob.pk).update(is_active=False)
    assert tokens.opened_by(secret) is None


def test_owners_see_all_and_others_their_own(shop: Workspace, alice: Member, bob: Member) -> None:
    a_token(shop, alice, name="hers")
    a_token(shop, bob, name="his")
    other = make_workspace("Other")
    a_token(other, a_member(other, name="Carl Nord"), name="elsewhere")
    seen = [[one.name for one in tokens.tokens_for(access(who))] for who in (alice, bob)]
    assert seen == [["his", "hers"], ["his"]]


def test_a_revoked_token_opens_nothing_and_can_be_restored_by_who_revoked_it(
    shop: Workspace, alice: Member, bob: Member
) -> None:
    secret = a_token(shop, bob)
    number = ApiToken.objects.get().pk
    tokens.revoke_token(access(alice), number)
    assert tokens.opened_by(secret) is None
    with pytest.raises(NotFoundError):
        tokens.restore_token(access(bob), number)
    tokens.restore_token(access(alice), number)
    assert tokens.opened_by(secret) is not None
    done = AuditLine.objects.order_by("id").values_list("action", flat=True)
    assert list(done)[-3:] == ["made token", "revoked token", "restored token"]


def test_nobody_but_an_owner_revokes_what_is_not_theirs(
    shop: Workspace, alice: Member, bob: Member
) -> None:
    secret = a_token(shop, alice)
    with pytest.raises(NotFoundError):
        tokens.revoke_token(access(bob), ApiToken.objects.get().pk)
    assert tokens.opened_by(secret) is not None


def test_use_is_noted_once_a_minute(shop: Workspace, alice: Member) -> None:
    a_token(shop, alice)
    tokens.note_used(ApiToken.objects.get())
    first = ApiToken.objects.get()
    tokens.note_used(first)
    assert ApiToken.objects.get().used_at == first.used_at is not None
    ApiToken.objects.update(used_at=now() - timedelta(minutes=2))
    tokens.note_used(ApiToken.objects.get())
    assert ApiToken.objects.get().used_at > first.used_at


def test_a_role_is_offered_the_scopes_that_open_something_to_it() -> None:
    assert set(NEED_OF) == set(Scope)
    assert scopes_for(Role.OWNER) == list(Scope)
    assert Scope.MAPS_WRITE in scopes_for(Role.EDITOR)
    assert set(scopes_for(Role.COMMENTER)) == {
        Scope.MAPS_READ, Scope.QUERY, Scope.EVENTS_READ, Scope.MEMBERS_READ,
    }  # fmt: skip
    assert scopes_for(Role.GUEST) == []
