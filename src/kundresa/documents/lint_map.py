"""Every fault of a map at once, each with its line, its place and the remedy.

Errors keep a map from being read. Warnings tell where a map promises less than it could: a
question nobody answers, a pain nobody works on.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from jsonschema import ValidationError

from kundresa.core.conditions import faults_in, normalised
from kundresa.core.errors import Fault, KundresaError, known_values
from kundresa.core.times import parse_duration, zone_named
from kundresa.documents.map_model import SUGAR
from kundresa.documents.read_map import cards_on, emotion_points, is_localized
from kundresa.documents.schema_order import map_validator
from kundresa.documents.yaml_source import Path_, Source, SourceError, load, place_of

VERSION: Final = 1
EXITS: Final = {"exit", "end"}
_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d|\d{4}-\d{2}-\d{2}(T.+)?")
_DEPARTMENTS: Final = {
    "marketing", "sales", "support", "it", "hr", "finance", "logistics", "customer service",
    "marknad", "marknadsföring", "försäljning", "sälj", "ekonomi", "logistik", "kundtjänst",
    "markedsføring", "salg", "økonomi", "logistikk", "kundeservice",
}  # fmt: skip
_TYPES: Final = {
    "string": "text", "number": "a number", "object": "a mapping", "array": "a list",
    "boolean": "true or false",
}  # fmt: skip

Found = tuple[Path_, str, str]


def lint(text: str) -> list[Fault]:
    """List every fault in map text, errors and warnings, in the order of the text."""
    try:
        source = load(text)
    except SourceError as error:
        return list(error.faults)
    return faults_in_source(source)


def faults_in_source(source: Source) -> list[Fault]:
    """List every fault of a text that could be read as YAML."""
    return _located(source, *_all_faults(source.data))


def faults_in_data(data: Any) -> list[Fault]:
    """List every fault of plain data that has no text, so no lines."""
    errors, warnings = _all_faults(data)
    found = [Fault(place_of(path), said, hint) for path, said, hint in errors]
    return found + [
        Fault(place_of(path), said, hint, severity="warning") for path, said, hint in warnings
    ]


def _all_faults(data: Any) -> tuple[list[Found], list[Found]]:
    if not isinstance(data, dict):
        return [((), "This is no map.", "Begin with: journey-map: 1")], []
    version = data.get("journey-map")
    if isinstance(version, int) and not isinstance(version, bool) and version > VERSION:
        said = f"The map was written in form {version}; this release reads up to {VERSION}."
        return [(("journey-map",), said, "Upgrade Kundresa to read it.")], []
    refused = list(map_validator().iter_errors(data))
    errors = list(_schema_faults(refused))
    # The rest walks the data and must not stumble over what the schema already refused.
    book = _Book(_sound(data, {path for path, _, _ in errors}, _misfits(refused)))
    errors += [fault for check in _ERRORS for fault in check(book)]
    warnings = [fault for check in _WARNINGS for fault in check(book)]
    return errors, warnings


def _located(source: Source, errors: list[Found], warnings: list[Found]) -> list[Fault]:
    faults = []
    for severity, group in (("error", errors), ("warning", warnings)):
        for path, message, hint in group:
            line, column = source.position(path)
            faults.append(Fault(place_of(path), message, hint, line, column, severity))
    return sorted(faults, key=lambda fault: (fault.line or 0, fault.column or 0, fault.severity))


# --- the schema, in words -------------------------------------------------------------------


def _schema_faults(refused: list[ValidationError]) -> Iterator[Found]:
    seen = set()
    for error in refused:
        for found in _in_words(error):
            if found not in seen:
                seen.add(found)
                yield found


def _in_words(error: ValidationError) -> Iterator[Found]:
    path: Path_ = tuple(error.absolute_path)
    value: Any = error.instance
    rule: Any = error.validator_value
    described = str(error.schema.get("description", "")) if isinstance(error.schema, dict) else ""
    match error.validator:
        case "enum":
            yield path, f"{value!r} is not known here.", known_values(value, rule)
        case "const":
            yield path, f"{value!r} is not a version of this form.", f"Write {rule!r}."
        case "required":
            for key in rule:
                if key not in value:
                    yield path, f"The key {key!r} is missing.", f"Add {key}: …"
        case "type":
            kinds = [rule] if isinstance(rule, str) else rule
            wanted = " or ".join(_TYPES.get(kind, kind) for kind in kinds)
            yield path, f"{_short(value)} stands where {wanted} belongs.", described
        case "minimum" | "maximum":
            side = "at least" if error.validator == "minimum" else "at most"
            hint = f"Write a number that is {side} {rule}. {described}".strip()
            yield path, f"{value!r} is off the scale.", hint
        case "pattern" if "propertyNames" in error.absolute_schema_path or _is_language(error):
            hint = "Write a code such as sv, nb, da or en."
            yield (
                (*path, value) if "propertyNames" in error.absolute_schema_path else path,
                (f"{value!r} is not a language code."),
                hint,
            )
        case _:
            yield path, f"{_short(value)} doesn't belong here.", described


def _is_language(error: ValidationError) -> bool:
    return tuple(error.absolute_path) == ("language",)


def _short(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 40 else f"{shown[:37]}…"


def _misfits(refused: list[ValidationError]) -> set[Path_]:
    """Give the places of what is something else altogether, such as a mapping for an id."""
    kinds = {"type", "enum", "const"}
    return {tuple(error.absolute_path) for error in refused if error.validator in kinds}


def _sound(data: Any, faulty: set[Path_], misfits: set[Path_], path: Path_ = ()) -> Any:
    """Drop what the schema refused, so that later checks meet only the right types.

    A mapping with a fault of its own, as a key that is missing, stays for the rest of its keys.
    """
    if path in misfits or (path in faulty and not isinstance(data, dict)):
        return None
    if isinstance(data, dict):
        inner = {key: _sound(value, faulty, misfits, (*path, key)) for key, value in data.items()}
        return {key: value for key, value in inner.items() if value is not None}
    if isinstance(data, list):
        # Places hold indices, so a refused item leaves a gap rather than moving the others.
        return [_sound(each, faulty, misfits, (*path, i)) for i, each in enumerate(data)]
    return data


# --- walking a map --------------------------------------------------------------------------


def _mappings(value: Any, path: Path_) -> list[tuple[Path_, dict[str, Any]]]:
    if not isinstance(value, list):
        return []
    return [((*path, i), each) for i, each in enumerate(value) if isinstance(each, dict)]


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


class _Book:
    """A map's records with their places."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data
        library = _mapping(data.get("library"))
        self.personas = _mappings(library.get("personas"), ("library", "personas"))
        self.touchpoints = _mappings(library.get("touchpoints"), ("library", "touchpoints"))
        self.items = _mappings(library.get("items"), ("library", "items"))
        self.sources = _mappings(library.get("sources"), ("library", "sources"))
        self.channels = _mappings(library.get("channels"), ("library", "channels"))
        self.lanes = _mappings(data.get("lanes"), ("lanes",))
        self.stages = _mappings(data.get("stages"), ("stages",))
        self.placements = _mappings(data.get("placements"), ("placements",))
        self.emotions = _mappings(data.get("emotions"), ("emotions",))
        self.goals = _mappings(data.get("goals"), ("goals",))
        self.links = _mappings(data.get("links"), ("links",))
        self.steps = [
            found for path, stage in self.stages
            for found in _mappings(stage.get("steps"), (*path, "steps"))
        ]  # fmt: skip
        self.item_by_id = {item.get("id"): item for _, item in self.items}
        self.kind_of_lane = {lane.get("id"): lane.get("kind") for _, lane in self.lanes}

    def cards(self, step_path: Path_, step: dict[str, Any]) -> Iterator[tuple[Path_, str, Any]]:
        """Give (place, lane kind, card) for the keys on a step."""
        for key, kind in SUGAR.items():
            value = step.get(key)
            for index, card in enumerate(cards_on(step, key)):
                place = (*step_path, key, index) if isinstance(value, list) else (*step_path, key)
                if card is not None:
                    yield place, kind, card

    def all_cards(self) -> Iterator[tuple[Path_, str, Any]]:
        """Give every card of the map: on steps, and as placements."""
        for path, step in self.steps:
            yield from self.cards(path, step)
        for path, card in self.placements:
            yield path, str(self.kind_of_lane.get(card.get("lane"), "")), card

    def record_of(self, card: Any) -> dict[str, Any]:
        """Give a card with what its item says."""
        if isinstance(card, str):
            return self.item_by_id.get(card, {"text": card})
        if is_localized(card):
            return {"text": card}
        item = self.item_by_id.get(card.get("item"), {})
        return {**item, **card}

    def kinds_at(self, step_path: Path_, step: dict[str, Any]) -> set[str]:
        """Give the kinds of cards at a step, placements that span it included."""
        kinds = {kind for _, kind, _ in self.cards(step_path, step)}
        order = [each.get("id") for _, each in self.steps]
        here = order.index(step.get("id"))
        for _, card in self.placements:
            first, last = card.get("from"), card.get("to") or card.get("from")
            if first in order and last in order and order.index(first) <= here <= order.index(last):
                kinds.add(str(self.kind_of_lane.get(card.get("lane"), "")))
        return kinds


