"""Maps and numbers for programs: the stored document, every fault of a new one, the page's numbers."""

from __future__ import annotations

import json

import pytest

from kundresa.accounts.api import Right, Role, Workspace
from kundresa.accounts.models import AuditLine
from kundresa.documents import fmt
from kundresa.journeys.api import map_of
from kundresa.measures.from_map import spec_of
from kundresa.measures.queries import answer
from kundresa.store import EventTable
from tests.areas.maps.worked import MAP, worked
from tests.support.api import a_token, ask, told
from tests.support.members import a_member

FUNNEL = {"kundresa_query": 1, "type": "funnel", "steps": ["view", "buy"]}
CONDITION = {"property": "country", "is": "SE"}
PATH = "/api/maps/bicycle"


@pytest.fixture
def secret(alice: Workspace) -> str:
    return a_token(alice, a_member(alice))


def test_a_map_comes_as_it_is_kept_or_as_json(alice: Workspace, secret: str) -> None:
    kept = ask(secret, "GET", PATH, Accept="application/yaml")
    assert kept.headers["Content-Type"].startswith("application/yaml")
    assert kept.content.decode() == fmt(MAP)
    as_json = ask(secret, "GET", PATH)
    assert told(as_json)["map"]["id"] == "bicycle"
    assert as_json.headers["ETag"] == kept.headers["ETag"] == f'"{told(as_json)["etag"]}"'
    listed = told(ask(secret, "GET", "/api/maps"))["maps"]
    assert [(one["id"], one["etag"]) for one in listed] == [("bicycle", told(as_json)["etag"])]


def test_what_was_read_as_json_can_be_written_back(alice: Workspace, secret: str) -> None:
    document = told(ask(secret, "GET", PATH))["map"] | {"title": "Åsa 🚲 köper\tcykel"}
    answer = ask(secret, "PUT", PATH, json.dumps(document))
    assert answer.status_code == 200, answer.content
    assert told(ask(secret, "GET", PATH))["map"]["title"] == "Åsa 🚲 köper\tcykel"
    newest = AuditLine.objects.filter(workspace=alice).latest("id")
    assert (newest.action, newest.subject) == ("changed map", "bicycle")


def test_json_on_one_line_is_no_name_of_a_file(alice: Workspace, secret: str) -> None:
    document = told(ask(secret, "GET", PATH))["map"] | {"title": "Buying, step 1.yaml"}
    assert ask(secret, "PUT", PATH, json.dumps(document)).status_code == 200


@pytest.mark.parametrize("kind", ["application/yaml", "application/json"])
def test_every_fault_of_a_map_has_its_line(alice: Workspace, secret: str, kind: str) -> None:
    wrong = MAP.replace("kind: current_state", "kind: nonsense").replace("id: bicycle", "id: b b")
    if kind == "application/json":
        wrong = json.dumps({"journey-map": 1, "id": "b b", "title": "x", "stages": []}, indent=1)
    answer = ask(secret, "PUT", PATH, wrong, kind=kind)
    assert answer.status_code == 400
    faults = told(answer)["error"]["faults"]
    assert len(faults) > 1
    assert all(fault["line"] > 0 and fault["column"] > 0 for fault in faults)
    assert map_of(alice.pk, "bicycle").id == "bicycle"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("{", "application/json"),
        ("{", "application/yaml"),
        ("\n", "application/yaml"),
        (MAP.replace("id: bicycle", "id: bicycle\nnote: .nan"), "application/yaml"),
        (b"\xff\xfe", "application/yaml"),
        ("[" * 100_000, "application/json"),
        (MAP.replace("id: bicycle", "id: another"), "application/yaml"),
        (MAP.replace("id: bicycle", 'id: bicycle\nstatus: "\\ud800"'), "application/yaml"),
        (MAP.replace("id: bicycle", 'id: bicycle\nnote: "\\ud800"'), "application/yaml"),
    ],
)
def test_what_is_no_map_is_refused_in_words(
    alice: Workspace, secret: str, text: str | bytes, kind: str
) -> None:
    before = map_of(alice.pk, "bicycle")
    answer = ask(secret, "PUT", PATH, text, kind=kind)
    assert answer.status_code == 400, answer.content
    assert told(answer)["error"]["message"]
    assert map_of(alice.pk, "bicycle") == before


def test_a_change_made_from_an_older_map_is_refused(alice: Workspace, secret: str) -> None:
    mark = ask(secret, "GET", PATH).headers["ETag"]
    first = MAP.replace("id: bicycle", "id: bicycle\nstatus: draft")
    sent = ask(secret, "PUT", PATH, first, kind="application/yaml", **{"If-Match": mark})
    assert (sent.status_code, sent.headers["ETag"] != mark) == (200, True)
    again = ask(secret, "PUT", PATH, MAP, kind="application/yaml", **{"If-Match": mark})
    assert (again.status_code, told(again)["error"]["code"]) == (412, "map_changed")
    assert map_of(alice.pk, "bicycle").status == "draft"


@pytest.mark.parametrize(
    "query",
    [
        FUNNEL,
        {"kundresa_query": 1, "type": "transitions"},
        {"kundresa_query": 1, "type": "living_map", "map": "bicycle"},
    ],
    ids=lambda query: str(query["type"]),
)
def test_a_query_is_answered_as_everywhere_else(
    alice: Workspace, secret: str, query: dict[str, object]
) -> None:
    document = map_of(alice.pk, "bicycle")
    wanted = answer(query, EventTable.from_events(worked()), lambda _: spec_of(document))
    found = told(ask(secret, "POST", "/api/query", query))
    assert found == {"ok": True, **json.loads(json.dumps(wanted))}


def test_without_events_there_are_no_numbers(bob: Workspace) -> None:
    secret = a_token(bob, a_member(bob))
    found = told(ask(secret, "POST", "/api/query", FUNNEL))
    assert [step["count"] for step in found["steps"]] == [0, 0]


def test_every_fault_of_a_query_is_told(secret: str) -> None:
    query = {"kundresa_query": 2, "type": "funnel", "steps": [], "colour": 1}
    error = told(ask(secret, "POST", "/api/query", query))["error"]
    assert {fault["place"] for fault in error["faults"]} == {"kundresa_query", "steps", "colour"}
    absent = {"kundresa_query": 1, "type": "living_map", "map": "none"}
    missing = ask(secret, "POST", "/api/query", absent)
    assert (missing.status_code, told(missing)["error"]["code"]) == (404, "no_such_map")


@pytest.mark.parametrize(
    "part",
    [
        {"filter": CONDITION},
        {"filter": []},
        {"steps": ["view", {"label": "x", "match": CONDITION}]},
    ],
)
def test_a_question_about_one_customer_needs_the_right_to_see_customers(
    alice: Workspace, part: dict[str, object]
) -> None:
    for rights, refused in ((set(), True), ({Right.SEE_CUSTOMERS}, False)):
        member = a_member(alice, role=Role.EDITOR, rights=rights)
        secret = a_token(alice, member)
        assert ask(secret, "POST", "/api/query", FUNNEL).status_code == 200
        answer = ask(secret, "POST", "/api/query", FUNNEL | part)
        assert (answer.status_code == 403) is refused
