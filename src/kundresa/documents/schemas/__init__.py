"""The published JSON Schemas (draft 2020-12), one file for each kind of document.

Others hold their files to them without us, so nothing is looked up over the network: a schema
comes with those that it refers to.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any, Final

from jsonschema import Draft202012Validator

Schema = dict[str, Any]

KINDS: Final = (
    "event", "reading", "condition", "mapping", "map", "query", "result", "envelope",
)  # fmt: skip


@cache
def schema(kind: str) -> Schema:
    """Give the schema of one of `KINDS`, as it stands in its file."""
    text = files(__package__).joinpath(f"{kind}.schema.json").read_text("utf-8")
    found: Schema = json.loads(text)
    return found


def bundled(kind: str) -> Schema:
    """Give the schema with those that it refers to inside, so that one file is enough."""
    whole = schema(kind)
    others = {other["$id"]: other for other in map(schema, _needed(kind))}
    return {**whole, "$defs": {**whole.get("$defs", {}), **others}} if others else whole


@cache
def validator(kind: str) -> Draft202012Validator:
    """Give the validator of the schema, made once; it checks no ``format``."""
    return Draft202012Validator(bundled(kind))


def _needed(kind: str) -> list[str]:
    """List the other schemas that this one refers to, near or far."""
    found: dict[str, None] = {}
    waiting = [kind]
    while waiting:
        names = {ref.partition(".schema.json")[0] for ref in _references(schema(waiting.pop()))}
        new = [name for name in KINDS if name in names - {kind} and name not in found]
        found.update(dict.fromkeys(new))
        waiting += new
    return list(found)


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from _references(inner)