# --- errors ---------------------------------------------------------------------------------


def _duplicate_ids(book: _Book) -> Iterator[Found]:
    groups = (
        book.personas, book.touchpoints, book.items, book.sources, book.channels, book.lanes,
        book.stages, book.steps, book.placements, book.goals, book.links,
    )  # fmt: skip
    records = [record for group in groups for record in group]
    records += [(path, card) for path, _, card in book.all_cards()
                if isinstance(card, dict) and not is_localized(card)
                and path[0] != "placements"]  # fmt: skip
    first: dict[str, Path_] = {}
    for path, record in records:
        name = record.get("id")
        if not isinstance(name, str):
            continue
        if name in first:
            place = place_of(first[name])
            yield (
                (*path, "id"),
                f"The id {name!r} is taken by {place}.",
                "Give it an id of its own.",
            )
        first.setdefault(name, path)


def _empty_stages(book: _Book) -> Iterator[Found]:
    if not book.stages:
        yield ("stages",), "The map has no stage.", "Add a stage with at least one step."
    for path, stage in book.stages:
        if not stage.get("steps"):
            yield path, "The stage has no step.", "Add steps: with at least one step."


def _missing(path: Path_, name: Any, known: Iterable[Any], what: str) -> Iterator[Found]:
    names = {each for each in known if isinstance(each, str)}
    if isinstance(name, str) and name not in names:
        hint = known_values(name, names) if names else f"The map has no {what}; add it."
        yield path, f"There is no {what} {name!r}.", hint


