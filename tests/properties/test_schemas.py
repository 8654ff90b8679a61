"""Schemas and readers say the same of a document, and answers keep to the schema of results.

What a JSON Schema can't say stands in ``docs/reference/documents.md`` under "What the schemas
can't say", and here in `BEYOND` and its like.
"""

from __future__ import annotations

import copy
import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from kundresa.core.conditions import faults_in, profile_faults_in
from kundresa.core.errors import BadInputError
from kundresa.core.readings import parse_reading
from kundresa.core.records import parse_event
from kundresa.core.times import DAY
from kundresa.documents import faults_in_data, read_data
from kundresa.documents.schemas import bundled, schema, validator
from kundresa.events.sources import read_mapping
from kundresa.measures.queries import answer
from kundresa.measures.specs import MapSpec, StageSpec, StepSpec, TouchpointSpec, Unit
from kundresa.store.table import EventTable

ROOT = Path(__file__).resolve().parents[2]
# Drawing a document is slow beside what is asked of it, and slower on a busy machine.
LAW = settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
ANSWERED = ("funnel", "transitions", "living_map")
NOTHING = EventTable.from_events([])

BEYOND = re.compile(
    r"nested too deep|no calendar has|ends before it begins|not a time zone|too long to compare"
    r"|longer than 1,000 years"
)
"""What only the reader can say of a query."""

PLANNED = re.compile(r"does not (answer|count)|not answered .*by this release yet")


# --- drawing documents from a schema --------------------------------------------------------


def is_planned(part: Any) -> bool:
    return isinstance(part, dict) and part.get("x-status") == "planned"


def resolved(reference: str, home: str) -> tuple[Any, str]:
    """Give what a reference leads to, and the schema it stands in."""
    file, _, pointer = reference.partition("#")
    kind = file.removesuffix(".schema.json") or home
    found: Any = schema(kind)
    for key in pointer.split("/")[1:]:
        found = found[int(key) if isinstance(found, list) else key]
    return found, kind


def merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Join two schemas of one object, where the second says more of the same keys."""
    properties = dict(one.get("properties", {}))
    for key, value in other.get("properties", {}).items():
        properties[key] = value if value is False else {**properties.get(key, {}), **value}
    required = [*one.get("required", []), *other.get("required", [])]
    return {**one, **other, "properties": properties, "required": required}


WORDS = ("view", "cart", "buy", "a b", "å", "0")
TEXTS = st.sampled_from(WORDS)
BY_KEY = {"zone": st.sampled_from(["UTC", "Europe/Stockholm", "Pacific/Apia"])}
"""Keys whose values a schema can't tell."""


def drawn(part: Any, home: str, depth: int = 4) -> st.SearchStrategy[Any]:
    """Draw from the answered part of a schema; ``depth`` bounds how far it follows itself."""
    if not {"$ref", "anyOf", "const", "enum", "type"} & part.keys():
        return TEXTS | st.integers(-3, 3) | st.booleans()
    if "$ref" in part:
        found, kind = resolved(part["$ref"], home)
        beside = {key: value for key, value in part.items() if key != "$ref"}
        whole = merged(beside, found) if "properties" in beside else found
        return st.deferred(lambda: drawn(whole, kind, depth - 1))
    if "anyOf" in part:
        rest = {key: value for key, value in part.items() if key != "anyOf"}
        branches = [branch for branch in part["anyOf"] if not is_planned(branch)]
        # Far down only what ends by itself, which stands first.
        branches = branches if depth > 0 else branches[:2]
        return st.one_of(
            *(
                drawn(merged(rest, b) if "properties" in rest else {**rest, **b}, home, depth)
                for b in branches
            )
        )
    if "const" in part:
        return st.just(part["const"])
    if "enum" in part:
        return st.sampled_from(part["enum"])
    kinds = part["type"] if isinstance(part["type"], list) else [part["type"]]
    return st.one_of(*(of_type(kind, part, home, depth) for kind in kinds))


