"""The published schemas: sound, whole, and at one with the code and the examples."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from kundresa.core.conditions.windows import MOST_COUNT
from kundresa.core.conditions.words import (
    COMPARISONS,
    EVENT_KINDS,
    FIELDS,
    MOST_STEPS,
    PROFILE_KINDS,
)
from kundresa.core.errors import BadInputError
from kundresa.core.records import KEYS, SCALES
from kundresa.core.times import PRECISIONS
from kundresa.documents import lint, read_data
from kundresa.documents.map_model import LANE_KINDS, SUGAR
from kundresa.documents.schemas import KINDS, bundled, schema, validator
from kundresa.measures.queries import (
    PLANNED_KEYS,
    PLANNED_STEP_KEYS,
    PLANNED_TYPES,
    answer,
)
from kundresa.measures.specs import MapSpec
from kundresa.store.table import EventTable

ROOT = Path(__file__).resolve().parents[3]
SOURCE = ROOT / "src/kundresa"
MAPS = sorted(ROOT.glob("examples/**/*.journey.yaml"))
MAPPINGS = sorted(SOURCE.rglob("mapping.yaml"))
QUERIES = sorted((ROOT / "examples/queries").glob("*.json"))
LOGS = sorted((ROOT / "examples").rglob("*.jsonl"))


def faults(kind: str, document: Any) -> list[str]:
    return [f"{e.json_path}: {e.message}" for e in validator(kind).iter_errors(document)]


def planned_in(part: dict[str, Any]) -> set[str]:
    return {key for key, value in part["properties"].items() if value.get("x-status") == "planned"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_is_sound_and_named_after_its_file(kind: str) -> None:
    Draft202012Validator.check_schema(schema(kind))
    assert schema(kind)["$id"] == f"https://kundresa.org/schemas/{kind}.schema.json"


def test_every_schema_file_is_published() -> None:
    files = {path.name for path in (SOURCE / "documents/schemas").glob("*.json")}
    assert files == {f"{kind}.schema.json" for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_in_one_piece_refers_to_nothing_outside(kind: str) -> None:
    whole = bundled(kind)
    inside = {
        part["$id"].rsplit("/", 1)[1] for part in whole.get("$defs", {}).values() if "$id" in part
    }
    outside = set(re.findall(r'"\$ref": "([^"#]+)', json.dumps(whole)))
    assert outside <= inside | {f"{kind}.schema.json"}


@pytest.mark.parametrize("path", MAPS, ids=lambda path: path.name)
def test_an_example_map_is_sound_to_lint_and_schema(path: Path) -> None:
    assert [str(each) for each in lint(path.read_text("utf-8")) if each.severity == "error"] == []
    assert faults("map", read_data(path).result) == []


@pytest.mark.parametrize("path", MAPPINGS, ids=lambda path: path.parent.name)
def test_a_mapping_that_we_ship_is_sound(path: Path) -> None:
    data = YAML(typ="safe", pure=True).load(path.read_text("utf-8"))
    # In JSON, dates are texts.
    assert faults("mapping", json.loads(json.dumps(data, default=str))) == []


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.name)
def test_an_example_query_is_sound(path: Path) -> None:
    assert faults("query", json.loads(path.read_text("utf-8"))) == []


@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.name)
def test_example_events_are_sound(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    assert lines
    assert [fault for line in lines for fault in faults("event", json.loads(line))] == []


def test_there_are_examples_of_all_that() -> None:
    assert MAPS
    assert MAPPINGS
    assert LOGS
    assert {path.stem for path in QUERIES} >= {"funnel", "transitions", "living-map"}


def test_the_keys_of_an_event_are_those_of_the_code() -> None:
    assert set(schema("event")["properties"]) == set(KEYS)
    assert set(PRECISIONS) | {None} == set(schema("event")["properties"]["precision"]["enum"])


@pytest.mark.parametrize("scale", SCALES)
def test_a_scale_has_the_same_ends_in_code_and_schema(scale: str) -> None:
    low, high = SCALES[scale]
    record = {"profile": "p", "event": "e", "time": "2026-01-01"}
    sound = {
        value: not faults("event", {**record, "score": {"value": value, "scale": scale}})
        for value in (low - 1, low, high, high + 1)
    }
    assert list(sound.values()) == [False, True, True, False]


def test_conditions_ask_and_compare_what_the_code_does() -> None:
    parts = schema("condition")["$defs"]
    compared = [branch["properties"]["is"] for branch in parts["comparison"]["anyOf"]]
    names = [name for each in compared for name in each.get("enum", [each.get("const")])]
    assert sorted(names) == sorted(COMPARISONS)
    for sort, kinds in (("on_event", EVENT_KINDS), ("on_profile", PROFILE_KINDS)):
        asked = [branch["required"][0] for branch in parts[sort]["anyOf"] if "required" in branch]
        assert sorted(asked) == sorted(kinds)
    fields = [b for b in parts["on_event"]["anyOf"] if "field" in b.get("properties", {})]
    assert tuple(fields[0]["properties"]["field"]["enum"]) == FIELDS


def test_conditions_have_the_limits_of_the_code() -> None:
    parts = schema("condition")["$defs"]
    (then,) = [b for b in parts["on_profile"]["anyOf"] if "then" in b.get("properties", {})]
    assert then["properties"]["then"]["maxItems"] == MOST_STEPS
    assert {each["maximum"] for each in parts["count"]["properties"].values()} == {MOST_COUNT}


def test_lanes_and_sugar_of_a_map_are_those_of_the_code() -> None:
    parts = schema("map")["$defs"]
    assert set(parts["lane"]["properties"]["kind"]["enum"]) == set(LANE_KINDS)
    assert set(SUGAR) <= set(parts["step"]["properties"])


# --- what is planned ------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["query", "result"])
def test_the_planned_types_are_marked(kind: str) -> None:
    types = schema(kind)["properties"]["type"]["enum"]
    parts = schema(kind)["$defs"]
    assert {t for t in types if parts[t].get("x-status") == "planned"} == set(PLANNED_TYPES)
    assert [branch["then"]["$ref"] for branch in schema(kind)["allOf"]] == [
        f"#/$defs/{each}" for each in types
    ]


@pytest.mark.parametrize("kind", sorted(PLANNED_KEYS))
def test_the_planned_keys_of_an_answered_type_are_marked(kind: str) -> None:
    assert planned_in(schema("query")["$defs"][kind]) == set(PLANNED_KEYS[kind])


def test_the_planned_keys_of_a_step_are_marked() -> None:
    written_out = schema("query")["$defs"]["step"]["anyOf"][-1]
    assert planned_in(written_out) == set(PLANNED_STEP_KEYS)


FUNNEL = {"kundresa_query": 1, "type": "funnel", "steps": ["a", "b"]}


@pytest.mark.parametrize(
    ("query", "place", "said", "admitted"),
    [
        ({**FUNNEL, "type": "retention"}, "type", "does not answer 'retention' yet. It answers", None),
        ({**FUNNEL, "type": "retenton"}, "type", "is 'retenton'. Known", False),
        ({**FUNNEL, "order": "strict"}, "order", "by this release yet. Leave it out", True),
        ({**FUNNEL, "ordr": "strict"}, "ordr", "is not known in a funnel query", False),
        ({**FUNNEL, "steps": [{"match": "a", "within": "1h"}]}, "steps[0].within", "yet", True),
        ({**FUNNEL, "steps": [{"match": "a", "label": ""}]}, "steps[0].label", "isn't empty", False),
        ({**FUNNEL, "unit": {"session": {"gap": "30m"}}}, "unit", "count sessions yet", True),
        ({**FUNNEL, "unit": {"property": 3}}, "unit.property", "Write its name", False),
        ({**FUNNEL, "window": 1e300}, "window", "longer than 1,000 years", False),
        ({**FUNNEL, "window": "9" * 400 + "d"}, "window", "longer than 1,000 years", True),
        ({**FUNNEL, "zone": "Mars/Base"}, "zone", "not a time zone", True),
        ({**FUNNEL, "zone": 3}, "zone", "is 3", False),
        ({**FUNNEL, "zone": ""}, "zone", "is ''", False),
        ({**FUNNEL, "period": {"from": "2026-02-30", "to": "2026-03-01"}}, "period.from", "no calendar", True),
        ({**FUNNEL, "period": {"from": "0001-01-01", "to": "2026-03-01"}}, "period.from", "Write a date", False),
        ({**FUNNEL, "kundresa_query": True}, "kundresa_query", "reads version 1", False),
        (
            {"kundresa_query": 1, "type": "transitions", "touchpoints": {"a": "b"}, "map": "m"},
            "map", "stands beside touchpoints", False,
        ),
        ({"kundresa_query": 1, "type": "living_map", "map": 3}, "map", "Name the map", False),
        (
            {"kundresa_query": 1, "type": "living_map", "map": "m", "compare": "before",
             "period": {"from": "1700-01-01", "to": "1900-01-01"}},
            "period", "100 years", True,
        ),
        (
            {"kundresa_query": 1, "type": "living_map", "map": "m", "compare": "year_before",
             "period": {"from": "2026-01-01", "to": "2026-02-01"}},
            "compare", "by this release yet", True,
        ),
    ],
)  # fmt: skip
def test_the_reader_says_what_is_planned_what_is_unknown_and_what_is_wrong(
    query: dict[str, Any], place: str, said: str, admitted: bool | None
) -> None:
    caught = refusal(query)
    assert any(said in text for text in caught.get(place, [])), caught
    if admitted is not None:
        assert validator("query").is_valid(query) is admitted


def refusal(query: dict[str, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    with pytest.raises(BadInputError) as caught:
        answer(query, EventTable.from_events([]), lambda _name: MapSpec((), ()))
    for fault in caught.value.faults:
        found.setdefault(fault.place, []).append(str(fault))
    return found
