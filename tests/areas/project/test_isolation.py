"""Nobody finds anything of another workspace, nor whether it is there.

Alice and Bob hold the same under the same names. Whatever Alice asks of Bob's is answered as what is
nowhere: the same status and the same words. How long an answer takes is not measured here. Live
streams (SSE) don't exist yet: an answer that is one fails, so that whoever adds it probes it too.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from kundresa.accounts.api import Workspace, access_of_scope, join
from kundresa.accounts.models import AuditLine, GuestLink, Member, Membership, Notice
from kundresa.accounts.rules import Need, Role
from kundresa.core.clock import now
from kundresa.events import imports
from kundresa.events.api import (
    erase_profile,
    rejoin_profile,
    set_merge_rules,
    split_profile,
    store_of,
)
from kundresa.events.models import Import, Source
from kundresa.jobs.models import Job
from kundresa.profiles.contracts import MergeRules
from kundresa.profiles.models import Profile
from kundresa.project.access_table import Caller, Row, rows
from kundresa.project.data_folder import DataFolder
from kundresa.project.worker import Worker
from tests.areas.project.test_access_table import METHODS, filled, words_of
from tests.support.inbox import an_inbox
from tests.support.members import signed_in
from tests.support.two_workspaces import World

NOWHERE = {
    "workspace": "nowhere", "map_id": "nothing", "import_id": "01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "slug": "nowhere",
}  # fmt: skip
"""What is there in no workspace; every other word is a number."""
NUMBER = 987_654_321


def inside() -> list[Row]:
    """The addresses of one workspace."""
    outside = {Need.PUBLIC, Need.MEMBER, Need.TOKEN}
    return [row for row in rows() if row.need not in outside and not row.package]


def plain(answer: Any, address: str) -> tuple[int, bytes, list[tuple[str, str]]]:
    """An answer without what differs each time, and without the address that was asked for."""
    assert answer.headers.get("Content-Type", "").partition(";")[0] != "text/event-stream", (
        f"{address} is a stream: probe it for two workspaces, then name it here"
    )
    body = re.sub(rb'[A-Za-z0-9]{64}|[A-Za-z0-9]{26,32}(?=["<&])', b"*", answer.body)
    left_out = {"X-Request-Id", "Set-Cookie", "Content-Length"}
    kept = sorted(pair for pair in answer.headers.items() if pair[0] not in left_out)
    return answer.status_code, body.replace(address.encode(), b"@"), kept


@pytest.mark.parametrize("caller", [Caller.OWNER, Caller.INVITED, Caller.STRANGER])
def test_another_workspace_looks_like_one_that_is_not_there(world: World, caller: Caller) -> None:
    theirs = world.bob.values()
    for row in inside():
        there, nowhere = (filled(row.address, {**theirs, "workspace": slug})
                          for slug in ("bob", "nowhere"))  # fmt: skip
        for method in METHODS[row.way]:
            found = [plain(world.ask(caller, method, one), one) for one in (there, nowhere)]
            said = [re.sub(r"(bob|nowhere)", "*", str(one)) for one in found]
            assert said[0] == said[1], f"{method} {there} tells {caller.value} that it is there"
            assert b"The same name" not in found[0][1] or caller is not Caller.STRANGER


def test_what_is_anothers_looks_like_what_is_not_there(world: World) -> None:
    """In her own workspace Alice asks for what Bob has."""
    own, theirs = world.alice.values(), world.bob.values()
    shared = {"workspace", "map_id"}
    for row in inside():
        named = [word for word in words_of(row.address) if word not in shared]
        if not named:
            continue
        nowhere = {word: NOWHERE.get(word, NUMBER) for word in named}
        asked = [filled(row.address, {**own, **{word: values[word] for word in named}})
                 for values in (theirs, nowhere)]  # fmt: skip
        for method in METHODS[row.way]:
            found = [plain(world.ask(Caller.OWNER, method, one), one) for one in asked]
            assert found[0] == found[1], f"{method} {asked[0]} tells whether Bob's is there"
            assert found[0][0] in {400, 404, 405}, f"{method} {asked[0]} answered {found[0][0]}"


def test_nothing_of_the_other_stands_on_a_page(world: World) -> None:
    secrets = [world.bob.source.write_key, world.bob.upload.pk, world.bob.owner.email]
    values = world.alice.values()
    for row in rows():
        if row.package or row.need is Need.TOKEN or row.way == "change":
            continue
        body = world.ask(Caller.OWNER, "GET", filled(row.address, values)).body.decode()
        assert not [one for one in secrets if one in body], row.address


def test_who_only_looks_or_was_invited_sees_no_write_key(world: World) -> None:
    for caller in (Caller.INVITED, Caller.VIEWER, Caller.COMMENTER):
        for row in inside():
            address = filled(row.address, world.alice.values())
            body = world.ask(caller, "GET", address).body.decode()
            assert world.alice.source.write_key not in body, f"{address} by {caller.value}"


def test_whatever_alice_does_changes_nothing_of_bobs(world: World) -> None:
    def state() -> dict[str, Any]:
        mine = {"workspace_id": world.bob.workspace.pk}
        tables = (Membership, Source, GuestLink, Import, AuditLine, Notice)
        return {
            "workspace": list(Workspace.objects.filter(pk=world.bob.workspace.pk).values()),
            **{one.__name__: list(one.objects.filter(**mine).order_by("pk").values())  # type: ignore[attr-defined]
               for one in tables},
        }  # fmt: skip

    own, theirs = world.alice.values(), world.bob.values()
    before = state()
    alice = world.clients[Caller.OWNER]
    for row in inside():
        for values in ({**own, **{k: v for k, v in theirs.items() if k != "workspace"}}, theirs):
            alice.post(filled(row.address, values), {"name": "Taken", "language": "en"})
    assert state() == before


# --- jobs, keys and files -------------------------------------------------------------------------


@pytest.mark.db
@pytest.mark.django_db(transaction=True)
class TestBehindThePages:
    """What works without anybody who asks."""

    def test_a_job_works_on_its_own_workspace(self, world: World, tmp_path: Path) -> None:
        for place in (world.alice, world.bob):
            imports.start(place.upload, actor=f"member:{place.owner.pk}")
        Job.objects.filter(workspace_id=world.bob.workspace.pk).update(
            run_at=now().replace(year=2100)
        )
        worker = Worker(DataFolder(tmp_path))
        while worker.do_one_job():
            pass
        stores = [store_of(place.workspace.pk, tmp_path) for place in (world.alice, world.bob)]
        counts = [store.snapshot().version.event_count for store in stores]
        assert counts == [1, 0]
        assert Import.objects.get(pk=world.bob.upload.pk).state == Import.WAITING
        assert not Notice.objects.filter(member=world.bob.owner).exists()
        assert Notice.objects.filter(member=world.alice.owner, kind="import_done").count() == 1
        alice, bob = (
            tmp_path / "stores" / str(one.workspace.pk) for one in (world.alice, world.bob)
        )
        assert stores[0].folder == alice
        assert stores[1].folder == bob
        held = b"".join(path.read_bytes() for path in bob.rglob("*") if path.is_file())
        assert b"alice@kund" not in held

    def test_no_value_of_a_customer_stands_in_the_trail(self, world: World, tmp_path: Path) -> None:
        """Whatever is done to a customer; beside hashes, a trail names them by number."""
        own, customer = world.alice.workspace.pk, "alice@kund.example"
        imports.start(world.alice.upload, actor="test")
        worker = Worker(DataFolder(tmp_path))
        while worker.do_one_job():
            pass
        (number,) = Profile.objects.filter(workspace_id=own).values_list("number", flat=True)
        split_profile(own, tmp_path, number, actor="test")
        rejoin_profile(own, tmp_path, number, actor="test")
        set_merge_rules(own, tmp_path, MergeRules(types=("email",), most_profiles=3), actor="test")
        erase_profile(own, tmp_path, customer, actor="test")
        lines = AuditLine.objects.filter(workspace_id=own).values("action", "subject", "details")
        done = {str(line["action"]) for line in lines}
        assert done >= {
            "imported events", "split a profile", "rejoined a profile", "set the rules of merging",
            "erased a profile",
        }  # fmt: skip
        assert not [line for line in lines if customer in f"{line['subject']} {line['details']}"]

    def test_a_key_writes_into_its_own_workspace(self, world: World) -> None:
        with an_inbox() as inbox:
            keys = inbox.write_keys()
        assert keys[world.alice.source.write_key] == world.alice.workspace.pk
        assert keys[world.bob.source.write_key] == world.bob.workspace.pk


@pytest.mark.parametrize(
    "name", ["../../2/x", "..\\..\\x", "/etc/passwd", "....//x", "\0x", "a/../.."]
)
def test_no_name_of_a_file_leads_out_of_the_folder(world: World, tmp_path: Path, name: str) -> None:
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    alice = world.clients[Caller.OWNER]
    answer = alice.put(f"/w/alice/imports/upload/?name={name}", b"a,b\n1,2\n")
    assert answer.status_code in {200, 400}
    new = {path for path in tmp_path.rglob("*") if path.is_file()} - before
    own = tmp_path / "uploads" / str(world.alice.workspace.pk)
    assert all(own in path.parents for path in new), new


# --- who no longer may ----------------------------------------------------------------------------


def status(world: World, caller: Caller, address: str = "/w/alice/maps/") -> int:
    return int(world.ask(caller, "GET", address).status_code)


def test_who_is_taken_out_while_signed_in_is_out_at_once(world: World) -> None:
    assert status(world, Caller.EDITOR) == 200
    Membership.objects.filter(member=world.members[Caller.EDITOR]).delete()
    assert status(world, Caller.EDITOR) == 404


def test_who_gets_a_smaller_role_has_it_at_once(world: World) -> None:
    address = "/w/alice/settings/sources/"
    assert status(world, Caller.EDITOR, address) == 200
    Membership.objects.filter(member=world.members[Caller.EDITOR]).update(role=Role.VIEWER.value)
    assert status(world, Caller.EDITOR, address) == 403


def test_who_is_put_out_of_use_is_signed_out(world: World) -> None:
    Member.objects.filter(pk=world.members[Caller.OWNER].pk).update(is_active=False)
    answer = world.ask(Caller.OWNER, "GET", "/w/alice/maps/")
    assert answer.headers["Location"].startswith("/account/login/")


@pytest.mark.parametrize("ends", ["revoked_at", "expires_at"])
def test_a_guest_is_out_when_the_link_ends(world: World, ends: str) -> None:
    address = f"/w/alice/maps/{world.alice.link.subject}/"
    assert status(world, Caller.INVITED, address) == 200
    GuestLink.objects.filter(pk=world.alice.link.pk).update(**{ends: now().replace(year=2001)})
    assert status(world, Caller.INVITED, address) == 302


def test_a_guest_of_alices_map_does_not_see_bobs_of_the_same_name(world: World) -> None:
    assert status(world, Caller.INVITED, f"/w/bob/maps/{world.alice.link.subject}/") == 404


def test_a_member_who_came_as_a_guest_too_keeps_to_each(world: World) -> None:
    client = world.bob.guest()
    signed_in(client, world.alice.owner)
    assert client.get("/w/alice/settings/audit/").status_code == 200
    assert client.get("/w/bob/settings/audit/").status_code == 404
    join(world.bob.workspace, world.alice.owner, Role.VIEWER, actor="test")
    assert client.get("/w/bob/settings/audit/").status_code == 403


def test_a_body_is_taken_in_only_where_its_sender_may_bring_one(world: World) -> None:
    def may(caller: Caller, slug: str) -> bool:
        jar = world.clients[caller].cookies
        key = jar["sessionid"].value if "sessionid" in jar else ""
        scope = {"type": "http", "method": "PUT", "path": "/", "query_string": b"",
                 "headers": [(b"cookie", f"sessionid={key}".encode())]}  # fmt: skip
        return access_of_scope(scope, slug).may_edit

    assert [may(caller, "alice") for caller in Caller] == [
        caller in {Caller.EDITOR, Caller.OWNER} for caller in Caller
    ]
    assert not any(may(caller, "bob") for caller in Caller if caller is not Caller.ELSEWHERE)
