"""The API as a whole: who is answered, one shape of errors, and no way into another workspace."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from kundresa.accounts import bearer
from kundresa.accounts.api import (
    MEMBER_ROLES,
    Member,
    Right,
    Role,
    Scope,
    Workspace,
    make_workspace,
)
from kundresa.accounts.bearer import Bearer
from kundresa.accounts.invitations import invite
from kundresa.accounts.models import ApiToken, AuditLine, Department, Invitation, Membership
from kundresa.accounts.rules import ROLES_OF, Place
from kundresa.core.allowance import Allowance
from kundresa.documents.schemas import schema
from kundresa.events.models import Source
from kundresa.journeys.api import save_map
from kundresa.project.api import api
from kundresa.project.api_schema import METHODS
from tests.support.api import a_token, ask, told
from tests.support.members import a_member, signed_in

MAP = """journey-map: 1
id: bicycle
title: I buy a bicycle
kind: current_state
stages:
- id: look
  name: Look
  steps:
  - id: see
    name: See
"""
pytestmark = [pytest.mark.db, pytest.mark.django_db]

SCHEMA = json.loads(json.dumps(api.get_openapi_schema(), default=str))
OPERATIONS = {
    operation["operationId"]: (method.upper(), path, operation)
    for path, methods in SCHEMA["paths"].items()
    for method, operation in methods.items()
    if method in METHODS
}
FUNNEL = {"kundresa_query": 1, "type": "funnel", "steps": ["view", "buy"]}
BODIES: dict[str, Any] = {
    "change_member": {"role": "editor"},
    "change_workspace": {"name": "Shop"},
    "invite": {"emails": ["new@example.se"]},
    "make_department": {"name": "Support"},
    "rename_department": {"name": "Support"},
    "make_source": {"name": "web"},
    "query": FUNNEL,
    "write_map": MAP,
}


@pytest.fixture(autouse=True)
def plenty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each test ask as often as it likes."""
    monkeypatch.setattr(bearer, "allowance", Allowance(per_second=1e6, burst=10**6))


@pytest.fixture
def shop() -> Workspace:
    made = make_workspace("Shop", slug="shop")
    filled(made)
    return made


@pytest.fixture
def alice(shop: Workspace) -> Member:
    return a_member(shop, name="Alice Ek")


def filled(workspace: Workspace) -> None:
    save_map(workspace.pk, MAP, actor="test")
    Source.objects.create(
        workspace=workspace, name=f"web of {workspace.slug}", write_key=f"key-{workspace.pk}"
    )
    Department.objects.create(workspace=workspace, name="Sales")
    someone = a_member(workspace, role=Role.VIEWER, name="Zoe Alm")
    place = Place(Role.VIEWER)
    invite(workspace, ["yet@example.se"], place, language="sv", inviter=someone)


def things_in(workspace: Workspace) -> dict[str, Any]:
    """Give what the words of addresses can stand for in a workspace."""
    return {
        "department_id": Department.objects.get(workspace=workspace).pk,
        "invitation_id": Invitation.objects.get(workspace=workspace).pk,
        "map_id": "bicycle",
        "member_id": Membership.objects.get(workspace=workspace, member__name="Zoe Alm").pk,
        "source_id": Source.objects.filter(workspace=workspace).latest("id").pk,
        "token_id": ApiToken.objects.filter(workspace=workspace).latest("id").pk,
    }


def send(secret: str | None, name: str, things: dict[str, Any]) -> Any:
    """Send an operation a request that is right but for whom it comes from."""
    method, path, _ = OPERATIONS[name]
    kind = "application/yaml" if name == "write_map" else ""
    return ask(secret, method, path.format(**things), BODIES.get(name), kind=kind)


def checks() -> dict[str, Bearer]:
    return api.checks()


def test_every_operation_names_its_check() -> None:
    assert set(checks()) == set(OPERATIONS)
    assert all("security" in operation for _, _, operation in OPERATIONS.values())


