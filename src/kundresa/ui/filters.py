"""A condition tree as a nested form, and back: works by plain posts, refined by fragments.

Every node has a path (``c``, ``c.0``, ``c.0.1``) that names its fields. What has no fields of its
own here is kept as JSON in a field, so no condition is lost or made simpler by being edited.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kundresa.core.conditions import faults_in, normalised, profile_faults_in
from kundresa.core.conditions.windows import duration_faults
from kundresa.core.errors import Fault

ROOT: Final = "c"
MOST_NODES: Final = 100
JOINS: Final = (
    ("all", gettext_lazy("All of these")),
    ("any", gettext_lazy("Any of these")),
    ("none", gettext_lazy("None of these")),
)
KINDS: Final = {
    "event": (
        ("event", gettext_lazy("Event")),
        ("property", gettext_lazy("Property")),
        ("field", gettext_lazy("Field")),
        ("json", gettext_lazy("Written as JSON")),
    ),
    "profile": (
        ("did", gettext_lazy("Did")),
        ("trait", gettext_lazy("Trait")),
        ("segment", gettext_lazy("Segment")),
        ("json", gettext_lazy("Written as JSON")),
    ),
}
COMPARISONS: Final = (
    ("eq", gettext_lazy("is")),
    ("ne", gettext_lazy("is not")),
    ("lt", gettext_lazy("is under")),
    ("le", gettext_lazy("is at most")),
    ("gt", gettext_lazy("is over")),
    ("ge", gettext_lazy("is at least")),
    ("contains", gettext_lazy("contains")),
    ("starts_with", gettext_lazy("begins with")),
    ("exists", gettext_lazy("is there")),
)
TYPES: Final = (
    ("text", gettext_lazy("text")),
    ("number", gettext_lazy("number")),
    ("truth", gettext_lazy("yes or no")),
)
FIELDS: Final = ("name", "is", "type", "value", "at_least", "at_most", "last", "json")
"""What a condition may be told, each in a field under its path."""

_COMPARED: Final = ("property", "field", "trait")
_TRUTHS: Final = {"true": True, "false": False}


@dataclass
class Node:
    """A group of conditions (``join`` is set) or one condition, as its fields hold it."""

    path: str
    join: str = ""
    kind: str = ""
    values: dict[str, str] = field(default_factory=dict)
    children: list[Node] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    @property
    def is_compared(self) -> bool:
        """Whether a value is compared."""
        return self.kind in _COMPARED

    def walk(self) -> Iterator[Node]:
        """Give the node and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True)
class Filter:
    """What the builder shows, and where it posts."""

    root: Node
    sort: str
    address: str
    tree: Any = None
    """The condition; None while it has faults or says nothing."""

    @property
    def kinds(self) -> Any:
        """The kinds of condition to choose from."""
        return KINDS[self.sort]

    @property
    def joins(self) -> Any:
        """The ways to join."""
        return JOINS

    @property
    def comparisons(self) -> Any:
        """The ways to compare."""
        return COMPARISONS

    @property
    def types(self) -> Any:
        """The types of a value."""
        return TYPES

    @property
    def json(self) -> str:
        """The condition as it is stored."""
        return json.dumps(self.tree, ensure_ascii=False, indent=2) if self.tree is not None else ""


def filter_of(tree: Any, sort: str, address: str) -> Filter:
    """Show a condition; without one, a group with nothing in it."""
    node = _node(normalised(tree), ROOT) if tree is not None else Node(ROOT, "all")
    if not node.join:
        node = Node(ROOT, "all", children=[_node(normalised(tree), f"{ROOT}.0")])
    return Filter(node, sort, address, tree)


def filter_from(posted: Mapping[str, str], sort: str, address: str) -> Filter:
    """Read the form, do what its button asks, and check the condition unless one was just added."""
    root = _numbered(_changed(_read(posted, ROOT, [0]), posted.get("do", "")), ROOT)
    if root.children:
        tree, places = _Tree().of(root)
        check = profile_faults_in if sort == "profile" else faults_in
        faults = check(tree) if not any(node.faults for node in root.walk()) else []
        for fault in faults:
            _nearest(places, fault.place, root).faults.append(fault)
        is_whole = not any(node.faults for node in root.walk())
        if is_whole:
            return Filter(root, sort, address, tree)
        if posted.get("do", "").startswith(("add:", "group:")):
            # What was just added is empty, and nobody is to be blamed for it yet.
            for node in root.walk():
                node.faults.clear()
    return Filter(root, sort, address)