def _ids(records: list[tuple[Path_, dict[str, Any]]]) -> list[Any]:
    return [record.get("id") for _, record in records]


def _listed(value: Any, path: Path_) -> list[tuple[Path_, Any]]:
    return [((*path, i), each) for i, each in enumerate(value if isinstance(value, list) else [])]


def _dangling(book: _Book) -> Iterator[Found]:
    personas, touchpoints = _ids(book.personas), _ids(book.touchpoints)
    steps, items = _ids(book.steps), _ids(book.items)
    # A map may show personas of the workspace that its own library doesn't hold.
    mapped = [name for name in book.data.get("personas") or [] if isinstance(name, str)]
    known_personas = [*personas, *mapped]
    if personas:
        for path, name in _listed(book.data.get("personas"), ("personas",)):
            yield from _missing(path, name, personas, "persona")
    for path, step in book.steps:
        yield from _missing(
            (*path, "touchpoint"), step.get("touchpoint"), touchpoints, "touchpoint"
        )
        for place, name in _listed(step.get("touchpoints"), (*path, "touchpoints")):
            yield from _missing(place, name, touchpoints, "touchpoint")
        for place, way in _mappings(step.get("next"), (*path, "next")):
            ends = [*steps, *_ids(book.stages), *EXITS]
            yield from _missing((*place, "to"), way.get("to"), ends, "step or stage")
        for layer, persona, _ in _points(step):
            place = (*path, "emotion", layer, str(persona))
            yield from _missing(place, persona, known_personas, "persona")
    for path, card in book.placements:
        yield from _missing((*path, "lane"), card.get("lane"), _ids(book.lanes), "lane")
        for key in ("from", "to"):
            yield from _missing((*path, key), card.get(key), steps, "step")
        yield from _missing(
            (*path, "touchpoint"), card.get("touchpoint"), touchpoints, "touchpoint"
        )
    for path, _, card in book.all_cards():
        if isinstance(card, str) and re.match(r"(it|item)_\w+$", card):
            yield from _missing(path, card, items, "item")
        elif isinstance(card, dict) and not is_localized(card):
            yield from _card_references(book, path, card, items, known_personas)
    for path, point in book.emotions:
        yield from _missing((*path, "step"), point.get("step"), steps, "step")
        yield from _missing((*path, "persona"), point.get("persona"), known_personas, "persona")
    for path, lane in book.lanes:
        for place, name in _listed(lane.get("personas"), (*path, "personas")):
            yield from _missing(place, name, known_personas, "persona")
    ends = [*steps, *_ids(book.placements), *_ids(book.stages), *_card_ids(book)]
    for path, link in book.links:
        for key in ("from", "to"):
            yield from _missing((*path, key), link.get(key), ends, "step or card")