def test_an_operation_that_names_no_check_answers_nobody(rf: Any) -> None:
    assert api.auth == [bearer.nobody]
    answer = api.on_exception(rf.get("/api/x"), _raised(bearer.nobody))
    assert answer.status_code == 403


def _raised(check: Any) -> Exception:
    with pytest.raises(Exception, match="answers nobody") as refusal:
        check(None)
    return refusal.value


@pytest.mark.parametrize("name", OPERATIONS)
def test_each_operation_answers_the_roles_that_it_says(shop: Workspace, name: str) -> None:
    check = checks()[name]
    # Owners last: what they take away the others can't be asked about.
    for role in reversed(MEMBER_ROLES):
        member = a_member(shop, role=role, name=f"{role.title()} Ek")
        a_token(shop, member, [], name="for revoking")
        things = things_in(shop)
        answer = send(a_token(shop, member), name, things)
        assert (answer.status_code < 300) is (role in ROLES_OF[check.need]), (role, answer.content)
        assert answer.status_code in {200, 201, 403}
        told(answer)


@pytest.mark.parametrize("name", OPERATIONS)
def test_each_operation_asks_for_its_scope(shop: Workspace, alice: Member, name: str) -> None:
    scope = checks()[name].scope
    others = a_token(shop, alice, set(Scope) - {scope} if scope else ())
    only = a_token(shop, alice, [scope] if scope else ())
    things = things_in(shop) | {"token_id": ApiToken.objects.earliest("id").pk}
    refused = send(others, name, things)
    if scope is None:
        assert refused.status_code == 200
        return
    assert refused.status_code == 403
    assert scope.value in told(refused)["error"]["message"]
    things = things_in(shop)
    assert send(only, name, things).status_code < 300


@pytest.mark.parametrize("name", OPERATIONS)
def test_nobody_is_answered_without_a_token_that_holds(
    shop: Workspace, alice: Member, name: str
) -> None:
    a_token(shop, alice)
    before = AuditLine.objects.count()
    for secret in (None, "", "kundresa_" + "x" * 43):
        answer = send(secret, name, things_in(shop))
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert told(answer)["error"]["code"] == "no_token"
    assert AuditLine.objects.count() == before


def test_a_session_is_no_token(client: Any, shop: Workspace, alice: Member) -> None:
    assert signed_in(client, alice).get("/api/me").status_code == 401


@pytest.mark.parametrize("name", [name for name, (_, path, _) in OPERATIONS.items() if "{" in path])
def test_what_is_in_another_workspace_is_not_there(
    shop: Workspace, alice: Member, name: str
) -> None:
    other = make_workspace("Other", slug="other")
    mine = a_token(other, a_member(other, name="Carl Nord"))
    a_token(shop, alice)
    answer = send(mine, name, things_in(shop))
    if name == "write_map":  # It is made anew in the token's own workspace.
        assert answer.status_code == 200
        assert "made map" in [line.action for line in AuditLine.objects.filter(workspace=other)]
        assert AuditLine.objects.filter(workspace=shop, action="changed map").count() == 0
        return
    assert answer.status_code == 404
    assert told(answer)["error"]["code"] in {"not_found", "no_such_map"}


def test_lists_show_only_the_workspace_of_the_token(shop: Workspace, alice: Member) -> None:
    other = make_workspace("Other", slug="other")
    filled(other)
    carl = a_member(other, name="Carl Nord")
    a_token(other, carl, name="elsewhere")
    mine = a_token(shop, alice)
    for name, (method, path, _) in OPERATIONS.items():
        if method == "GET" and "{" not in path:
            said = send(mine, name, {}).content.decode()
            assert "Carl" not in said, name
            assert "elsewhere" not in said, name
            assert "web of other" not in said, name


# --- what comes back -----------------------------------------------------------------------------