# --- from a tree to fields ------------------------------------------------------------------------


def _node(tree: Any, path: str) -> Node:
    join, branches = _joined(tree)
    if join:
        children = [_node(normalised(one), f"{path}.{at}") for at, one in enumerate(branches)]
        return Node(path, join, children=children)
    for read in (_event, _comparison, _did, _segment):
        if (found := read(tree)) is not None:
            return Node(path, kind=found[0], values=found[1])
    return Node(path, kind="json", values={"json": json.dumps(tree, ensure_ascii=False)})


def _joined(tree: Any) -> tuple[str, list[Any]]:
    """Tell a group from a condition; ``none`` is a ``not`` around an ``any``."""
    if not isinstance(tree, Mapping) or len(tree) != 1:
        return "", []
    for join in ("all", "any"):
        if isinstance(tree.get(join), list):
            return join, tree[join]
    inner = tree.get("not")
    if isinstance(inner, Mapping) and set(inner) == {"any"} and isinstance(inner["any"], list):
        return "none", inner["any"]
    return "", []


def _event(tree: Any) -> tuple[str, dict[str, str]] | None:
    if isinstance(tree, Mapping) and set(tree) == {"event"} and _is_single(tree["event"]):
        return "event", {"name": tree["event"][0]}
    return None


def _is_single(names: Any) -> bool:
    return isinstance(names, list) and len(names) == 1 and _fits(names[0])


def _fits(text: Any) -> bool:
    """Tell whether a field of one line gives a text back as it is."""
    return isinstance(text, str) and text == text.strip() and len(text.splitlines()) == 1


def _comparison(tree: Any) -> tuple[str, dict[str, str]] | None:
    kind = next((one for one in _COMPARED if isinstance(tree, Mapping) and one in tree), "")
    if not kind or not set(tree) <= {kind, "is", "value"} or not _fits(tree[kind]):
        return None
    said = tree.get("is", "eq")
    if said not in dict(COMPARISONS) or ("value" in tree) == (said == "exists"):
        return None
    found = {"name": tree[kind], "is": said, "type": "text", "value": ""}
    if said == "exists":
        return kind, found
    value = tree["value"]
    if isinstance(value, bool):
        return kind, found | {"type": "truth", "value": str(value).lower()}
    if isinstance(value, int | float):
        return kind, found | {"type": "number", "value": repr(value)}
    return (kind, found | {"value": value}) if _fits(value) else None


def _did(tree: Any) -> tuple[str, dict[str, str]] | None:
    if not isinstance(tree, Mapping) or not {"did"} <= set(tree) <= {"did", "count", "window"}:
        return None
    event = _event(normalised(tree["did"]))
    count, window = tree.get("count", {}), tree.get("window", {})
    if event is None or not set(count) <= {"at_least", "at_most"} or not set(window) <= {"last"}:
        return None
    numbers = {key: str(number) for key, number in count.items()}
    return "did", {"name": event[1]["name"], **numbers, "last": window.get("last", "")}


def _segment(tree: Any) -> tuple[str, dict[str, str]] | None:
    if isinstance(tree, Mapping) and set(tree) == {"segment"} and _fits(tree["segment"]):
        return "segment", {"name": tree["segment"]}
    return None


# --- from fields to nodes -------------------------------------------------------------------------


def _read(posted: Mapping[str, str], path: str, seen: list[int]) -> Node:
    seen[0] += 1
    join = posted.get(f"{path}.join", "all" if path == ROOT else "")
    if not join:
        values = {name: posted.get(f"{path}.{name}", "").strip() for name in FIELDS}
        return Node(path, kind=posted.get(f"{path}.kind", ""), values=values)
    node = Node(path, join if join in dict(JOINS) else "all")
    at = 0
    while seen[0] < MOST_NODES and _is_there(posted, inner := f"{path}.{at}"):
        node.children.append(_read(posted, inner, seen))
        at += 1
    return node


