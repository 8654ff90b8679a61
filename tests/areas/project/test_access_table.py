"""The table of roles and addresses: its page is the views', and each row is what really happens."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.http import Http404

from kundresa.accounts.rules import Need
from kundresa.accounts.web import doors
from kundresa.project.access_table import PAGE, Answer, Caller, Row, page, rows
from tests.support.two_workspaces import World

ROWS = rows()
# What they name is there once, for one reader; who is let in may find it gone.
SPENT = {
    *("line", "secret", "token", "key", "notice_id", "invitation", "membership", "link"),
    *("provider_id", "slug", "pk", "token_id"),
}
# What it leads back to stands in the session alone.
BY_SESSION = {"/join/"}
# What answers an unknown address below it, in the API's own shape.
UNKNOWN = {"/api/"}
# A package asks all members the same, so few have to come.
FEW = (Caller.STRANGER, Caller.VIEWER)
_WORD = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")


def test_the_page_is_what_the_views_say() -> None:
    made = "run: .venv/bin/python -m kundresa.project.access_table"
    assert PAGE.read_text("utf-8") == page(), made


def test_every_address_of_ours_declares_whom_it_answers() -> None:
    from django.urls import get_resolver

    from kundresa.project.access_table import _views

    silent = [
        match.route
        for match, view in _views(get_resolver().url_patterns)
        if doors.asked_of(view, match) is None and view.__module__.startswith("kundresa.")
    ]
    assert not silent, f"these answer nobody; say @asks(...) above their views: {silent}"


def words_of(address: str) -> list[str]:
    """The words that an address has room for."""
    return [found[1] or found[2] for found in _WORD.finditer(address)]


def filled(address: str, values: dict[str, Any]) -> str:
    """An address with something real in each place."""

    def value(found: re.Match[str]) -> str:
        word = found[1] or found[2]
        if word not in values:
            pytest.fail(
                f"{address} names {word!r}, and the test has none to come to it with: "
                "add a real one to Place.values in tests/support/two_workspaces.py"
            )
        return str(values[word])

    return _WORD.sub(value, address).replace("^", "").replace("$", "")


def test_places_in_addresses_are_found() -> None:
    assert filled("/a/^k/(?P<key>[-:\\w]+)/$", {"key": "x"}) == "/a/k/x/"
    assert filled("/w/<slug:workspace>/<int:n>/", {"workspace": "a", "n": 3}) == "/w/a/3/"
    with pytest.raises(pytest.fail.Exception, match=r"names 'new'.*Place\.values"):
        filled("/w/<slug:new>/", {})


@pytest.fixture
def let_in(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether the door let each request in, in their order."""
    seen: list[bool] = []
    refusal = doors._refusal

    def watched(*given: Any) -> Any:
        seen.append(False)
        found = refusal(*given)
        seen[-1] = found is None
        return found

    monkeypatch.setattr(doors, "_refusal", watched)
    return seen


def what_is_wrong(row: Row, expected: Answer, answer: Any, was_let_in: bool) -> str:
    """Compare what happened with the table; nothing where they agree."""
    status, where = answer.status_code, answer.headers.get("Location", "")
    to_log_in = status == 401 or (status == 302 and where.startswith("/account/login/"))
    told = f"{status} {where}".strip()
    if status >= 500:
        return f"broke with {told}"
    if expected is Answer.SIGN_IN:
        return "" if to_log_in else f"answered {told} instead of leading to the log-in"
    if expected is Answer.REFUSED:
        return "" if status == 403 else f"answered {told} instead of 403"
    if expected is Answer.ABSENT:
        return "" if status == 404 and not was_let_in else f"answered {told} instead of 404"
    if not was_let_in:
        return f"was refused by the door: {told}"
    if row.package:
        return ""  # what it asks for more, such as the password, is the package's own
    if status in {401, 403} or (to_log_in and row.need is not Need.PUBLIC):
        return f"was let in and refused: {told}"
    may_be_gone = SPENT & set(words_of(row.address)) or row.address in BY_SESSION
    return f"found nothing: {told}" if status == 404 and not may_be_gone else ""


METHODS = {"read": ["GET"], "change": ["POST"], "both": ["GET", "POST"]}


def test_every_address_answers_each_caller_as_the_table_says(
    world: World, let_in: list[bool]
) -> None:
    values = {caller: world.alice.values(world.members.get(caller)) for caller in Caller}
    wrong = []
    for row in ROWS:
        for caller in FEW if row.package else Caller:
            expected = row.answer(caller)
            if expected is Answer.TOKEN:
                continue
            address = filled(row.address, values[caller])
            for method in ["GET"] if row.package else METHODS[row.way]:
                let_in.clear()
                answer = world.ask(caller, method, address)
                # A public view isn't asked at all.
                was_let_in = all(let_in)
                if fault := what_is_wrong(row, expected, answer, was_let_in):
                    wrong.append(f"{method} {address} by {caller.value}: {fault}")
    assert not wrong, "\n" + "\n".join(wrong)


def test_the_table_tells_the_scopes_of_the_api() -> None:
    scopes = {row.address: set(row.scopes) for row in ROWS}
    assert scopes["/api/query"] == {"query"}
    assert scopes["/api/maps/<map_id>"] == {"maps:read", "maps:write"}
    assert scopes["/api/me"] == set()


def test_no_session_opens_an_address_of_tokens(world: World) -> None:
    for row in ROWS:
        # The schema of the API has no data, and is there for everybody.
        if row.answer(Caller.OWNER) is not Answer.TOKEN or row.address.endswith("openapi.json"):
            continue
        address = filled(row.address, world.alice.values())
        for caller in (Caller.STRANGER, Caller.OWNER):
            refusals = {401, 405} if address not in UNKNOWN else {404}
            assert world.ask(caller, "POST", address).status_code in refusals, address


def test_the_test_sees_a_door_that_stands_open(
    world: World, let_in: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    row = next(row for row in ROWS if row.name == "accounts:audit")
    monkeypatch.setattr(doors.Door, "process_view", lambda *_: None)
    answer = world.ask(Caller.VIEWER, "GET", filled(row.address, world.alice.values()))
    assert what_is_wrong(row, row.answer(Caller.VIEWER), answer, True)


def test_a_view_that_declares_nothing_answers_nobody(world: World) -> None:
    from django.test import RequestFactory
    from django.urls import ResolverMatch

    request = RequestFactory().get("/w/alice/new/")
    request.user = world.alice.owner  # type: ignore[assignment]
    request.resolver_match = ResolverMatch(world.ask, (), {}, "new")
    with pytest.raises(Http404):
        doors.Door(world.ask).process_view(request, world.ask, (), {"workspace": "alice"})  # type: ignore[arg-type]