def test_me_says_whose_token_it_is(shop: Workspace, alice: Member) -> None:
    assert told(ask(a_token(shop, alice, [Scope.QUERY]), "GET", "/api/me")) == {
        "ok": True,
        "name": "Alice Ek",
        "email": alice.email,
        "role": "owner",
        "sees_customers": True,
        "may_send": True,
        "workspace": {
            "id": shop.pk, "name": "Shop", "slug": "shop", "language": "", "time_zone": "",
        },
        "scopes": ["query"],
    }  # fmt: skip


def test_a_renamed_workspace_is_told_in_the_audit_trail(shop: Workspace, alice: Member) -> None:
    secret = a_token(shop, alice)
    answer = ask(secret, "PATCH", "/api/workspace", {"name": "Åsas butik"})
    assert told(answer)["workspace"]["name"] == "Åsas butik"
    newest = told(ask(secret, "GET", "/api/audit?limit=1"))["lines"][0]
    assert newest["action"] == "changed workspace"
    assert (newest["actor"], newest["actor_name"]) == (f"member:{alice.pk}", "Alice Ek")


def test_the_audit_trail_is_read_page_by_page(shop: Workspace, alice: Member) -> None:
    secret, seen, before = a_token(shop, alice), [], ""
    for _ in range(20):
        page = told(ask(secret, "GET", f"/api/audit?limit=2{before}"))
        seen += [line["id"] for line in page["lines"]]
        if page["before"] is None:
            break
        before = f"&before={page['before']}"
    wanted = AuditLine.objects.filter(workspace=shop).order_by("-id")
    assert seen == list(wanted.values_list("id", flat=True))


def test_members_come_with_what_they_are(shop: Workspace, alice: Member) -> None:
    a_member(shop, role=Role.VIEWER, name="Bob Dahl", rights={Right.SEND})
    Membership.objects.filter(member__name="Bob Dahl").update(department=Department.objects.get())
    members = told(ask(a_token(shop, alice), "GET", "/api/members"))["members"]
    assert [one["name"] for one in members] == ["Alice Ek", "Bob Dahl", "Zoe Alm"]
    bob = members[1]
    assert (bob["role"], bob["sees_customers"], bob["may_send"]) == ("viewer", False, True)
    assert bob["department"]["name"] == "Sales"


def test_a_token_can_revoke_itself(shop: Workspace, alice: Member) -> None:
    secret = a_token(shop, alice)
    number = told(ask(secret, "GET", "/api/tokens"))["tokens"][0]["id"]
    assert ask(secret, "DELETE", f"/api/tokens/{number}").status_code == 200
    assert ask(secret, "GET", "/api/me").status_code == 401


def test_a_source_is_made_with_its_key_and_closed(shop: Workspace, alice: Member) -> None:
    secret = a_token(shop, alice)
    answer = ask(secret, "POST", "/api/sources", {"name": "app"})
    assert answer.status_code == 201
    made = told(answer)
    assert Source.objects.get(write_key=made["write_key"]).name == "app"
    assert ask(secret, "DELETE", f"/api/sources/{made['source']['id']}").status_code == 200
    listed = ask(secret, "GET", "/api/sources")
    assert [one["is_open"] for one in told(listed)["sources"]] == [True, False]
    assert made["write_key"] not in listed.content.decode()


def test_members_are_changed_in_part_and_taken_out(shop: Workspace, alice: Member) -> None:
    secret = a_token(shop, alice)
    zoe = Membership.objects.get(workspace=shop, member__name="Zoe Alm")
    theirs = a_token(shop, zoe.member)
    sales = Department.objects.get().pk
    path = f"/api/members/{zoe.pk}"
    told_now = told(ask(secret, "PATCH", path, {"role": "editor", "department": sales}))["member"]
    assert (told_now["role"], told_now["department"]["name"]) == ("editor", "Sales")
    told_now = told(ask(secret, "PATCH", path, {"sees_customers": True}))["member"]
    assert (told_now["role"], told_now["sees_customers"]) == ("editor", True)
    assert told(ask(secret, "PATCH", path, {"department": None}))["member"]["department"] is None
    wrong = ask(secret, "PATCH", path, {"department": sales + 1})
    assert told(wrong)["error"]["faults"][0]["place"] == "department"
    assert ask(secret, "DELETE", path).status_code == 200
    assert ask(theirs, "GET", "/api/me").status_code == 401