def _is_there(posted: Mapping[str, str], path: str) -> bool:
    return f"{path}.kind" in posted or f"{path}.join" in posted


def _changed(root: Node, wish: str) -> Node:
    what, _colon, path = wish.partition(":")
    for node in root.walk():
        if what == "remove":
            node.children = [child for child in node.children if child.path != path]
        elif node.path == path and node.join and what == "add":
            node.children.append(_blank())
        elif node.path == path and node.join and what == "group":
            node.children.append(Node("", "any", children=[_blank()]))
    return root


def _blank() -> Node:
    return Node("", values=dict.fromkeys(FIELDS, ""))


def _numbered(node: Node, path: str) -> Node:
    node.path = path
    for at, child in enumerate(node.children):
        _numbered(child, f"{path}.{at}")
    return node


# --- from nodes to a tree -------------------------------------------------------------------------


class _Tree:
    """Builds the condition and remembers which node stands at which place of it."""

    def __init__(self) -> None:
        self.places: dict[str, Node] = {}

    def of(self, root: Node) -> tuple[Any, dict[str, Node]]:
        return self.node(root, "condition"), self.places

    def node(self, node: Node, place: str) -> Any:
        self.places[place] = node
        if not node.join:
            return self.leaf(node)
        key = "any" if node.join == "none" else node.join
        inner = f"{place}.not.any" if node.join == "none" else f"{place}.{key}"
        if not node.children:
            node.faults.append(Fault(inner, _("Add a condition, or remove the group.")))
        branches = [self.node(one, f"{inner}[{at}]") for at, one in enumerate(node.children)]
        return {"not": {"any": branches}} if node.join == "none" else {key: branches}

    def leaf(self, node: Node) -> Any:
        given = node.values
        if node.kind and node.kind != "json" and not given["name"]:
            node.faults.append(Fault("name", _("Write its name.")))
        if node.kind == "event":
            return {"event": [given["name"]]}
        if node.kind == "segment":
            return {"segment": given["name"]}
        if node.kind == "did":
            return self.did(node)
        if node.kind in _COMPARED:
            return self.comparison(node)
        return self.json(node)

    def comparison(self, node: Node) -> Any:
        said = node.values["is"] or "eq"
        tree: dict[str, Any] = {node.kind: node.values["name"], "is": said}
        sort = node.values["type"]
        if said in ("lt", "le", "gt", "ge") and sort != "number":
            node.faults.append(Fault("value", _("Only numbers are compared so: choose number.")))
        elif said in ("contains", "starts_with") and sort != "text":
            node.faults.append(Fault("value", _("Only texts are compared so: choose text.")))
        elif said != "exists":
            tree["value"] = self.value(node)
        return tree

    def value(self, node: Node) -> Any:
        text, sort = node.values["value"], node.values["type"]
        if sort == "truth":
            if text.lower() not in _TRUTHS:
                node.faults.append(Fault("value", _("Write true or false.")))
            return _TRUTHS.get(text.lower())
        return self.number(node, text) if sort == "number" else text

    def number(self, node: Node, text: str) -> Any:
        try:
            # People in the North write 2,5.
            number = float(text.replace(",", ".").replace(" ", ""))
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            node.faults.append(Fault("value", _("Write a number.")))
            return None
        return int(text) if text.lstrip("-").isdecimal() else number

    def did(self, node: Node) -> Any:
        given = node.values
        tree: dict[str, Any] = {"did": {"event": [given["name"]]}}
        count = {
            key: self.number(node, given[key]) for key in ("at_least", "at_most") if given[key]
        }
        if count:
            tree["count"] = count
        if given["last"]:
            if duration_faults(given["last"], "window"):
                node.faults.append(Fault("last", _("Write a number and a unit, as 30d or 2w.")))
            tree["window"] = {"last": given["last"]}
        return tree

    def json(self, node: Node) -> Any:
        try:
            return json.loads(node.values["json"])
        except (ValueError, RecursionError):
            node.faults.append(Fault("json", _("Choose what to ask for, or write a condition.")))
            return None


def _nearest(places: Mapping[str, Node], place: str, root: Node) -> Node:
    """Find the node that a fault is about: the longest place that its own begins with."""
    found = [known for known in places if place.startswith(known)]
    return places[max(found, key=len)] if found else root