def of_type(kind: str, part: Any, home: str, depth: int) -> st.SearchStrategy[Any]:
    low, high = part.get("minimum"), part.get("maximum")
    if kind == "integer":
        return st.integers(-9 if low is None else low, 99 if high is None else min(high, 99))
    if kind == "number":
        return st.integers(low, high) | st.floats(low, high, allow_nan=False, allow_infinity=False)
    if kind == "string":
        return texts(part["pattern"]) if "pattern" in part else TEXTS
    if kind == "array":
        items = drawn(part["items"], home, depth)
        return st.lists(items, min_size=part.get("minItems", 0), max_size=4)
    if kind == "object":
        return objects(part, home, depth)
    return {"null": st.none(), "boolean": st.booleans()}[kind]


@st.composite
def texts(draw: st.DrawFn, pattern: str) -> str:
    """Draw what the pattern admits, most often what the events of the logs say too."""
    fitting = [text for text in WORDS if re.search(pattern, text)]
    if fitting and draw(st.integers(0, 2)):
        return draw(st.sampled_from(fitting))
    # Without half surrogates, which the schemas don't speak of.
    return draw(st.from_regex(pattern, alphabet=st.characters(codec="utf-8")))


def objects(part: Any, home: str, depth: int) -> st.SearchStrategy[Any]:
    known = {
        key: BY_KEY[key] if key in BY_KEY else drawn(value, home, depth)
        for key, value in part.get("properties", {}).items()
        if value is not False and not is_planned(value)
    }
    more = part.get("additionalProperties")
    if isinstance(more, dict):
        least = part.get("minProperties", 0)
        return st.dictionaries(TEXTS, drawn(more, home, depth), min_size=least, max_size=3)
    required = set(part.get("required", ()))
    return st.fixed_dictionaries(
        {key: value for key, value in known.items() if key in required},
        optional={key: value for key, value in known.items() if key not in required},
    )


@cache
def forms(kind: str) -> st.SearchStrategy[Any]:
    return drawn({"$ref": f"#/$defs/{kind}"}, "query")


@st.composite
def queries(draw: st.DrawFn, kind: str) -> Any:
    """Draw sound queries; a filter would write out the whole strategy to say that it retries."""
    for _ in range(3):
        query = draw(forms(kind))
        if validator("query").is_valid(query):
            return query
    return reject()


ODD = st.sampled_from(
    [None, True, 0, -1, 2.5, 10**6, "", " ", "\0", "x", "1h", "2026-02-30", "before", [], ["x"], [1],
     {}, {"event": "x"}, {"match": "x"}, {"property": "x", "value": 1}, {"session": {}}]
).map(copy.deepcopy)  # fmt: skip
STRANGE = st.sampled_from(
    ["x", "label", "where", "is", "value", "order", "optional", "map", "steps"]
)


