"""A checked condition as a closure over one event, and as a mask over many.

``ne`` asks for a value that is there and differs: a missing property isn't unlike anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from kundresa.core.conditions.check import normalised
from kundresa.core.records import MICRO, Event

type_of_value = {bool: "boolean", int: "number", float: "number", str: "text"}
BoolArray = NDArray[np.bool_]
Predicate = Callable[[Event], bool]


class Columns(Protocol):
    """Many events as columns; what `as_mask` needs to see of them."""

    def __len__(self) -> int:
        """Count the events."""

    def text_column(self, kind: str, name: str) -> tuple[NDArray[np.int64], list[str]]:
        """Give codes of shape (n_events,), -1 where missing, and the texts they stand for."""

    def number_column(self, kind: str, name: str) -> NDArray[np.float64]:
        """Give numbers of shape (n_events,), NaN where missing."""

    def boolean_column(self, kind: str, name: str) -> NDArray[np.int8]:
        """Give 1, 0, and -1 where missing, of shape (n_events,)."""


def as_predicate(tree: Any) -> Predicate:
    """Compile a checked condition to a function of one event."""
    tree = normalised(tree)
    if "all" in tree:
        branches = [as_predicate(branch) for branch in tree["all"]]
        return lambda event: all(branch(event) for branch in branches)
    if "any" in tree:
        branches = [as_predicate(branch) for branch in tree["any"]]
        return lambda event: any(branch(event) for branch in branches)
    if "not" in tree:
        inner = as_predicate(tree["not"])
        return lambda event: not inner(event)
    if "event" in tree:
        names = frozenset(tree["event"])
        where = as_predicate(tree["where"]) if "where" in tree else None
        return lambda event: event.event in names and (where is None or where(event))
    return _leaf_predicate(tree)


def as_mask(tree: Any, columns: Columns) -> BoolArray:
    """Answer a checked condition for every event at once, shape (n_events,)."""
    tree = normalised(tree)
    if "all" in tree:
        return _together(np.logical_and, tree["all"], columns)
    if "any" in tree:
        return _together(np.logical_or, tree["any"], columns)
    if "not" in tree:
        return ~as_mask(tree["not"], columns)
    if "event" in tree:
        named = _text_mask(columns, "field", "event", set(tree["event"]).__contains__)
        return named & as_mask(tree["where"], columns) if "where" in tree else named
    return _leaf_mask(tree, columns)


def _leaf_parts(tree: Mapping[str, Any]) -> tuple[str, str, str, Any]:
    kind = "field" if "field" in tree else "property"
    return kind, tree[kind], tree.get("is", "eq"), tree.get("value")


def _leaf_predicate(tree: Mapping[str, Any]) -> Predicate:
    kind, name, comparison, wanted = _leaf_parts(tree)
    test = _test(comparison, wanted)
    return lambda event: (value := _value_of(event, kind, name)) is not None and test(value)


def _value_of(event: Event, kind: str, name: str) -> Any:
    if kind == "property":
        value = event.properties.get(name)
        # NaN compares like nothing at all, so it counts as missing in both compilations.
        plain = type(value) in type_of_value and value == value  # noqa: PLR0124
        return float(value) if plain and type(value) is int else value if plain else None
    if name == "value":
        return None if event.value is None else event.value / MICRO
    if name == "score":
        return None if event.score is None else event.score.value
    return getattr(event, name)


def _test(comparison: str, wanted: Any) -> Callable[[Any], bool]:
    if comparison == "exists":
        return lambda _value: True
    if comparison == "in":
        tests = [_test("eq", one) for one in wanted]
        return lambda value: any(test(value) for test in tests)
    sort = type_of_value[type(wanted)]
    compare = _COMPARE[comparison]
    return lambda value: type_of_value.get(type(value)) == sort and bool(compare(value, wanted))


_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "eq": lambda value, wanted: value == wanted,
    "ne": lambda value, wanted: value != wanted,
    "lt": lambda value, wanted: value < wanted,
    "le": lambda value, wanted: value <= wanted,
    "gt": lambda value, wanted: value > wanted,
    "ge": lambda value, wanted: value >= wanted,
    "contains": lambda value, wanted: wanted in value,
    "starts_with": lambda value, wanted: value.startswith(wanted),
}


def _leaf_mask(tree: Mapping[str, Any], columns: Columns) -> BoolArray:
    kind, name, comparison, wanted = _leaf_parts(tree)
    if comparison == "exists":
        present = columns.text_column(kind, name)[0] >= 0
        present = present | ~np.isnan(columns.number_column(kind, name))
        return present | (columns.boolean_column(kind, name) >= 0)
    if comparison == "in":
        leaves = [{kind: name, "is": "eq", "value": one} for one in wanted]
        return _together(np.logical_or, leaves, columns)
    compare = _COMPARE[comparison]
    sort = type_of_value[type(wanted)]
    if sort == "text":
        return _text_mask(columns, kind, name, lambda text: bool(compare(text, wanted)))
    if sort == "boolean":
        truth = columns.boolean_column(kind, name)
        return np.asarray((truth >= 0) & compare(truth, int(wanted)), bool)
    numbers = columns.number_column(kind, name)
    return np.asarray(~np.isnan(numbers) & compare(numbers, wanted), bool)


def _together(operation: np.ufunc, trees: list[Any], columns: Columns) -> BoolArray:
    masks = [as_mask(tree, columns) for tree in trees]
    return np.asarray(operation.reduce(masks), bool)


def _text_mask(columns: Columns, kind: str, name: str, wanted: Callable[[str], bool]) -> BoolArray:
    codes, texts = columns.text_column(kind, name)
    # One extra place at the end answers for code -1, the missing text.
    table = np.array([wanted(text) for text in texts] + [False], bool)
    mask: BoolArray = table[codes]
    return mask
