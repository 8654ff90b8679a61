"""The published schema takes what the check takes, and refuses what it refuses."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from random import Random
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from kundresa.core.conditions import faults_in, profile_faults_in
from tests.properties.test_conditions import random_event_tree, random_profile_tree

SCHEMA = json.loads(
    files("kundresa.documents").joinpath("schemas/condition.schema.json").read_text("utf-8")
)
EVENT, PROFILE = (
    Draft202012Validator({**SCHEMA, "anyOf": [{"$ref": f"#/$defs/on_{sort}"}]})
    for sort in ("event", "profile")
)
PAGE = Path(__file__).parents[3] / "docs/explain/conditions.md"


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_the_schema_takes_whatever_the_check_takes() -> None:
    rng = Random(7)
    for _ in range(150):
        of_event, of_profile = random_event_tree(rng), random_profile_tree(rng)
        assert EVENT.is_valid(of_event), of_event
        assert PROFILE.is_valid(of_profile), of_profile


def test_the_schema_refuses_what_the_check_refuses() -> None:
    """One thing about a sound tree is changed, anywhere in it."""
    rng, refused = Random(7), 0
    for _ in range(600):
        grow, validator, check = rng.choice([
            (random_event_tree, EVENT, faults_in),
            (random_profile_tree, PROFILE, profile_faults_in),
        ])  # fmt: skip
        tree = changed(grow(rng, 2), rng)
        refused += bool(check(tree))
        assert validator.is_valid(tree) == (not check(tree)), (tree, check(tree))
    assert 100 < refused < 550


def changed(tree: Any, rng: Random) -> Any:
    """Put something else in the place of one node, or change one key."""
    if isinstance(tree, dict) and rng.random() < 0.8:
        key = rng.choice(list(tree))
        if rng.random() < 0.2:
            return {("odd" if name == key else name): value for name, value in tree.items()}
        return {**tree, key: changed(tree[key], rng)}
    if isinstance(tree, list) and tree and rng.random() < 0.8:
        place = rng.randrange(len(tree))
        return [changed(one, rng) if n == place else one for n, one in enumerate(tree)]
    return rng.choice([None, "", " ", "x", 3, -1, 0.5, True, [], ["x"], [1], {}, {"event": "x"},
                       {"did": "x"}, {"segment": "s"}, {"property": "p"}, "all"])  # fmt: skip


@pytest.mark.parametrize("number", [0, 1])
def test_the_examples_of_the_page_are_sound(number: int) -> None:
    examples = re.findall(r"```json\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    tree = json.loads(examples[number])
    validator, check = [(EVENT, faults_in), (PROFILE, profile_faults_in)][number]
    assert (check(tree), list(validator.iter_errors(tree))) == ([], [])
