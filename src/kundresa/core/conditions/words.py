"""The words of a condition tree, its limits, and what a tree speaks of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

COMPARISONS: Final = ("eq", "ne", "lt", "le", "gt", "ge", "in", "contains", "starts_with", "exists")
FIELDS: Final = ("event", "channel", "currency", "group", "value", "score")
"""What an event carries beside its properties; ``value`` in units of its currency."""

NUMBER_FIELDS: Final = ("value", "score")
JOINTS: Final = ("all", "any", "not")
EVENT_KINDS: Final = (*JOINTS, "event", "property", "field")
PROFILE_KINDS: Final = (*JOINTS, "did", "then", "trait", "segment", "consent", "stage")

# A tree may come from a stranger. These keep the longest SQL within what both databases take:
# SQLite nests expressions 1,000 deep and takes 32,766 values.
MOST_LEVELS: Final = 32
MOST_NODES: Final = 500
MOST_VALUES: Final = 10_000
MOST_STEPS: Final = 10


def normalised(tree: Any) -> Any:
    """Write out the sugar: a name or a list of names is a leaf on the event's name."""
    if isinstance(tree, str):
        return {"event": [tree]}
    if isinstance(tree, list) and all(isinstance(name, str) for name in tree):
        return {"event": list(tree)}
    if isinstance(tree, Mapping) and isinstance(tree.get("event"), str):
        return {**tree, "event": [tree["event"]]}
    return tree


def event_names_in(tree: Any) -> set[str]:
    """Give the event names that a checked condition speaks of, also under a ``not``."""
    return {name for node in _nodes(tree) for name in node.get("event", ())}


def properties_in(tree: Any) -> set[str]:
    """Give the properties of events that a checked condition speaks of."""
    return {node["property"] for node in _nodes(tree) if "property" in node}


def traits_in(tree: Any) -> set[str]:
    """Give the traits that a checked condition speaks of."""
    return {node["trait"] for node in _nodes(tree) if "trait" in node}


def segments_in(tree: Any) -> set[str]:
    """Give the segments that a checked condition speaks of."""
    return {node["segment"] for node in _nodes(tree) if "segment" in node}


def _nodes(tree: Any) -> Iterator[Mapping[str, Any]]:
    tree = normalised(tree)
    yield tree
    for key in ("not", "where", "did"):
        if key in tree:
            yield from _nodes(tree[key])
    for key in ("all", "any", "then"):
        for branch in tree.get(key, ()):
            yield from _nodes(branch)