def test_the_last_owner_stays(shop: Workspace, alice: Member) -> None:
    path = f"/api/members/{Membership.objects.get(workspace=shop, member=alice).pk}"
    for method, body in (("PATCH", {"role": "viewer"}), ("DELETE", None)):
        answer = ask(a_token(shop, alice), method, path, body)
        assert (answer.status_code, told(answer)["error"]["code"]) == (409, "last_owner")


def test_invitations_are_made_with_their_links_and_revoked(shop: Workspace, alice: Member) -> None:
    secret = a_token(shop, alice)
    body = {"emails": ["Åsa@example.se ", "asa@example.se"], "role": "editor", "may_send": True}
    wrong = ask(secret, "POST", "/api/invitations", body | {"emails": ["nobody", "x@y.se"]})
    assert told(wrong)["error"]["faults"][0]["place"] == "emails"
    twice = ask(secret, "POST", "/api/invitations", body | {"emails": [alice.email]})
    assert told(twice)["error"]["faults"][0]["place"] == "emails[0]"
    body["emails"] = [" Asa@example.se", "asa@example.se"]
    made = told(ask(secret, "POST", "/api/invitations", body))["invitations"]
    assert [one["email"] for one in made] == ["asa@example.se"]
    assert ask(None, "GET", made[0]["link"]).status_code == 200
    assert (made[0]["role"], made[0]["may_send"], made[0]["is_mailed"]) == ("editor", True, False)
    listed = ask(secret, "GET", "/api/invitations")
    assert len(told(listed)["invitations"]) == 2
    assert made[0]["link"] not in listed.content.decode()
    assert ask(secret, "DELETE", f"/api/invitations/{made[0]['id']}").status_code == 200
    assert len(told(ask(secret, "GET", "/api/invitations"))["invitations"]) == 1


def test_departments_are_made_once_renamed_and_removed(shop: Workspace, alice: Member) -> None:
    secret = a_token(shop, alice)
    made = told(ask(secret, "POST", "/api/departments", {"name": "Support"}))["department"]
    taken = ask(secret, "POST", "/api/departments", {"name": "support"})
    assert (taken.status_code, told(taken)["error"]["code"]) == (409, "name_taken")
    path = f"/api/departments/{made['id']}"
    assert told(ask(secret, "PATCH", path, {"name": "SUPPORT"}))["department"]["name"] == "SUPPORT"
    assert ask(secret, "DELETE", path).status_code == 200
    assert ask(secret, "DELETE", path).status_code == 404
    listed = told(ask(secret, "GET", "/api/departments"))["departments"]
    assert [one["name"] for one in listed] == ["Sales"]


# --- refusals ------------------------------------------------------------------------------------


def test_every_fault_of_a_body_is_told_with_its_place(shop: Workspace, alice: Member) -> None:
    secret = a_token(shop, alice)
    error = told(ask(secret, "PATCH", "/api/workspace", {"name": "", "colour": "red"}))["error"]
    assert {fault["place"] for fault in error["faults"]} == {"name", "colour"}
    assert ask(secret, "PATCH", "/api/workspace", {}).status_code == 200  # Nothing to change.
    error = told(ask(secret, "POST", "/api/sources", {}))["error"]
    assert error["faults"] == [
        {"place": "name", "message": "is missing.", "severity": "error"}
    ]  # fmt: skip
    error = told(ask(secret, "GET", "/api/audit?before=x&limit=0"))["error"]
    assert [fault["place"] for fault in error["faults"]] == ["before", "limit"]


