"""The published schema of the map form, and what it says about the order of keys.

The order of ``properties`` in the schema is the canonical order of keys in a file, so that the
schema, the checks and the formatter can't drift apart.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator

Schema = dict[str, Any]


@cache
def map_schema() -> Schema:
    """Give the JSON Schema of a map document."""
    text = files("kundresa.documents").joinpath("schemas/map.schema.json").read_text("utf-8")
    schema: Schema = json.loads(text)
    return schema


@cache
def map_validator() -> Draft202012Validator:
    """Give the validator of the map schema, made once."""
    return Draft202012Validator(map_schema())


def schema_for(schema: Schema, value: Any) -> Schema:
    """Follow references and the branch of an ``if`` that fits ``value``."""
    while True:
        if "$ref" in schema:
            schema = map_schema()["$defs"][schema["$ref"].rsplit("/", 1)[1]]
        elif "if" in schema:
            schema = schema["then" if _fits(schema["if"], value) else "else"]
        else:
            return schema


def _fits(test: Schema, value: Any) -> bool:
    if test.get("type") == "array":
        return isinstance(value, list)
    return isinstance(value, dict) and any(
        key in value for branch in test["anyOf"] for key in branch["required"]
    )


def known_keys(schema: Schema) -> list[str]:
    """List the keys a mapping may have, in canonical order."""
    return list(schema.get("properties", {}))


def schema_of_key(schema: Schema, key: str) -> Schema:
    """Give the schema of one key's value; an empty one says nothing."""
    found: Schema = schema.get("properties", {}).get(key, {})
    return found


def schema_of_items(schema: Schema) -> Schema:
    """Give the schema of a list's items."""
    found: Schema = schema.get("items", {})
    return found
