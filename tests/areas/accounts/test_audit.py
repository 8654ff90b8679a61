"""The audit trail as owners read it: words for everything, filters, pages, and a file."""

from __future__ import annotations

import ast
import csv
import fnmatch
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.test import Client

from kundresa.accounts.api import Member, Role, Workspace, make_workspace, write_audit_line
from kundresa.accounts.models import AuditLine
from kundresa.accounts.web.audit_words import ACTIONS, action_in_words, details_in_words
from tests.support.members import a_member, signed_in

PACKAGE = Path(__file__).resolve().parents[3] / "src/kundresa"
pytestmark = [pytest.mark.db, pytest.mark.django_db]


@pytest.fixture
def shop() -> Workspace:
    return make_workspace("Shop", slug="shop")


@pytest.fixture
def alice(shop: Workspace) -> Member:
    return a_member(shop, name="Alice Ek")


@pytest.fixture
def client(alice: Member) -> Client:
    return signed_in(Client(headers={"host": "localhost"}), alice)


def actions_written() -> Iterator[tuple[str, str]]:
    """Every action that the code writes, and where; one that can't be told is empty."""
    for path in PACKAGE.rglob("*.py"):
        yield from actions_in_text(path.read_text("utf-8"), str(path.relative_to(PACKAGE)))


def actions_in_text(text: str, name: str) -> Iterator[tuple[str, str]]:
    if "write_audit_line" not in text:
        return
    tree = ast.parse(text)
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            for call in calls_of(function, "write_audit_line"):
                for action in values_of(call.args[1], function, tree):
                    yield action, f"{name}:{call.lineno}"


def calls_of(tree: ast.AST, name: str) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
    ]


def values_of(node: ast.expr, function: ast.FunctionDef, module: ast.Module) -> list[str]:
    """The texts that an expression may be; of one that is put together the parts, with a ``*``."""
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.JoinedStr):
        parts = [str(one.value) if isinstance(one, ast.Constant) else "*" for one in node.values]
        return ["".join(parts)]
    if isinstance(node, ast.IfExp):
        return [
            text for one in (node.body, node.orelse) for text in values_of(one, function, module)
        ]
    if not isinstance(node, ast.Name):
        return [""]
    given = given_to(node.id, function) or given_to(node.id, module)
    names = [arg.arg for arg in function.args.args]
    if not given and node.id in names:
        place = names.index(node.id)
        given = [
            call.args[place] for call in calls_of(module, function.name) if len(call.args) > place
        ]
    return [text for one in given for text in values_of(one, function, module)] or [""]


def given_to(name: str, tree: ast.FunctionDef | ast.Module) -> list[ast.expr]:
    """What a name is set to: anywhere in a function, at the top of a module."""
    found = []
    for one in tree.body if isinstance(tree, ast.Module) else ast.walk(tree):
        targets = one.targets if isinstance(one, ast.Assign) else []
        if isinstance(one, ast.AnnAssign):
            targets = [one.target]
        if any(isinstance(to, ast.Name) and to.id == name for to in targets) and one.value:  # type: ignore[attr-defined]
            found.append(one.value)  # type: ignore[attr-defined]
    return found


def test_every_action_has_a_word() -> None:
    found = set(actions_written())
    assert len(found) > 10
    lacking = sorted(
        f"{action or 'an action that only runs tell'} ({where})"
        for action, where in found
        if not action or not fnmatch.filter(ACTIONS, action)
    )
    assert not lacking, f"add these actions to accounts/web/audit_words.py: {lacking}"


def test_the_test_finds_actions_however_they_are_written() -> None:
    source = """
NAMED: Final = "was named"
def by_name(): write_audit_line(a, NAMED)
def either(x):
    said = "one" if x else "other"
    write_audit_line(a, said)
def told(actor, verb): write_audit_line(actor, verb)
def teller(): told("me", "told")
def together(x): write_audit_line(a, f"{x} it")
def unknown(x): write_audit_line(a, x.verb)
"""
    assert {action for action, _ in actions_in_text(source, "a")} == {
        "was named", "one", "other", "told", "* it", "",
    }  # fmt: skip


def test_details_are_said_in_words() -> None:
    details = {"role": "editor", "before": {"name": "Old"}, "types": ["a", "b"], "new_key": None}
    assert details_in_words(details) == [
        ("Role", "Editor"), ("Before", "Name: Old"), ("Types", "a, b"), ("new key", "–"),
    ]  # fmt: skip
    assert details_in_words(None) == []
    assert action_in_words("of a later release") == "of a later release"