def _card_ids(book: _Book) -> list[Any]:
    return [card.get("id") for _, _, card in book.all_cards() if isinstance(card, dict)]


def _card_references(
    book: _Book, path: Path_, card: dict[str, Any], items: list[Any], personas: list[Any]
) -> Iterator[Found]:
    yield from _missing((*path, "item"), card.get("item"), items, "item")
    for place, name in _listed(card.get("personas"), (*path, "personas")):
        yield from _missing(place, name, personas, "persona")
    for place, name in _listed(card.get("sources"), (*path, "sources")):
        yield from _missing(place, name, _ids(book.sources), "source")
    known = [*_card_ids(book), *items]
    yield from _missing((*path, "opportunity"), card.get("opportunity"), known, "opportunity")
    for place, name in _listed(card.get("actions"), (*path, "actions")):
        yield from _missing(place, name, known, "action")


def _points(step: dict[str, Any]) -> list[tuple[str, str | None, float]]:
    return emotion_points(step) if isinstance(step.get("emotion"), (int, float, dict)) else []


def _emotions(book: _Book) -> Iterator[Found]:
    for path, step in book.steps:
        for layer, persona, value in _points(step):
            place: Path_ = (*path, "emotion")
            if isinstance(step["emotion"], dict):
                place = (*place, layer) if persona is None else (*place, layer, persona)
            if layer not in ("drawn", "desired"):
                yield (
                    place,
                    f"The layer {layer!r} can't be written in a map.",
                    "Measured feelings come from responses; write drawn or desired.",
                )
            elif isinstance(value, bool) or not isinstance(value, (int, float)):
                yield place, f"{_short(value)} is not a feeling.", "Write a number from -2 to 2."
            elif not -2 <= value <= 2:
                yield place, f"{value!r} is off the scale.", "Write a number from -2 to 2."
    seen: dict[tuple[Any, ...], Path_] = {}
    for path, point in book.emotions:
        key = (point.get("step"), point.get("persona"), point.get("layer", "drawn"))
        if key in seen:
            yield path, f"The same point stands at {place_of(seen[key])}.", "Keep one of the two."
        seen.setdefault(key, path)


