"""One comparison of a value, the same for properties, fields and traits.

Values are text, numbers (as 64-bit floats) or truth values, and only compared with their own
type: ``true`` is not 1, and ``"1"`` isn't either. Here stands what the compilations share.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from kundresa.core.conditions.words import NUMBER_FIELDS

ValueType = Literal["text", "number", "boolean"]
Value = str | float | bool

VALUE_TYPES: Final[tuple[ValueType, ...]] = ("text", "number", "boolean")
_TYPES: Final[dict[type, ValueType]] = {
    str: "text", float: "number", int: "number", bool: "boolean",
}  # fmt: skip
_ORDER: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
    "contains": lambda value, wanted: wanted in value,
    "starts_with": lambda value, wanted: value.startswith(wanted),
}


@dataclass(frozen=True)
class Leaf:
    """A comparison; ``wanted`` holds all that ``eq`` and ``in`` accept, else the one value.

    ``comparison`` is never ``eq``: that is an ``in`` of one.
    """

    kind: str
    name: str
    comparison: str
    wanted: tuple[Value, ...]

    @property
    def types(self) -> tuple[ValueType, ...]:
        """The types whose columns can make the leaf true."""
        if self.comparison == "exists":
            wanted = VALUE_TYPES
        else:
            # In the order of VALUE_TYPES, so that equal trees give equal SQL.
            present = {type_of(value) for value in self.wanted}
            wanted = tuple(known for known in VALUE_TYPES if known in present)
        if self.kind != "field":
            return wanted
        own = "number" if self.name in NUMBER_FIELDS else "text"
        return tuple(known for known in wanted if known == own)

    def wanted_of(self, value_type: ValueType) -> list[Value]:
        """Give the wanted values of one type."""
        return [value for value in self.wanted if type_of(value) == value_type]

    def compare(self, value: Any) -> Any:
        """Compare a value, or an array of them, of the wanted type with the one wanted value."""
        return _ORDER[self.comparison](value, self.wanted[0])


def leaf_of(tree: Mapping[str, Any]) -> Leaf:
    """Read a checked leaf."""
    kind = next(kind for kind in ("property", "field", "trait") if kind in tree)
    comparison = tree.get("is", "eq")
    if comparison == "exists":
        return Leaf(kind, tree[kind], comparison, ())
    given = tree["value"] if comparison == "in" else [tree["value"]]
    wanted = tuple(value for value in map(comparable, given) if value is not None)
    return Leaf(kind, tree[kind], "in" if comparison == "eq" else comparison, wanted)


def type_of(value: Value) -> ValueType:
    """Name the type of a comparable value."""
    return _TYPES[type(value)]


def comparable(value: object) -> Value | None:
    """Give a value as what it is compared as; None where it counts as missing."""
    if type(value) is int:
        try:
            return float(value)
        except OverflowError:
            return None
    if type(value) is float:
        # NaN compares like nothing at all, and databases disagree about it.
        return None if value != value else value  # noqa: PLR0124
    return value if isinstance(value, (bool, str)) else None
