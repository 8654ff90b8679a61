"""What a condition tree may look like, and every fault in one that doesn't."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from reprlib import Repr
from typing import Any, Final, Literal

from kundresa.core.conditions.windows import count_faults, duration_faults, window_faults
from kundresa.core.conditions.words import (
    COMPARISONS,
    EVENT_KINDS,
    FIELDS,
    JOINTS,
    MOST_LEVELS,
    MOST_NODES,
    MOST_STEPS,
    MOST_VALUES,
    PROFILE_KINDS,
    normalised,
)
from kundresa.core.errors import Fault, known_values

Sort = Literal["event", "profile"]

_NUMERIC: Final = {"lt", "le", "gt", "ge"}
_TEXTUAL: Final = {"contains", "starts_with"}
_KINDS: Final[Mapping[Sort, tuple[str, ...]]] = {"event": EVENT_KINDS, "profile": PROFILE_KINDS}
_EVERY_KIND: Final = tuple(dict.fromkeys(EVENT_KINDS + PROFILE_KINDS))
_KEYS: Final = {
    "event": ("event", "where"),
    "property": ("property", "is", "value"),
    "field": ("field", "is", "value"),
    "trait": ("trait", "is", "value"),
    "did": ("did", "count", "window"),
    "then": ("then", "within", "window"),
}

# What was given is shown in part only: a hostile tree is long and deep.
_SHORT: Final = Repr()
_SHORT.maxstring = _SHORT.maxother = 80
_SHORT.maxlevel = 3
# No database keeps these, so nothing that was recorded can equal them.
_NEVER_STORED: Final = re.compile("[\0\ud800-\udfff]")


def faults_in(tree: Any, place: str = "condition") -> list[Fault]:
    """List everything that is wrong in a condition on an event."""
    return _Check().of(tree, place, "event")


def profile_faults_in(tree: Any, place: str = "condition") -> list[Fault]:
    """List everything that is wrong in a condition on a profile."""
    return _Check().of(tree, place, "profile")


class _Check:
    """Walks one tree, and counts how much of it there is."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.nodes = 0
        self.values = 0

    def of(self, tree: Any, place: str, sort: Sort) -> list[Fault]:
        self.node(tree, place, sort, 1)
        if self.values > MOST_VALUES:
            self.fault(place, "lists too many values.", f"At most {MOST_VALUES} in one condition.")
        return self.faults

    def fault(self, place: str, message: str, hint: str = "") -> None:
        self.faults.append(Fault(place, message, hint))

    # --- nodes --------------------------------------------------------------------------------

    def node(self, tree: Any, place: str, sort: Sort, level: int) -> None:
        self.nodes += 1
        tree = normalised(tree)
        if level > MOST_LEVELS:
            self.fault(place, "is nested too deep.", f"At most {MOST_LEVELS} levels.")
        elif self.nodes > MOST_NODES:
            # Said once: whoever wrote one too many may have written a million.
            if self.nodes == MOST_NODES + 1:
                hint = f"At most {MOST_NODES} in one; long lists of values go under 'in'."
                self.fault(place, "is one condition too many.", hint)
        elif isinstance(tree, Mapping):
            self.kind_of(tree, place, sort, level)
        else:
            hint = "Write an event name or a condition, as {…}."
            self.fault(place, f"is {_SHORT.repr(tree)}.", hint)

    def kind_of(self, tree: Mapping[str, Any], place: str, sort: Sort, level: int) -> None:
        kinds = [kind for kind in _EVERY_KIND if kind in tree]
        if len(kinds) > 1:
            said = f"mixes {' and '.join(kinds)}."
            self.fault(place, said, "Put each in a condition of its own.")
        elif not kinds:
            named = _SHORT.repr(next(iter(tree), "")).strip("'")
            hint = known_values(named, _KINDS[sort])
            self.fault(place, "says nothing that a condition can say.", hint)
        elif kinds[0] not in _KINDS[sort]:
            self.wrong_sort(kinds[0], place, sort)
        else:
            self.only_keys(tree, _KEYS.get(kinds[0], (kinds[0],)), place)
            self.inside(tree, kinds[0], place, sort, level)

    def wrong_sort(self, kind: str, place: str, sort: Sort) -> None:
        if sort == "event":
            self.fault(place, f"asks for {kind!r}, which only a profile has.",
                       "A matcher sees one event: use event, property or field.")  # fmt: skip
        else:
            self.fault(place, f"asks for {kind!r}, but looks at a profile, not at one event.",
                       'Ask whether the profile did it: {"did": {…}}.')  # fmt: skip

    def inside(
        self, tree: Mapping[str, Any], kind: str, place: str, sort: Sort, level: int
    ) -> None:
        inner = f"{place}.{kind}"
        if kind == "not":
            self.node(tree[kind], inner, sort, level + 1)
        elif kind in JOINTS:
            self.branches(tree[kind], inner, sort, level)
        elif kind == "event":
            self.event(tree, place, level)
        elif kind == "did":
            self.did(tree, place, level)
        elif kind == "then":
            self.then(tree, place, level)
        elif kind == "segment":
            self.name(tree[kind], inner)
        elif kind == "consent":
            self.record(tree[kind], inner, ("topic",), ("topic", "channel"))
        elif kind == "stage":
            self.record(tree[kind], inner, ("map", "stage"), ("map", "stage"))
        else:
            self.comparison(tree, kind, place)

    def branches(self, given: Any, place: str, sort: Sort, level: int) -> None:
        if not isinstance(given, list) or not given:
            self.fault(place, "is not a list of conditions.", "Write [{…}, {…}].")
            return
        for index, branch in enumerate(given):
            self.node(branch, f"{place}[{index}]", sort, level + 1)
            if self.nodes > MOST_NODES:
                return

    def event(self, tree: Mapping[str, Any], place: str, level: int) -> None:
        names = tree["event"]
        if not isinstance(names, list) or not names or not all(map(_is_name, names)):
            said = f"is {_SHORT.repr(names)}."
            self.fault(f"{place}.event", said, "Write one event name or several.")
        else:
            self.values += len(names)
            self.storable(names, f"{place}.event")
        if "where" in tree:
            self.node(tree["where"], f"{place}.where", "event", level + 1)

    # --- what only a profile has --------------------------------------------------------------

    def did(self, tree: Mapping[str, Any], place: str, level: int) -> None:
        self.node(tree["did"], f"{place}.did", "event", level + 1)
        if "count" in tree:
            self.faults += count_faults(tree["count"], f"{place}.count")
        self.window(tree, place)

    def then(self, tree: Mapping[str, Any], place: str, level: int) -> None:
        steps = tree["then"]
        if isinstance(steps, list) and not 2 <= len(steps) <= MOST_STEPS:
            hint = f"Write from 2 to {MOST_STEPS} conditions on events, in their order."
            self.fault(f"{place}.then", "is no order.", hint)
        else:
            self.branches(steps, f"{place}.then", "event", level)
        if "within" in tree:
            self.faults += duration_faults(tree["within"], f"{place}.within")
        self.window(tree, place)

    def window(self, tree: Mapping[str, Any], place: str) -> None:
        if "window" in tree:
            self.faults += window_faults(tree["window"], f"{place}.window")

    def record(
        self, given: Any, place: str, wanted: tuple[str, ...], known: tuple[str, ...]
    ) -> None:
        if not isinstance(given, Mapping):
            shape = ", ".join(f'"{key}": "…"' for key in known)
            self.fault(place, f"is {_SHORT.repr(given)}.", f"Write {{{shape}}}.")
            return
        self.only_keys(given, known, place)
        for key in known:
            if key in given or key in wanted:
                self.name(given.get(key), f"{place}.{key}")

    # --- leaves -------------------------------------------------------------------------------

    def comparison(self, tree: Mapping[str, Any], kind: str, place: str) -> None:
        name, comparison = tree[kind], tree.get("is", "eq")
        self.name(name, f"{place}.{kind}")
        if kind == "field" and _is_name(name) and name not in FIELDS:
            hint = known_values(_SHORT.repr(name).strip("'"), FIELDS)
            self.fault(f"{place}.field", f"is {_SHORT.repr(name)}.", hint)
        if comparison not in COMPARISONS:
            shown = _SHORT.repr(comparison)
            self.fault(f"{place}.is", f"is {shown}.", known_values(shown.strip("'"), COMPARISONS))
            return
        message = _value_fault(comparison, tree)
        if message:
            self.fault(f"{place}.value", *message)
        elif comparison != "exists":
            wanted = tree["value"] if comparison == "in" else [tree["value"]]
            self.values += len(wanted)
            self.storable(wanted, f"{place}.value")

    def name(self, name: Any, place: str) -> None:
        if not _is_name(name):
            said = "is missing." if name is None else f"is {_SHORT.repr(name)}."
            self.fault(place, said, "Write its name.")
        else:
            self.storable([name], place)

    def storable(self, values: list[Any], place: str) -> None:
        for text in values:
            if isinstance(text, str) and _NEVER_STORED.search(text):
                hint = "Take out zero characters and halves of surrogate pairs."
                self.fault(place, f"is {_SHORT.repr(text)}, which can't be stored.", hint)
                return

    def only_keys(self, tree: Mapping[str, Any], keys: tuple[str, ...], place: str) -> None:
        for key in tree:
            if key not in keys:
                shown = _SHORT.repr(key).strip("'")
                self.fault(f"{place}.{shown}", "is not known here.", known_values(shown, keys))


def _value_fault(comparison: str, tree: Mapping[str, Any]) -> tuple[str, str] | None:
    value = tree.get("value")
    if comparison == "exists":
        return ("is not wanted with 'exists'.", "Leave it out.") if "value" in tree else None
    if "value" not in tree:
        return "is missing.", "Write what to compare with."
    said = f"is {_SHORT.repr(value)}."
    if comparison in _NUMERIC and not _is_number(value):
        return said, f"{comparison!r} compares numbers."
    if comparison in _TEXTUAL and not isinstance(value, str):
        return said, f"{comparison!r} compares texts."
    if comparison == "in" and not (
        isinstance(value, list) and value and all(map(_is_plain, value))
    ):
        return said, "Write a list of texts, numbers or truth values."
    if comparison in ("eq", "ne") and not _is_plain(value):
        return said, "Write a text, a number or true or false."
    return None


def _is_plain(value: object) -> bool:
    return isinstance(value, (bool, str)) or _is_number(value)


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _is_name(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())