def _conditions(book: _Book) -> Iterator[Found]:
    places: list[tuple[Path_, Any]] = [
        (("measure", "value_events"), _mapping(book.data.get("measure")).get("value_events"))
    ]
    places += [((*path, "matcher"), each.get("matcher")) for path, each in book.touchpoints]
    places += [((*path, "reached_when"), each.get("reached_when")) for path, each in book.stages]
    for path, tree in places:
        if tree is None:
            continue
        for fault in faults_in(tree, ""):
            inner = _path_of(fault.place)
            yield (*path, *inner), f"The condition {fault.message}", fault.hint


def _path_of(place: str) -> Path_:
    parts = re.findall(r"\[(\d+)\]|([^.\[\]]+)", place)
    return tuple(int(index) if index else key for index, key in parts)


def _times(book: _Book) -> Iterator[Found]:
    measure = _mapping(book.data.get("measure"))
    durations: list[tuple[Path_, Any]] = [
        (("measure", key), measure.get(key)) for key in ("journey_gap", "patience")
    ]
    durations.append((("review", "every"), _mapping(book.data.get("review")).get("every")))
    durations += [((*path, "patience"), stage.get("patience")) for path, stage in book.stages]
    for path, step in book.steps:
        time = _mapping(step.get("time"))
        durations += [((*path, "time", key), time.get(key)) for key in ("offset", "duration")]
        at = time.get("at")
        if isinstance(at, str) and not _CLOCK.fullmatch(at):
            hint = 'Write a clock time ("07:30") or a date (2026-03-01).'
            yield (*path, "time", "at"), f"{at!r} is not a time.", hint
    for place, value in durations:
        if value is not None:
            yield from _refusal(place, parse_duration, value)
    if isinstance(measure.get("zone"), str):
        yield from _refusal(("measure", "zone"), zone_named, measure["zone"])


def _refusal(place: Path_, parse: Any, value: Any) -> Iterator[Found]:
    try:
        parse(value)
    except KundresaError as error:
        yield place, error.message, error.hint


def _unit(book: _Book) -> Iterator[Found]:
    unit = _mapping(book.data.get("measure")).get("unit")
    if isinstance(unit, str) and unit not in ("profile", "account"):
        yield (
            ("measure", "unit"),
            f"{unit!r} is not known here.",
            known_values(unit, ("profile", "account", "{property: NAME}")),
        )
    if isinstance(unit, dict) and not isinstance(unit.get("property"), str):
        yield ("measure", "unit"), "The unit names no property.", "Write {property: NAME}."


def _probabilities(book: _Book) -> Iterator[Found]:
    for path, step in book.steps:
        ways = [way for _, way in _mappings(step.get("next"), path)]
        total = sum(way.get("probability", 0) for way in ways)
        if total > 1 + 1e-9:
            said = f"The probabilities add to {total:g}."
            yield (*path, "next"), said, "Together they may be 1 at most."


_ERRORS: Final = (
    _duplicate_ids, _empty_stages, _dangling, _emotions, _conditions, _times, _unit, _probabilities,
)  # fmt: skip


# --- warnings -------------------------------------------------------------------------------

_NO_TOUCHPOINTS: Final = {"day_in_life", "empathy_map"}


def _stages_without_touchpoint(book: _Book) -> Iterator[Found]:
    if book.data.get("kind") in _NO_TOUCHPOINTS:
        return
    for path, stage in book.stages:
        steps = _mappings(stage.get("steps"), (*path, "steps"))
        if steps and not any(
            step.get("touchpoint") or step.get("touchpoints")
            or "touchpoints" in book.kinds_at(place, step)
            for place, step in steps
        ):  # fmt: skip
            yield path, "The stage has no touchpoint.", "Name where customers meet you here."


def _answers(book: _Book) -> Iterator[Found]:
    for path, step in book.steps:
        kinds = book.kinds_at(path, step)
        if "questions" in kinds and "content" not in kinds:
            yield path, "A question has no content that answers it.", "Add content: to the step."
        if "content" in kinds and "search_terms" not in kinds and "questions" in kinds:
            said = "The content has no search term that leads to it."
            yield path, said, "Add search_terms: to the step."