def places(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """List the ways to everything in a document."""
    if not isinstance(document, (dict, list)):
        return []
    inner = document.items() if isinstance(document, dict) else enumerate(document)
    return [place for key, value in inner for place in [(*path, key), *places(value, (*path, key))]]


@st.composite
def spoiled(
    draw: st.DrawFn,
    documents: st.SearchStrategy[Any],
    times: int = 2,
    odd: st.SearchStrategy[Any] = ODD,
) -> Any:
    """Draw a document and change something in it, most often for the worse."""
    document = copy.deepcopy(draw(documents))
    for _ in range(draw(st.integers(1, times))):
        if not isinstance(document, (dict, list)) or not document:
            return draw(odd)
        *way, last = draw(st.sampled_from(places(document)))
        where = document
        for key in way:
            where = where[key]
        match draw(st.sampled_from(["drop", "replace", "replace", "add"])):
            case "drop":
                del where[last]
            case "replace":
                where[last] = draw(odd)
            case _ if isinstance(where, dict):
                where[draw(STRANGE)] = draw(odd)
    return document


# --- queries --------------------------------------------------------------------------------

POINTS = {"a": ["view", "0"], "b": {"event": "cart"}, "c": ["buy", "cart"], "d": None}
MAP = MapSpec(
    (
        StageSpec("one", steps=(StepSpec("s1", ("a",)), StepSpec("s2", ("a", "b")))),
        StageSpec("two", steps=(StepSpec("s3", ("b", "d")),), patience=3 * DAY),
        StageSpec("three", steps=(StepSpec("s4", ("c",)),), reached_when="buy", ends_journey=True),
    ),
    tuple(TouchpointSpec(name, matcher) for name, matcher in POINTS.items()),
    journey_gap=30 * DAY,
)  # fmt: skip
NO_MAP = MapSpec((), (), unit=("property", "order"))


def refusals(query: Any) -> list[str]:
    """List what the reader refuses in a query."""
    try:
        answer(query, NOTHING, lambda _name: NO_MAP)
    except BadInputError as error:
        return [str(fault) for fault in error.faults]
    return []


@LAW
@pytest.mark.parametrize("kind", ANSWERED)
@given(data=st.data())
def test_a_query_that_the_schema_admits_is_taken(kind: str, data: st.DataObject) -> None:
    query = data.draw(queries(kind))
    assert [said for said in refusals(query) if not BEYOND.search(said)] == []


@LAW
@pytest.mark.parametrize("kind", ANSWERED)
@given(data=st.data())
def test_the_reader_and_the_schema_refuse_the_same(kind: str, data: st.DataObject) -> None:
    query = data.draw(spoiled(queries(kind)))
    if not isinstance(query, dict):
        return
    said = [each for each in refusals(query) if not BEYOND.search(each)]
    planned = [each for each in said if PLANNED.search(each)]
    if len(planned) == len(said) > 0:
        return
    assert bool(said) != validator("query").is_valid(query), said


LOGS = st.lists(
    st.builds(
        lambda profile, name, hour, more: parse_event(
            {"profile": profile, "event": name, "time": hour * 3_600_000, **more}
        ),
        st.sampled_from("PQR"), st.sampled_from(["view", "cart", "buy", "0", "x"]),
        st.integers(0, 2_000),
        st.fixed_dictionaries({}, optional={
            "value": st.integers(-5, 9), "currency": st.sampled_from(["SEK", "EUR"]),
            "score": st.builds(lambda v: {"value": v, "scale": "csat5"}, st.integers(1, 5)),
            "precision": st.just("day"), "group": st.just("g"), "channel": st.just("0"),
            "properties": st.builds(lambda v: {"view": v, "0": v}, st.sampled_from([1, "x", True])),
        }),
    ),
    max_size=40,
)  # fmt: skip


@LAW
@pytest.mark.parametrize("kind", ANSWERED)
@given(data=st.data())
def test_an_answer_keeps_to_the_schema_of_results(kind: str, data: st.DataObject) -> None:
    query, log = data.draw(queries(kind)), data.draw(LOGS)
    if refusals(query):
        return
    units: list[Unit] = ["profile", "account", ("property", "view")]
    spec = replace(MAP, unit=data.draw(st.sampled_from(units)))
    found = answer(query, EventTable.from_events(log), lambda _name: spec)
    assert_valid("result", json.loads(json.dumps(found, allow_nan=False)))


def assert_valid(kind: str, document: Any) -> None:
    errors = validator(kind).iter_errors(document)
    assert [f"{error.json_path}: {error.message}" for error in errors] == []


# --- conditions -----------------------------------------------------------------------------

ON_EVENT, ON_PROFILE = (
    Draft202012Validator({**bundled("condition"), "anyOf": [{"$ref": f"#/$defs/{sort}"}]})
    for sort in ("on_event", "on_profile")
)
CONDITIONS = drawn({"$ref": "#/$defs/on_event"}, "condition")
PROFILE_CONDITIONS = drawn({"$ref": "#/$defs/on_profile"}, "condition")
ONLY_THE_CHECK = re.compile(
    r"is not a time\.|is not a length of time|ends before it begins|can't be met"
)
"""What only the check can say of a window, a length or a count."""


@LAW
@given(CONDITIONS | spoiled(CONDITIONS))
def test_a_condition_is_refused_by_both_or_by_none(tree: Any) -> None:
    assert (faults_in(tree) == []) == ON_EVENT.is_valid(tree), faults_in(tree)


@LAW
@given(PROFILE_CONDITIONS | spoiled(PROFILE_CONDITIONS))
def test_a_condition_on_a_profile_is_refused_by_both_or_by_none(tree: Any) -> None:
    said = [str(fault) for fault in profile_faults_in(tree)]
    if ON_PROFILE.is_valid(tree):
        assert [each for each in said if not ONLY_THE_CHECK.search(each)] == []
    else:
        assert said


@pytest.mark.parametrize(
    ("tree", "admitted"),
    [
        ({"property": "a\0b", "value": 1}, False),
        ({"property": "p", "value": "a\0"}, False),
        ({"property": "p", "is": "in", "value": ["a", "\0"]}, False),
        ({"property": "p", "is": "contains", "value": "\0"}, False),
        ({"property": "p", "is": "gt", "value": 10**400}, False),
        ({"property": "p", "value": -(10**400)}, False),
        (["a", " \t\n"], False),
        ("\n a\n", True),
        ({"property": "p", "value": ""}, True),
        ({"property": "p", "value": "\n"}, True),
        ({"property": "p", "value": 1.7976931348623157e308}, True),
        ("\U0001f600", True),
    ],
)
def test_a_text_or_number_that_nothing_keeps_is_refused_by_both(tree: Any, admitted: bool) -> None:
    assert (faults_in(tree) == [], ON_EVENT.is_valid(tree)) == (admitted, admitted)


@pytest.mark.parametrize("text", ["\ud83d", "a\udc00"])
def test_half_a_surrogate_is_refused_by_the_check_alone(text: str) -> None:
    assert "can't be stored" in str(faults_in(text)[0])
    assert ON_EVENT.is_valid(text)


# --- events ---------------------------------------------------------------------------------

TIMES = st.sampled_from(
    ["2026-03-01", "2026-03-01T10:00:00Z", "2026-03-01 10:00", 1_750_000_000_000]
)
EVENTS = st.fixed_dictionaries(
    {"profile": TEXTS | st.integers(), "event": TEXTS, "time": TIMES},
    optional={
        key: drawn(part, "event")
        for key, part in schema("event")["properties"].items()
        if key not in ("profile", "event", "time")
    },
)
SCALE_ENDS = re.compile(r"score\.(value|scale)|time: .* is not a time")
"""A range that is written out, as 9..1, has ends that a schema can't compare."""


def event_refusals(record: Any) -> list[str]:
    try:
        parse_event(record)
    except BadInputError as error:
        return [str(fault) for fault in error.faults] or [str(error)]
    return []


@LAW
@given(EVENTS | spoiled(EVENTS))
def test_a_record_that_the_schema_admits_is_an_event(record: Any) -> None:
    said = [each for each in event_refusals(record) if not SCALE_ENDS.search(each)]
    assert not said or not validator("event").is_valid(record), said


@LAW
@given(spoiled(EVENTS))
def test_a_record_that_the_reader_takes_is_admitted(record: Any) -> None:
    # Of the items of an event the reader looks at no more than that they are objects.
    if isinstance(record, dict) and not record.get("items") and not event_refusals(record):
        assert_valid("event", record)


# --- readings -------------------------------------------------------------------------------

ENDS = st.sampled_from(["2026-03-01", "2026-04-01", "2026-03-01T10:00", "2026-03-01T10:00:00Z"])
READINGS = st.fixed_dictionaries(
    {
        "series": TEXTS, "unit": TEXTS, "source": TEXTS, "value": st.integers() | st.floats(-9, 9),
        "period": st.fixed_dictionaries({"from": ENDS, "to": ENDS}),
    },
    optional={"touchpoint": TEXTS, "channel": TEXTS, "campaign": TEXTS},
)  # fmt: skip
ONLY_THE_READER = re.compile(
    r"ends before it begins|is not a time|is beyond|number that can be kept"
)
"""What a schema can't say of a reading: the order of two times, and the calendar."""


def reading_refusals(record: Any) -> list[str]:
    try:
        parse_reading(record)
    except BadInputError as error:
        return [str(fault) for fault in error.faults] or [str(error)]
    return []


@LAW
@given(READINGS | spoiled(READINGS))
def test_a_reading_is_refused_by_both_or_by_none(record: Any) -> None:
    said = [each for each in reading_refusals(record) if not ONLY_THE_READER.search(each)]
    if validator("reading").is_valid(record):
        assert said == []
    else:
        assert reading_refusals(record)


# --- mappings and maps ----------------------------------------------------------------------

DEMO = ROOT / "src/kundresa/project/demo/open_university"


@cache
def demo_mapping() -> Any:
    data = YAML(typ="safe", pure=True).load((DEMO / "mapping.yaml").read_text("utf-8"))
    table = data["rows"][0]["table"]
    # The twin in JSON: dates are texts there.
    return json.loads(json.dumps({**data, "readings": readings_of(table)}, default=str))


def readings_of(table: str) -> list[Any]:
    one = {"series": "clicks", "value": "clicks", "unit": {"value": "clicks"}, "campaign": "name"}
    other = {"series": {"columns": ["a", "b"]}, "value": {"value": 1}}
    head = {"table": table, "unit": "unit", "source": {"value": "ads"}}
    week = {"column": "week", "form": "%d.%m.%Y", "length": "week"}
    return [
        {**head, "period": week, "channel": "channel", "series": [one, other]},
        {**head, "period": {"from": "a", "last": {"column": "b"}}, "series": [other]},
    ]


ELSEWHERE = re.compile(
    r"\.table$|\.time\.from$|^zone$|^tables\..*\.(delimiter|encoding|each|pattern)$"
    r"|\.form$|\.series\[\d+\]\.(unit|source)$"
)
"""Names of what stands elsewhere in the mapping, of time zones and forms of times, and what fits a
kind of table."""


@LAW
@given(document=spoiled(st.builds(demo_mapping)))
def test_a_mapping_that_the_schema_admits_is_taken(
    tmp_path_factory: pytest.TempPathFactory, document: Any
) -> None:
    if not validator("mapping").is_valid(document):
        return
    file = tmp_path_factory.getbasetemp() / "mapping.yaml"
    file.write_text(json.dumps(document), "utf-8")
    try:
        read_mapping(file)
    except BadInputError as error:
        refused = [fault.place for fault in error.faults] or [str(error)]
    else:
        refused = []
    assert [place for place in refused if not ELSEWHERE.search(place)] == []


ONLY_THE_LINT = re.compile(
    r"is taken by|has no st|There is no|The layer|not a feeling|off the scale|The condition"
    r"|is not a (duration|time|time zone)\b|longer than 1,000 years|measure\.unit|probabilities add|The same point"
)
MAPS = {path.name: read_data(path).result for path in (ROOT / "examples/maps").glob("*.yaml")}


@LAW
@given(
    spoiled(
        st.sampled_from(sorted(MAPS)).map(MAPS.get),
        times=4,
    )
)
def test_the_lint_and_the_schema_of_maps_agree(data: Any) -> None:
    errors = [str(each) for each in faults_in_data(data) if each.severity == "error"]
    if validator("map").is_valid(data):
        assert [said for said in errors if not ONLY_THE_LINT.search(said)] == []
    else:
        assert errors
