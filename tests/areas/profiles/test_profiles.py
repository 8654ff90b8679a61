"""Profiles, identifiers and accounts are what the events say, however they came."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kundresa.accounts.models import AuditLine, Workspace
from kundresa.core.records import parse_event
from kundresa.core.times import parse_moment
from kundresa.profiles.api import (
    Counts,
    IdentifierSeen,
    MergeRules,
    ProfileSeen,
    accounts_of,
    counts,
    find_profiles,
    forget_profiles,
    identifiers_of,
    made_through,
    make_profiles,
    members_of,
    merge_rules,
    profile_of,
    rejoin_profile,
    set_merge_rules,
    shared_identifiers,
    split_profile,
)
from kundresa.profiles.errors import MergeRulesError, NoSuchProfileError
from kundresa.profiles.models import Merge, Profile
from kundresa.store import Store
from tests.support.profiles import a_store, everything, ones, ones_in, put, seen

pytestmark = [pytest.mark.db, pytest.mark.django_db]


@pytest.fixture
def workspace() -> int:
    """Alice's."""
    return int(Workspace.objects.create(name="Shop", slug="shop").id)


def at(day: int) -> int:
    """Noon of a day in March, as it stands in the tables."""
    return parse_moment(f"2026-03-{day:02}T12:00:00Z").time


def number(workspace: int, key: str) -> int:
    """The number of a profile."""
    return int(Profile.objects.get(workspace_id=workspace, key=key).number)


def keys(found: list[ProfileSeen]) -> list[str | None]:
    """What profiles are called."""
    return [one.key for one in found]


# --- making -------------------------------------------------------------------------------------


def test_each_profile_identifier_and_account_stands_once_with_its_times(
    workspace: int, tmp_path: Path
) -> None:
    a_store(
        tmp_path, workspace,
        [seen("ann", 3, group="acme", email="ann@x.se"), seen("bea", 2)],
        [seen("ann", 1, group="acme", email="ann@x.se", device="d1"), seen("ann", 5)],
    )  # fmt: skip
    assert everything(workspace) == {
        "profiles": [("ann", at(1), at(5), None), ("bea", at(2), at(2), None)],
        "identifiers": [
            ("device", "d1", "ann", at(1), "event"), ("email", "ann@x.se", "ann", at(1), "event"),
        ],
        "accounts": [("acme", at(1), at(3))],
        "members": [("acme", "ann", at(1), at(3))],
        "merges": [],
    }  # fmt: skip
    assert counts(workspace) == Counts(2, 2, 1)


def test_numbers_are_the_codes_of_the_store(workspace: int, tmp_path: Path) -> None:
    store = a_store(tmp_path, workspace, [seen("ann"), seen("bea", group="acme")])
    for key in ("ann", "bea"):
        assert store.snapshot().dictionaries.find("profile", [key]) == [number(workspace, key)]


def test_a_store_from_before_and_one_that_was_compacted_are_caught_up_with(
    workspace: int, tmp_path: Path
) -> None:
    store = Store(tmp_path / "store")
    for day in (1, 2, 3):
        store.append([parse_event(seen(f"p{day}", day, email=f"{day}@x.se"))])
    store.compact(whole=True)
    store.append([parse_event(seen("p1", 9))])
    make_profiles(workspace, store)
    assert counts(workspace) == Counts(3, 3, 0)
    assert profile_of(workspace, number(workspace, "p1")).last_seen == at(9)
    assert made_through(workspace) == store.version.sequence == 4