def _low_points(book: _Book) -> Iterator[Found]:
    explicit: dict[Any, list[float]] = defaultdict(list)
    for _, point in book.emotions:
        if point.get("layer", "drawn") == "drawn" and isinstance(point.get("value"), (int, float)):
            explicit[point.get("step")].append(point["value"])
    for path, step in book.steps:
        drawn = [value for layer, _, value in _points(step) if layer == "drawn"]
        values = [v for v in drawn if isinstance(v, (int, float))] + explicit[step.get("id")]
        if values and min(values) <= -1 and "opportunities" not in book.kinds_at(path, step):
            said = f"The feeling falls to {min(values):g} and no opportunity answers it."
            yield path, said, "Add opportunities: to the step."


def _actions(book: _Book) -> Iterator[Found]:
    cards = [(path, kind, book.record_of(card)) for path, kind, card in book.all_cards()]
    served = {record.get("opportunity") for _, kind, record in cards if kind == "actions_plan"}
    acted_on = {path[:4] for path, kind, _ in cards if kind == "actions_plan"}
    for path, kind, record in cards:
        if kind == "opportunities" and not (
            record.get("actions") or record.get("id") in served - {None} or path[:4] in acted_on
        ):
            yield path, "The opportunity has no action.", "Add actions_plan: to the step."
        if kind == "actions_plan":
            lacking = [key for key in ("owner", "metric") if not record.get(key)]
            if lacking:
                said = f"The action has no {' and no '.join(lacking)}."
                yield path, said, f"Add {' and '.join(lacking)}."


def _all_assumed(book: _Book) -> Iterator[Found]:
    evidence = [book.record_of(card).get("evidence") for _, _, card in book.all_cards()]
    told = [each for each in evidence if each]
    if told and set(told) == {"assumption"}:
        yield ("stages",), "Everything on the map is assumed.", "Ask customers, and add evidence."


def _departments(book: _Book) -> Iterator[Found]:
    for path, stage in book.stages:
        name = stage.get("name")
        names = [name] if isinstance(name, str) else list(_mapping(name).values())
        for each in names:
            if isinstance(each, str) and each.strip().lower() in _DEPARTMENTS:
                said = f"The stage {each!r} is named after a department."
                yield (*path, "name"), said, "Name it after what the customer does."
                break


def _unresearched(book: _Book) -> Iterator[Found]:
    for path, persona in book.personas:
        if persona.get("basis", "assumption") == "assumption":
            said = "Nobody has researched this persona."
            yield path, said, "Interview customers, then set basis: mixed or research."


def _matchers(book: _Book) -> Iterator[Found]:
    if book.data.get("kind") in _NO_TOUCHPOINTS:
        return
    seen: dict[str, str] = {}
    for path, touchpoint in book.touchpoints:
        matcher = touchpoint.get("matcher")
        if matcher is None:
            if touchpoint.get("lifecycle") not in ("planned", "retired"):
                said = "The touchpoint has no matcher, so nothing is measured there."
                yield path, said, "Add matcher: with the names of its events."
            continue
        key = repr(normalised(matcher))
        if key in seen:
            said = f"The matcher is the same as that of {seen[key]!r}; events count in both."
            yield (*path, "matcher"), said, "Tell the two apart by a property."
        seen.setdefault(key, str(touchpoint.get("id")))


_WARNINGS: Final = (
    _stages_without_touchpoint, _answers, _low_points, _actions, _all_assumed, _departments,
    _unresearched, _matchers,
)  # fmt: skip


def as_errors(faults: Iterable[Fault]) -> list[Fault]:
    """Take warnings for errors, for those who want their maps spotless."""
    return [replace(fault, severity="error") for fault in faults]


def only_errors(faults: Iterable[Fault]) -> list[Fault]:
    """Leave the warnings out."""
    return [fault for fault in faults if fault.severity == "error"]


def is_map(data: Any) -> bool:
    """Tell whether plain data claims to be a map document."""
    return isinstance(data, Mapping) and "journey-map" in data