def test_it_shows_who_did_what(client: Client, shop: Workspace, alice: Member) -> None:
    write_audit_line(f"member:{alice.pk}", "made map", workspace_id=shop.pk, subject="bicycle")
    page = " ".join(client.get("/w/shop/settings/audit/").content.decode().split())
    assert "Made a map" in page
    assert "bicycle" in page
    assert "Alice Ek" in page
    assert f"<td>member:{alice.pk}" not in page


def test_it_shows_nothing_of_another_workspace(client: Client, shop: Workspace) -> None:
    other = make_workspace("Other", slug="other")
    write_audit_line("kundresa", "made map", workspace_id=other.pk, subject="theirs")
    for address in ("/w/shop/settings/audit/", "/w/shop/settings/audit.csv"):
        answer = client.get(address)
        assert b"theirs" not in b"".join(answer)


@pytest.mark.parametrize("role", [Role.EDITOR, Role.COMMENTER, Role.VIEWER])
def test_only_owners_read_it(shop: Workspace, role: Role) -> None:
    bob = signed_in(Client(headers={"host": "localhost"}), a_member(shop, role=role, name="Bob"))
    assert bob.get("/w/shop/settings/audit/").status_code == 403
    assert bob.get("/w/shop/settings/audit.csv").status_code == 403


def rows(client: Client, **asked: str) -> list[str]:
    page = client.get("/w/shop/settings/audit/", asked).content.decode()
    body = page.split("<tbody>")[1].split("</tbody>")[0]
    return [part.split("</small>")[0] for part in body.split("<small>")[1:]]


def test_it_is_filtered_by_who_what_and_day(client: Client, shop: Workspace) -> None:
    for number, (actor, action) in enumerate([("ann", "made map"), ("bob", "changed map")]):
        write_audit_line(actor, action, workspace_id=shop.pk, subject=f"map {number}")
    day = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    AuditLine.objects.filter(subject="map 0").update(at=day)
    assert rows(client, who="ann") == ["map 0"]
    assert rows(client, what="changed map") == ["map 1"]
    assert rows(client, day="2026-03-01") == ["map 0"]
    assert rows(client, who="bob", day="2026-03-01") == []


def test_a_day_is_that_of_the_workspace(client: Client, shop: Workspace) -> None:
    Workspace.objects.filter(pk=shop.pk).update(time_zone="Europe/Stockholm")
    write_audit_line("ann", "made map", workspace_id=shop.pk, subject="late")
    AuditLine.objects.filter(subject="late").update(at=datetime(2026, 3, 1, 23, 30, tzinfo=UTC))
    assert rows(client, day="2026-03-02") == ["late"]


def test_what_cannot_be_asked_for_is_told(client: Client, shop: Workspace) -> None:
    answer = client.get("/w/shop/settings/audit/", {"day": "1 March", "who": "nobody"})
    assert answer.status_code == 400
    assert "Write the day as 2026-01-31." in answer.content.decode()


def test_pages_go_back_and_forth_and_new_lines_move_nothing(
    client: Client, shop: Workspace
) -> None:
    AuditLine.objects.filter(workspace=shop).delete()
    lines = [AuditLine(workspace=shop, actor="ann", action="made map", subject=f"n{n}")
             for n in range(120)]  # fmt: skip
    AuditLine.objects.bulk_create(lines)
    ids = list(
        AuditLine.objects.filter(workspace=shop).order_by("-id").values_list("id", flat=True)
    )
    first, second = rows(client), rows(client, below=str(ids[49]))
    assert first == [f"n{n}" for n in range(119, 69, -1)]
    write_audit_line("ann", "made map", workspace_id=shop.pk, subject="new")
    assert rows(client, below=str(ids[49])) == second
    assert second == [f"n{n}" for n in range(69, 19, -1)]
    assert rows(client, above=str(ids[50])) == first
    assert rows(client, below=str(ids[99])) == [f"n{n}" for n in range(19, -1, -1)]
    assert rows(client, below="nonsense")[0] == "new"
    assert rows(client, below="9" * 30)[0] == "new"


def test_the_file_holds_what_is_asked_for_and_no_formula(client: Client, shop: Workspace) -> None:
    write_audit_line("ann", "made map", workspace_id=shop.pk, subject='=HYPERLINK("x")')
    write_audit_line("bob", "made map", workspace_id=shop.pk, subject="b")
    answer = client.get("/w/shop/settings/audit.csv", {"who": "ann"})
    assert "shop-audit.csv" in answer["Content-Disposition"]
    text = b"".join(answer).decode("utf-8-sig")
    (line,) = csv.DictReader(io.StringIO(text))
    assert (line["actor"], line["action"]) == ("ann", "made map")
    assert line["subject"] == '\'=HYPERLINK("x")'