DEEP = "[" * 100 + "]" * 100
VERY_DEEP = "[" * 100_000 + "]" * 100_000


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{", "no JSON"),
        (b"\xff", "no JSON"),
        ('{"name": NaN}', "no JSON"),
        (f'{{"name": {DEEP}}}', "64 levels"),
        (f'{{"name": {VERY_DEEP}}}', "nested"),
        ('{"name": "a\\u0000"}', "can't be kept"),
        ('{"name": "a\\ud800"}', "can't be kept"),
        ("[]", "1 fault"),
        ('"name"', "1 fault"),
        ("null", "1 fault"),
        ("", "1 fault"),
        ('{"name": "   "}', "1 fault"),
        (f'{{"name": "{"x" * 201}"}}', "1 fault"),
    ],
)
def test_a_body_that_cannot_be_taken_is_a_clear_refusal(
    shop: Workspace, alice: Member, body: Any, said: str
) -> None:
    answer = ask(a_token(shop, alice), "PATCH", "/api/workspace", body)
    assert answer.status_code == 400, answer.content
    assert said in told(answer)["error"]["message"]
    assert Workspace.objects.get(pk=shop.pk).name == "Shop"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("path", ["workspace", "maps/bicycle"])
def test_a_body_of_another_kind_is_refused(
    shop: Workspace, alice: Member, kind: str, path: str
) -> None:
    method = "PATCH" if path == "workspace" else "PUT"
    answer = ask(a_token(shop, alice), method, f"/api/{path}", {"name": "x"}, kind=kind)
    assert answer.status_code == 415
    assert "Content-Type" in told(answer)["error"]["hint"]


def test_a_large_body_is_refused_before_it_is_read(shop: Workspace, alice: Member) -> None:
    body = json.dumps({"name": "x" * bearer.MOST_BODY})
    answer = ask(a_token(shop, alice), "PATCH", "/api/workspace", body)
    assert answer.status_code == 413
    assert told(answer)["error"]["code"] == "too_large"


def test_what_is_not_there_and_what_cannot_be_done_have_the_same_shape(
    shop: Workspace, alice: Member
) -> None:
    secret = a_token(shop, alice)
    nowhere = ask(secret, "GET", "/api/nowhere")
    assert (nowhere.status_code, told(nowhere)["error"]["code"]) == (404, "not_found")
    wrong = ask(secret, "POST", "/api/me", {})
    assert (wrong.status_code, told(wrong)["error"]["code"]) == (405, "method_not_allowed")
    assert wrong.headers["Allow"] == "GET"


def test_a_bug_says_nothing_of_the_inside(
    shop: Workspace, alice: Member, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    def fails(*_: Any) -> Any:
        raise RuntimeError("the password is hunter2")

    monkeypatch.setattr("kundresa.accounts.web.api.members_of", fails)
    answer = ask(a_token(shop, alice), "GET", "/api/members")
    assert (answer.status_code, told(answer)["error"]["code"]) == (500, "internal")
    assert "hunter2" not in answer.content.decode()
    assert answer.headers["X-Request-Id"]


def test_a_token_that_asks_too_often_is_told_when_to_come_again(
    shop: Workspace, alice: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bearer, "allowance", Allowance(per_second=0.01, burst=2))
    secret, other = a_token(shop, alice), a_token(shop, alice)
    assert [ask(secret, "GET", "/api/me").status_code for _ in range(2)] == [200, 200]
    refused = ask(secret, "GET", "/api/me")
    assert (refused.status_code, told(refused)["error"]["code"]) == (429, "too_many_requests")
    assert 1 <= int(refused.headers["Retry-After"]) <= 100
    assert ask(other, "GET", "/api/me").status_code == 200


def test_errors_are_those_of_the_command_line(shop: Workspace, alice: Member) -> None:
    error = told(ask(a_token(shop, alice), "PATCH", "/api/workspace", {"a": 1}))
    envelope = Draft202012Validator(schema("envelope"))
    assert not list(envelope.iter_errors(error))


def test_the_schema_is_there_for_everybody() -> None:
    answer = ask(None, "GET", "/api/openapi.json")
    assert answer.status_code == 200
    assert json.loads(answer.content)["paths"].keys() == SCHEMA["paths"].keys()
    assert not re.search(r"HttpRequest|traceback", answer.content.decode())