def test_few_rows_wait_for_more(workspace: int, tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    store.append([parse_event(seen("ann"))])
    make_profiles(workspace, store, least=2)
    assert counts(workspace) == Counts()
    make_profiles(workspace, store, least=1)
    assert counts(workspace) == Counts(1)


def test_a_store_that_began_anew_has_its_profiles_made_anew(workspace: int, tmp_path: Path) -> None:
    a_store(tmp_path / "old", workspace, [seen("ann", email="ann@x.se"), seen("bea")])
    put(workspace, Store(tmp_path / "new"), [seen("cia")])
    assert [row[0] for row in everything(workspace)["profiles"]] == ["cia"]
    assert counts(workspace) == Counts(1)


def test_what_no_index_takes_is_no_identifier_and_stops_nothing(
    workspace: int, tmp_path: Path
) -> None:
    a_store(
        tmp_path, workspace,
        [
            seen("ann", email="a\0b", phone="x" * 501, device="é" * 500),
            {**seen("b\0ea", group="ac\0me"), "identifiers": {"t" * 101: "x"}},
        ],
    )  # fmt: skip
    assert counts(workspace) == Counts(2, 1, 1)
    assert find_profiles(workspace, Store(tmp_path / str(workspace)), "a\0b") == []


def test_workspaces_know_nothing_of_each_other(workspace: int, tmp_path: Path) -> None:
    other = int(Workspace.objects.create(name="Other", slug="other").id)
    mine = a_store(tmp_path, workspace, [seen("u1", user_id="u1", anonymous_id="a1")])
    a_store(tmp_path, other, [seen("x"), seen("a1", anonymous_id="a1")])
    assert ones(workspace) == ones(other) == {}
    assert counts(other) == Counts(2, 1)
    assert keys(find_profiles(workspace, mine, "a1")) == ["u1"]
    forget_profiles(workspace, mine, ["a1", "x"])
    assert counts(other) == Counts(2, 1)


# --- reading ------------------------------------------------------------------------------------


def test_a_profile_is_found_by_key_and_by_each_identifier(workspace: int, tmp_path: Path) -> None:
    store = a_store(
        tmp_path, workspace,
        [seen("u1", 2, user_id="u1", anonymous_id="a1", group="acme"),
         seen("a1", 1, anonymous_id="a1", group="beta"), seen("u2", 3, phone="070", group="acme")],
    )  # fmt: skip
    whole = ProfileSeen(number(workspace, "u1"), "u1", at(1), at(2), (number(workspace, "a1"),))
    for value in ("u1", "a1"):
        assert find_profiles(workspace, store, value) == [whole]
    assert find_profiles(workspace, store, "a1", of_type="anonymous_id") == [whole]
    assert find_profiles(workspace, store, "a1", of_type="phone") == []
    assert keys(find_profiles(workspace, store, "070")) == ["u2"]
    assert find_profiles(workspace, store, "nobody") == []
    assert profile_of(workspace, number(workspace, "a1")) == whole
    assert keys(members_of(workspace, "acme")) == ["u1", "u2"]
    assert members_of(workspace, "nobody") == []
    assert accounts_of(workspace, whole.number) == ["acme", "beta"]
    assert identifiers_of(workspace, whole.number) == [
        IdentifierSeen("anonymous_id", "a1", at(1), "event"),
        IdentifierSeen("user_id", "u1", at(2), "event"),
    ]
    with pytest.raises(NoSuchProfileError):
        profile_of(workspace, 999)


# --- who is one ---------------------------------------------------------------------------------

MERGED: dict[str, tuple[list[Any], dict[str, str]]] = {
    "an anonymous id joins the known one":
        ([seen("a1", anonymous_id="a1"), seen("u1", user_id="u1", anonymous_id="a1")],
         {"a1": "u1"}),
    "so does one that came from a file, by its key alone":
        ([seen("cookie"), seen("u1", user_id="u1", anonymous_id="cookie")], {"cookie": "u1"}),
    "an alias joins the name from before":
        ([seen("a1", anonymous_id="a1"), seen("u1", user_id="u1", previous_id="a1")],
         {"a1": "u1"}),
    "but never a user id":
        ([seen("u2", user_id="u2"), seen("u1", user_id="u1", previous_id="u2")], {}),
    "one address, one of them anonymous":
        ([seen("a1", anonymous_id="a1", email="x@y.se"),
          seen("u1", user_id="u1", email="x@y.se")], {"a1": "u1"}),
    "one address, both known":
        ([seen("u2", user_id="u2", email="x@y.se"),
          seen("u1", user_id="u1", email="x@y.se")], {}),
    "one address, two customer numbers of a file":
        ([seen("c1", email="x@y.se"), seen("c2", email="x@y.se")], {}),
    "a key that is an address of somebody":
        ([seen("x@y.se"), seen("c1", email="x@y.se")], {"x@y.se": "c1"}),
    "but no address is a word that is a key":
        ([seen("d", anonymous_id="d"), seen("c1", email="d")], {}),
    "one user id under two keys":
        ([seen("crm-7", user_id="u1"), seen("u1", user_id="u1")], {"crm-7": "u1"}),
    "a type that merges nothing":
        ([seen("a1", anonymous_id="a1", phone="070"), seen("u1", user_id="u1", phone="070")], {}),
    "a device of two customers":
        ([seen("a1", anonymous_id="a1"), seen("u1", user_id="u1", anonymous_id="a1"),
          seen("u2", user_id="u2", anonymous_id="a1")], {}),
    "several in a row":
        ([seen("a1", anonymous_id="a1", email="x@y.se"), seen("a2", anonymous_id="a2"),
          seen("u1", user_id="u1", anonymous_id="a2", email="x@y.se")], {"a1": "u1", "a2": "u1"}),
    "the surer type first: the other would make two user ids one":
        ([seen("a1", anonymous_id="a1", email="x@y.se"),
          seen("u1", user_id="u1", anonymous_id="a1"),
          seen("u2", user_id="u2", anonymous_id="a2"),
          seen("a2", anonymous_id="a2", email="x@y.se")], {"a1": "u1", "a2": "u2"}),
}  # fmt: skip


@pytest.mark.parametrize("case", MERGED)
def test_identifiers_make_profiles_one(case: str, workspace: int, tmp_path: Path) -> None:
    events, expected = MERGED[case]
    store = a_store(tmp_path, workspace, *([event] for event in events))
    assert ones(workspace) == ones_in(store) == expected
    everybody = {event["profile"] for event in events}
    assert len(set(store.table().profile.tolist())) == len(everybody) - len(expected)


def test_what_is_shared_is_told_and_no_longer_when_it_is_not(
    workspace: int, tmp_path: Path
) -> None:
    store = a_store(
        tmp_path, workspace,
        [seen("u1", user_id="u1", anonymous_id="d"), seen("d", anonymous_id="d")],
    )  # fmt: skip
    assert ones(workspace) == {"d": "u1"}
    put(workspace, store, [seen("u2", user_id="u2", anonymous_id="d")])
    assert ones(workspace) == ones_in(store) == {}
    [told] = shared_identifiers(workspace)
    assert (told.type, told.value, told.profiles) == ("anonymous_id", "d", 3)
    assert "user ids" in told.why
    assert counts(workspace) == Counts(3, 3, 0, merged=0, shared=1)
    store.erase(["u2"])
    forget_profiles(workspace, store, ["u2"])
    assert shared_identifiers(workspace) == []
    assert ones(workspace) == ones_in(store) == {"d": "u1"}


def test_more_profiles_than_one_customer_has_are_not_made_one(
    workspace: int, tmp_path: Path
) -> None:
    many = [seen(f"a{n}", anonymous_id=f"a{n}", email="no@shop.se") for n in range(21)]
    store = a_store(tmp_path, workspace, many[:20])
    assert len(ones(workspace)) == 19
    put(workspace, store, many[20:])
    assert ones(workspace) == ones_in(store) == {}
    [told] = shared_identifiers(workspace)
    assert (told.value, told.profiles) == ("no@shop.se", 21)


def test_a_merge_is_recorded_with_its_reason_and_its_end(workspace: int, tmp_path: Path) -> None:
    store = a_store(
        tmp_path, workspace,
        [seen("a1", anonymous_id="a1"), seen("u1", user_id="u1", anonymous_id="a1")],
    )  # fmt: skip
    [merge] = Merge.objects.filter(workspace_id=workspace)
    assert (merge.number, merge.root) == (number(workspace, "a1"), number(workspace, "u1"))
    assert (merge.type, merge.value, merge.undone_at) == ("anonymous_id", "a1", None)
    split_profile(workspace, store, merge.number, actor="Alice")
    [merge] = Merge.objects.filter(workspace_id=workspace)
    assert merge.undone_at is not None


def test_undo_gives_back_exactly_what_was_before(workspace: int, tmp_path: Path) -> None:
    store = a_store(
        tmp_path, workspace,
        [seen("a1", 1, anonymous_id="a1", group="acme"), seen("u1", 2, user_id="u1")],
    )  # fmt: skip

    def said() -> tuple[Any, ...]:
        table = store.table()
        rows = sorted((table.profiles[c], t) for c, t in
                      zip(table.profile.tolist(), table.time.tolist(), strict=True))  # fmt: skip
        seen_as = [profile_of(workspace, number(workspace, key)) for key in ("a1", "u1")]
        return rows, seen_as, members_of(workspace, "acme"), ones_in(store)

    before = said()
    put(workspace, store, [seen("u1", 2, anonymous_id="a1")])
    store.compact(whole=True)
    assert said()[3] == {"a1": "u1"}
    split_profile(workspace, store, number(workspace, "a1"), actor="Alice")
    rows, *others = said()
    assert others == list(before[1:])
    assert [row for row in rows if row[0] == "a1"] == [row for row in before[0] if row[0] == "a1"]
    put(workspace, store, [seen("u1", 2, anonymous_id="a1")])
    assert said()[1:] == before[1:], "what was undone by hand stays undone"
    rejoin_profile(workspace, store, number(workspace, "a1"), actor="Alice")
    assert ones(workspace) == ones_in(store) == {"a1": "u1"}
    said_of = AuditLine.objects.order_by("id").values_list("action", flat=True)
    assert list(said_of) == ["split a profile", "rejoined a profile"]


def test_other_rules_hold_for_what_came_before_too(workspace: int, tmp_path: Path) -> None:
    store = a_store(
        tmp_path, workspace,
        [seen("a1", anonymous_id="a1", phone="070"), seen("a2", anonymous_id="a2", phone="070"),
         seen("u1", user_id="u1", anonymous_id="a1")],
    )  # fmt: skip
    assert ones(workspace) == {"a1": "u1"}
    rules = MergeRules(("user_id", "phone"), 2)
    for _ in range(2):
        set_merge_rules(workspace, store, rules, actor="Alice")
        assert ones(workspace) == ones_in(store) == {"a2": "a1"}
    assert merge_rules(workspace) == rules
    assert AuditLine.objects.count() == 1
    set_merge_rules(workspace, store, MergeRules(), actor="Alice")
    assert ones(workspace) == ones_in(store) == {"a1": "u1"}


def test_wrong_rules_are_told_all_at_once(workspace: int, tmp_path: Path) -> None:
    with pytest.raises(MergeRulesError) as caught:
        set_merge_rules(
            workspace, Store(tmp_path / "s"), MergeRules(("email", "", "email"), 1), actor="Alice"
        )
    assert [fault.place for fault in caught.value.faults] == [
        "types[1]", "types[2]", "most_profiles",
    ]  # fmt: skip
    assert merge_rules(workspace) == MergeRules()


def test_who_was_joined_by_others_is_left_alone(workspace: int, tmp_path: Path) -> None:
    store = a_store(tmp_path, workspace, [seen("u1", user_id="u1"), seen("elsewhere")])
    store.join({"elsewhere": "u1"})
    put(workspace, store, [seen("elsewhere", 2, email="x@y.se"), seen("u1", 3)])
    assert ones_in(store) == {"elsewhere": "u1"}
    assert ones(workspace) == {}


# --- forgetting ---------------------------------------------------------------------------------


def test_who_is_forgotten_leaves_no_row(workspace: int, tmp_path: Path) -> None:
    store = a_store(
        tmp_path, workspace,
        [seen("a1", anonymous_id="a1", group="alone"), seen("u2", group="acme", phone="070"),
         seen("u1", user_id="u1", anonymous_id="a1", group="acme")],
    )  # fmt: skip
    store.erase(["u1"])
    assert forget_profiles(workspace, store, ["u1", "a1"]) == 2
    left = everything(workspace)
    assert [row[0] for row in left["profiles"]] == ["u2"]
    assert [row[:3] for row in left["identifiers"]] == [("phone", "070", "u2")]
    assert [row[0] for row in left["accounts"]] == ["acme"]
    assert [row[:2] for row in left["members"]] == [("acme", "u2")]
    assert Merge.objects.count() == 0
    assert forget_profiles(workspace, store, ["u1", "a1"]) == 0
    put(workspace, store, [seen("u2", 9)])
    assert counts(workspace) == Counts(1, 1, 1)


def test_who_was_one_with_the_forgotten_is_told_anew(workspace: int, tmp_path: Path) -> None:
    store = a_store(
        tmp_path, workspace,
        [seen("a1", anonymous_id="a1"), seen("a2", anonymous_id="a2", email="x@y.se"),
         seen("u1", user_id="u1", anonymous_id="a1", email="x@y.se"),
         seen("a3", anonymous_id="a3", email="x@y.se")],
    )  # fmt: skip
    assert set(ones(workspace)) == {"a1", "a2", "a3"}
    store.part(["a1", "a2", "a3"])
    store.erase(["u1"])
    forget_profiles(workspace, store, ["u1"])
    assert ones(workspace) == ones_in(store) == {"a3": "a2"}
    assert [one.root for one in Merge.objects.all()] == [number(workspace, "a2")]


def test_reasons_that_fall_away_one_after_the_other_leave_nobody_one(
    workspace: int, tmp_path: Path
) -> None:
    both = {"anonymous_id": "a1", "email": "x@y.se"}
    store = a_store(
        tmp_path, workspace,
        [seen("a1", email="x@y.se"), seen("u1", user_id="u1", email="x@y.se")],
        [seen("a1", **both), seen("u1", user_id="u1", **both)],
    )  # fmt: skip
    assert ones(workspace) == {"a1": "u1"}
    for sort, value in both.items():
        crowd = [seen(f"{sort}-{n}", device=f"d{n}", **{sort: value}) for n in range(20)]
        put(workspace, store, crowd)
    assert ones(workspace) == ones_in(store) == {}
    assert counts(workspace).shared == 2
