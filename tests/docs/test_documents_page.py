"""The page on documents says what the schemas say, and its examples are sound and real.

A fence's second word names its kind (``json query``). A comment ``<!-- keys: event -->`` names the
part of a schema whose keys the table below it lists; a table that has fallen behind is printed as
it should be.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from kundresa.cli.query import command
from kundresa.documents import lint
from kundresa.documents.schemas import KINDS, bundled, schema, validator
from kundresa.documents.yaml_source import load
from kundresa.measures.queries import PLANNED_TYPES

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/reference/documents.md"
TEXT = PAGE.read_text(encoding="utf-8")
FENCE = re.compile(
    r"^```(?P<info>(?:json|yaml)[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL
)
TABLE = re.compile(r"^<!-- keys: (?P<what>[^\n]+) -->\n\n(?P<table>(?:\|[^\n]*\n)*)", re.MULTILINE)
ANSWERED = ("funnel", "transitions", "living_map")


def line_of(place: int) -> int:
    return TEXT.count("\n", 0, place) + 1


BLOCKS = [
    pytest.param(found["info"], found["body"], id=f"line {line_of(found.start())}")
    for found in FENCE.finditer(TEXT)
]
TABLES = [
    pytest.param(found["what"], found["table"], id=found["what"]) for found in TABLE.finditer(TEXT)
]


# --- examples -------------------------------------------------------------------------------


def documents(info: str, body: str) -> list[Any]:
    """Read a block: one YAML document, one JSON document, or one JSON document a line."""
    if info.startswith("yaml"):
        return [load(body).data]
    try:
        return [json.loads(body)]
    except ValueError:
        return [json.loads(line) for line in body.splitlines()]


@pytest.mark.parametrize(("info", "body"), BLOCKS)
def test_an_example_keeps_to_the_schema_of_its_kind(info: str, body: str) -> None:
    kind = info.split()[1]
    for document in documents(info, body):
        found = [
            f"{each.json_path}: {each.message}" for each in validator(kind).iter_errors(document)
        ]
        assert found == []


@pytest.mark.parametrize(
    "body", [block.values[1] for block in BLOCKS if block.values[0] == "yaml map"]
)
def test_a_map_on_the_page_has_no_fault(body: str) -> None:
    assert [str(fault) for fault in lint(body) if fault.severity == "error"] == []


def test_every_kind_and_every_type_has_an_example() -> None:
    shown = [(info.split()[1], documents(info, body)) for info, body in (b.values for b in BLOCKS)]
    assert {kind for kind, _ in shown} == set(KINDS)
    for kind in ("query", "result"):
        types = {each["type"] for name, found in shown if name == kind for each in found}
        # The answered ones have their results in console blocks, which are run.
        wanted = {*PLANNED_TYPES, *(ANSWERED if kind == "query" else ())}
        assert types >= wanted


def asked(kind: str, *more: str) -> dict[str, Any]:
    """Give the answer of the command to an example query."""
    folder = ROOT / "examples"
    arguments = [str(folder / f"queries/{kind}.json"), "--json", *more]
    ran = CliRunner().invoke(command, [*arguments, "--events", str(folder / "worked/events.jsonl")])
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


@pytest.mark.parametrize("kind", ["funnel", "transitions", "living-map"])
def test_the_real_answer_keeps_to_the_schema(kind: str) -> None:
    answer = asked(kind)
    assert answer["ok"] is True
    assert validator("envelope").is_valid(answer)
    del answer["ok"]
    assert [each.message for each in validator("result").iter_errors(answer)] == []


def test_the_example_map_gives_the_numbers_worked_out_by_hand() -> None:
    found = asked("living-map")
    expected = json.loads((ROOT / "examples/worked/expected.json").read_text("utf-8"))
    assert found["totals"] == found["totals"] | expected["totals"]
    for stage in found["stages"]:
        wanted = {k: v for k, v in expected["stages"][stage["id"]].items() if k != "go_on_rate"}
        assert stage == stage | wanted
    for touchpoint in found["touchpoints"]:
        flat = touchpoint | touchpoint["money"]
        assert flat == flat | expected["touchpoints"][touchpoint["id"]]


def test_a_refusal_keeps_to_the_schema_of_the_envelope(tmp_path: Path) -> None:
    file = tmp_path / "query.json"
    file.write_text(json.dumps({"kundresa_query": 1, "type": "retention", "x": 1}))
    events = str(ROOT / "examples/worked/events.jsonl")
    ran = CliRunner().invoke(command, [str(file), "--events", events, "--json"])
    assert ran.exit_code == 1
    refused = json.loads(ran.stdout)
    assert validator("envelope").is_valid(refused)
    fault = refused["error"]["faults"][0]
    assert fault["message"] == "This release does not answer 'retention' yet."
    assert "funnel, living_map, transitions" in fault["hint"]


def test_the_command_prints_the_schema_in_one_piece() -> None:
    ran = CliRunner().invoke(command, ["--schema"])
    assert ran.exit_code == 0
    printed = json.loads(ran.stdout)
    assert printed == bundled("query")
    # By itself, with nothing else to look up.
    alone = Draft202012Validator(printed)
    query = {"kundresa_query": 1, "type": "funnel", "steps": [{"property": "x", "is": "exists"}]}
    assert alone.is_valid(query)
    assert not alone.is_valid({**query, "steps": [{"property": "x", "is": "gt", "value": "3"}]})


# --- tables ---------------------------------------------------------------------------------

COMMON = ("kundresa_query", "type", "unit", "filter", "period", "zone", "compare")
TYPES = {
    "string": "text", "number": "number", "integer": "whole number", "boolean": "true or false",
    "object": "object", "array": "list", "null": "null",
}  # fmt: skip
NAMED = {
    "on_event": "condition",
    "on_profile": "condition on a profile",
    "given": "column or value",
}


def value_of(part: Any) -> str:
    """Say in a few words what may stand under a key."""
    said = ""
    if part is True or not part:
        return "anything"
    if "const" in part:
        said = f"`{json.dumps(part['const'])}`"
    elif "enum" in part:
        said = ", ".join(f"`{each}`" if isinstance(each, str) else "null" for each in part["enum"])
    elif part.get("$ref") == "#":
        said = "the whole again"
    elif "$ref" in part:
        name = part["$ref"].rsplit("/", 1)[1]
        said = NAMED.get(name, name.replace("_", " "))
    elif "anyOf" in part and "type" not in part:
        branches = [each for each in part["anyOf"] if each != {"type": "null"}]
        said = " or ".join(dict.fromkeys(map(value_of, branches)))
    elif part.get("type") == "array" and "items" in part:
        said = f"list of {value_of(part['items'])}"
    else:
        types = part.get("type", [])
        types = [types] if isinstance(types, str) else types
        said = " or ".join(TYPES[each] for each in types if each != "null" or len(types) == 1)
    if "default" in part and not isinstance(part["default"], list):
        default = part["default"]
        said += f"; else `{default if isinstance(default, str) else json.dumps(default)}`"
    return said


def inner_of(part: Any) -> list[tuple[str, Any]]:
    """Give the objects that stand directly under a key, each with what follows its name."""
    if not isinstance(part, dict):
        return []
    found = [("", part)] if "properties" in part else []
    if not found and "properties" in part.get("then", {}):
        found += [("", part["then"])]
    if isinstance(part.get("additionalProperties"), dict):
        found += [(f".*{way}", each) for way, each in inner_of(part["additionalProperties"])]
    if "items" in part:
        found += [(f"[]{way}", each) for way, each in inner_of(part["items"])]
    for branch in part.get("anyOf", []):
        found += [
            (way, each)
            for way, each in inner_of(branch)
            if not any(each["properties"] == known["properties"] for _, known in found)
        ]
    return found


def rows(
    part: Any, before: str = "", leave_out: tuple[str, ...] = (), *, answer: bool = False
) -> list[str]:
    """Give a row for each key, those inside objects below; an answer has all its keys."""
    found = []
    for key, value in part["properties"].items():
        if key in leave_out or value in (True, False):
            continue
        words = [value_of(value)]
        words += ["required"] if key in part.get("required", ()) and not answer else []
        words += ["planned"] if value.get("x-status") == "planned" else []
        meaning = value.get("description", "").replace("|", "\\|")
        found.append(f"| `{before}{key}` | {'; '.join(words)} | {meaning} |")
        for way, inner in inner_of(value):
            found += rows(inner, f"{before}{key}{way}.", answer=answer)
    return found


def table_of(what: str) -> str:
    """Write the table of ``KIND`` or ``KIND PART``; a type of query without the common keys."""
    kind, _, name = what.partition(" ")
    part = schema(kind)
    leave_out: tuple[str, ...] = ()
    if name == "common":
        part = {"properties": {key: part["$defs"]["funnel"]["properties"][key] for key in COMMON}}
        part["properties"]["type"] = {"type": "string", "description": "What is asked."}
    elif name:
        part = part["$defs"][name]
        same = schema("query")["$defs"]["funnel"]["properties"]
        if kind == "query":
            own = part.get("properties", {})
            leave_out = tuple(
                key for key in COMMON if key == "type" or own.get(key) == same.get(key)
            )
        if kind == "result":
            leave_out = ("type",)
        found = inner_of(part)
        part = {"properties": {}, **(found[0][1] if found else {})}
    head = "| Key | Value | Meaning |\n|---|---|---|\n"
    return head + "".join(
        f"{row}\n" for row in rows(part, leave_out=leave_out, answer=kind == "result")
    )


@pytest.mark.parametrize(("what", "table"), TABLES)
def test_a_table_lists_the_keys_of_its_schema(what: str, table: str) -> None:
    wanted = table_of(what)
    assert table == wanted, f"<!-- keys: {what} -->\n\n{wanted}"


def test_every_part_of_a_schema_has_its_table() -> None:
    shown = {param.values[0] for param in TABLES}
    wanted = {kind for kind in KINDS if "properties" in schema(kind)} - {"query", "result"}
    for kind in KINDS:
        for name, part in schema(kind).get("$defs", {}).items():
            # Those with several forms are written by hand.
            if len(inner_of(part)) == 1 and (kind, name) != ("map", "cards"):
                wanted.add(f"{kind} {name}")
    assert shown == wanted | {"query common"}


def section(title: str) -> str:
    """Give the text under a heading."""
    found = re.search(rf"^(#+) {title}\n(.*?)(?=^#{{1,2}} |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert found
    return found[2]


@pytest.mark.parametrize(
    ("title", "kind", "part"),
    [
        ("Condition tree", "condition", None),
        ("Mapping", "mapping", "given"),
        ("Query", "query", "unit"),
    ],
)
def test_what_is_written_by_hand_names_every_key(title: str, kind: str, part: str | None) -> None:
    found = schema(kind)["$defs"][part] if part else schema(kind)["$defs"]
    keys = keys_in(found)
    assert keys
    assert [key for key in sorted(keys) if not re.search(rf"\b{key}\b", section(title))] == []


def keys_in(part: Any) -> set[str]:
    """Gather the keys that a schema names, at any depth."""
    if isinstance(part, list):
        return set().union(*map(keys_in, part))
    if not isinstance(part, dict):
        return set()
    own = set(part["properties"]) if isinstance(part.get("properties"), dict) else set()
    return own.union(*map(keys_in, part.values()))
