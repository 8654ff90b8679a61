"""What a condition tree may look like, and every fault in one that doesn't."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kundresa.core.errors import Fault, known_values

COMPARISONS: Final = ("eq", "ne", "lt", "le", "gt", "ge", "in", "contains", "starts_with", "exists")
FIELDS: Final = ("event", "channel", "currency", "group", "value", "score")
"""What an event carries beside its properties; ``value`` in units of its currency."""

_NUMERIC: Final = {"lt", "le", "gt", "ge"}
_TEXTUAL: Final = {"contains", "starts_with"}
_PROFILE_ONLY: Final = ("did", "trait", "segment", "consent", "stage")
_KINDS: Final = ("all", "any", "not", "event", "property", "field")
_MAX_DEPTH: Final = 32


def normalised(tree: Any) -> Any:
    """Write out the sugar: a name or a list of names is a leaf on the event's name."""
    if isinstance(tree, str):
        return {"event": [tree]}
    if isinstance(tree, list) and all(isinstance(name, str) for name in tree):
        return {"event": list(tree)}
    if isinstance(tree, Mapping) and isinstance(tree.get("event"), str):
        return {**tree, "event": [tree["event"]]}
    return tree


def faults_in(tree: Any, place: str = "condition") -> list[Fault]:
    """List everything that is wrong in a condition on an event."""
    faults: list[Fault] = []
    _walk(tree, place, faults, 0)
    return faults


def event_names_in(tree: Any) -> set[str]:
    """Give the event names that the condition speaks of, also under a ``not``."""
    tree = normalised(tree)
    if "event" in tree:
        return set(tree["event"]) | (event_names_in(tree["where"]) if "where" in tree else set())
    if "not" in tree:
        return event_names_in(tree["not"])
    branches = tree.get("all") or tree.get("any") or []
    return set().union(*map(event_names_in, branches))


def properties_in(tree: Any) -> set[str]:
    """Give the properties that the condition speaks of."""
    tree = normalised(tree)
    if "property" in tree:
        return {tree["property"]}
    inner = [tree[key] for key in ("not", "where") if key in tree]
    branches = [*inner, *(tree.get("all") or []), *(tree.get("any") or [])]
    return set().union(*map(properties_in, branches))


def _walk(tree: Any, place: str, faults: list[Fault], depth: int) -> None:
    tree = normalised(tree)
    if depth > _MAX_DEPTH:
        faults.append(Fault(place, "is nested too deep.", f"At most {_MAX_DEPTH} levels."))
    elif not isinstance(tree, Mapping):
        faults.append(Fault(place, f"is {tree!r}.", "Write an event name or a condition, as {…}."))
    else:
        _node(tree, place, faults, depth)


def _node(tree: Mapping[str, Any], place: str, faults: list[Fault], depth: int) -> None:
    kinds = [kind for kind in _KINDS if kind in tree]
    if len(kinds) != 1:
        faults.append(_no_kind(tree, place, kinds))
        return
    kind = kinds[0]
    if kind in ("all", "any"):
        _branches(tree, kind, place, faults, depth)
    elif kind == "not":
        _only_keys(tree, ("not",), place, faults)
        _walk(tree["not"], f"{place}.not", faults, depth + 1)
    elif kind == "event":
        _event_leaf(tree, place, faults, depth)
    else:
        _comparison(tree, kind, place, faults)


def _no_kind(tree: Mapping[str, Any], place: str, kinds: list[str]) -> Fault:
    if kinds:
        return Fault(place, f"mixes {' and '.join(kinds)}.", "Put each in a condition of its own.")
    for key in _PROFILE_ONLY:
        if key in tree:
            return Fault(place, f"asks for {key!r}, which only a profile has.",
                         "A matcher sees one event: use event, property or field.")  # fmt: skip
    named = next(iter(tree), "")
    return Fault(place, "says nothing that a condition can say.", known_values(named, _KINDS))


def _branches(
    tree: Mapping[str, Any], kind: str, place: str, faults: list[Fault], depth: int
) -> None:
    _only_keys(tree, (kind,), place, faults)
    branches = tree[kind]
    if not isinstance(branches, list) or not branches:
        faults.append(Fault(f"{place}.{kind}", "is not a list of conditions.", "Write [{…}, {…}]."))
        return
    for index, branch in enumerate(branches):
        _walk(branch, f"{place}.{kind}[{index}]", faults, depth + 1)


def _event_leaf(tree: Mapping[str, Any], place: str, faults: list[Fault], depth: int) -> None:
    _only_keys(tree, ("event", "where"), place, faults)
    names = tree["event"]
    named = isinstance(names, list) and names and all(isinstance(n, str) and n for n in names)
    if not named:
        faults.append(Fault(f"{place}.event", f"is {names!r}.", "Write one event name or several."))
    if "where" in tree:
        _walk(tree["where"], f"{place}.where", faults, depth + 1)


def _comparison(tree: Mapping[str, Any], kind: str, place: str, faults: list[Fault]) -> None:
    _only_keys(tree, (kind, "is", "value"), place, faults)
    name, comparison = tree[kind], tree.get("is", "eq")
    if not isinstance(name, str) or not name:
        faults.append(Fault(f"{place}.{kind}", f"is {name!r}.", "Write its name."))
    elif kind == "field" and name not in FIELDS:
        faults.append(Fault(f"{place}.field", f"is {name!r}.", known_values(name, FIELDS)))
    if comparison not in COMPARISONS:
        hint = known_values(comparison, COMPARISONS)
        faults.append(Fault(f"{place}.is", f"is {comparison!r}.", hint))
        return
    message = _value_fault(comparison, tree)
    if message:
        faults.append(Fault(f"{place}.value", *message))


def _value_fault(comparison: str, tree: Mapping[str, Any]) -> tuple[str, str] | None:
    value = tree.get("value")
    if comparison == "exists":
        return ("is not wanted with 'exists'.", "Leave it out.") if "value" in tree else None
    if "value" not in tree:
        return "is missing.", "Write what to compare with."
    if comparison in _NUMERIC and not _is_number(value):
        return f"is {value!r}.", f"{comparison!r} compares numbers."
    if comparison in _TEXTUAL and not isinstance(value, str):
        return f"is {value!r}.", f"{comparison!r} compares texts."
    if comparison == "in" and not (
        isinstance(value, list) and value and all(map(_is_plain, value))
    ):
        return f"is {value!r}.", "Write a list of texts, numbers or truth values."
    if comparison in ("eq", "ne") and not _is_plain(value):
        return f"is {value!r}.", "Write a text, a number or true or false."
    return None


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_plain(value: object) -> bool:
    return isinstance(value, (str, bool, int, float))


def _only_keys(
    tree: Mapping[str, Any], keys: tuple[str, ...], place: str, faults: list[Fault]
) -> None:
    faults.extend(
        Fault(f"{place}.{key}", "is not known here.", known_values(key, keys))
        for key in tree
        if key not in keys
    )
