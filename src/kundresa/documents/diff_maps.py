"""What changed between two maps, told by ids and in a reader's words.

Formatting, comments and the way something was written (keys on steps or placements with the
same id) never show; only what the map says.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from difflib import SequenceMatcher
from typing import Any, Final

from kundresa.documents.map_model import LocalizedText, MapDocument, Placement, Step

_NAMES: Final = {"name", "title", "text"}
_ORDERED: Final = "place in the order"


@dataclass(frozen=True)
class Change:
    """One thing that differs.

    ``what`` is added, removed, moved, renamed, rescored or changed; ``before`` and ``after`` are
    plain data.
    """

    what: str
    record: str
    id: str
    label: str = ""
    field: str = ""
    before: Any = None
    after: Any = None

    def to_json(self) -> dict[str, Any]:
        """Give the change as plain data."""
        body: dict[str, Any] = {"what": self.what, "record": self.record, "id": self.id}
        if self.field:
            body["field"] = self.field
        if self.what not in ("added", "removed"):
            body |= {"before": self.before, "after": self.after}
        return {**body, "sentence": self.sentence}

    @property
    def sentence(self) -> str:
        """Say it in one sentence."""
        named = f"{self.record} {self.id}"
        if self.label and self.label != self.id:
            named += f" ({self.label})"
        named = named[0].upper() + named[1:]
        if self.what in ("added", "removed"):
            return f"{named} was {self.what}."
        change = f"from {_shown(self.before)} to {_shown(self.after)}"
        if self.what == "moved":
            return f"{named} was moved {change}."
        if self.what in ("renamed", "rescored"):
            return f"{named} was {self.what} {change}."
        return f"{named}: {self.field} changed {change}."


def diff(before: MapDocument, after: MapDocument) -> list[Change]:
    """List what must be done to ``before`` to make it say what ``after`` says."""
    changes = list(_settings(before, after))
    changes += _records("stage", before.stages, after.stages, skip={"steps"})
    changes += _steps(before, after)
    lanes = [[lane for lane in each.lanes if not lane.made] for each in (before, after)]
    changes += _records("lane", lanes[0], lanes[1])
    changes += _placements(before, after)
    changes += _records("touchpoint", before.touchpoints, after.touchpoints)
    changes += _records("persona", before.persona_library, after.persona_library)
    changes += _records("item", before.items, after.items)
    for record in ("sources", "channels", "goals", "links"):
        changes += _plain_records(record[:-1], getattr(before, record), getattr(after, record))
    changes += _emotions(before, after)
    return changes


def to_json(changes: Iterable[Change]) -> list[dict[str, Any]]:
    """Give changes as plain data."""
    return [change.to_json() for change in changes]


def _shown(value: Any) -> str:
    if isinstance(value, dict) and value and all(isinstance(v, str) for v in value.values()):
        return " / ".join(f"“{text}”" for text in value.values())
    if isinstance(value, str):
        return f"“{value}”" if value else "nothing"
    return "nothing" if value in (None, [], {}, ()) else str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, LocalizedText):
        return dict(value.texts)
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value


def _facts(record: Any, skip: set[str]) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for each in fields(record):
        value = getattr(record, each.name)
        if each.name in ("details", "extra"):
            facts |= {key: _plain(inner) for key, inner in value.items()}
        elif each.name not in {"id", "made", "sugar", *skip}:
            facts[each.name] = _plain(value)
    return facts


def _label(record: Any) -> str:
    for name in ("name", "title", "text"):
        text = getattr(record, name, None)
        if isinstance(text, LocalizedText) and text:
            return text.in_language("")
    return ""


def _changed_facts(
    record: str, name: str, label: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Change]:
    for key in dict.fromkeys([*before, *after]):
        old, new = before.get(key), after.get(key)
        if not _same(old, new):
            what = "renamed" if key in _NAMES else "changed"
            yield Change(what, record, name, label, key, old, new)


def _same(old: Any, new: Any) -> bool:
    # In Python True == 1; in a map they say different things.
    return bool(old == new) and isinstance(old, bool) == isinstance(new, bool)


def _settings(before: MapDocument, after: MapDocument) -> Iterator[Change]:
    names = ("title", "kind", "mode", "language", "status", "derived_from", "personas", "review",
             "measure", "extra")  # fmt: skip
    old, new = ({name: _plain(getattr(each, name)) for name in names} for each in (before, after))
    if before.id != after.id:
        yield Change("changed", "map", after.id, _label(after), "id", before.id, after.id)
    facts = [_flat_settings(each) for each in (old, new)]
    yield from _changed_facts("map", after.id, _label(after), facts[0], facts[1])


def _flat_settings(settings: dict[str, Any]) -> dict[str, Any]:
    """Give measure's keys as ``measure.unit``; it and the map each have unknown keys of their own."""
    measure, extra = settings.pop("measure"), settings.pop("extra")
    measure |= measure.pop("extra")
    return {**settings, **{f"measure.{key}": value for key, value in measure.items()}, **extra}


def _records(
    record: str, before: Sequence[Any], after: Sequence[Any], skip: Iterable[str] = ()
) -> Iterator[Change]:
    old, new = ({each.id: each for each in group} for group in (before, after))
    yield from _gone_and_come(record, old, new)
    for name, position in _moved([*old], [*new]):
        yield Change("moved", record, name, _label(new[name]), _ORDERED, *position)
    for name in new:
        if name in old:
            facts = [_facts(each[name], set(skip)) for each in (old, new)]
            yield from _changed_facts(record, name, _label(old[name]), facts[0], facts[1])


def _gone_and_come(
    record: str, old: Mapping[str, Any], new: Mapping[str, Any], label: Callable[..., str] = _label
) -> Iterator[Change]:
    for name in old:
        if name not in new:
            yield Change("removed", record, name, label(old[name]))
    for name in new:
        if name not in old:
            yield Change("added", record, name, label(new[name]))


def _moved(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[str, tuple[int, int]]]:
    """Give the fewest names that must move, with their places (from 1) before and after."""
    old = [name for name in before if name in set(after)]
    new = [name for name in after if name in set(before)]
    kept: set[str] = set()
    for block in SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
        kept |= set(old[block.a : block.a + block.size])
    for name in new:
        if name not in kept:
            yield name, (before.index(name) + 1, after.index(name) + 1)


def _steps(before: MapDocument, after: MapDocument) -> Iterator[Change]:
    old, new = (_steps_by_id(each) for each in (before, after))
    steps = [{name: step for name, (_, step) in each.items()} for each in (old, new)]
    yield from _gone_and_come("step", steps[0], steps[1])
    for name, (stage, step) in new.items():
        if name in old and old[name][0] != stage:
            yield Change("moved", "step", name, _label(step), "stage", old[name][0], stage)
    for stage in {stage: None for stage, _ in new.values()}:
        here = [[n for n, (s, _) in each.items() if s == stage] for each in (old, new)]
        for name, position in _moved(here[0], here[1]):
            yield Change("moved", "step", name, _label(steps[1][name]), _ORDERED, *position)
    for name in steps[1]:
        if name in steps[0]:
            facts = [_facts(each[name], set()) for each in steps]
            yield from _changed_facts("step", name, _label(steps[0][name]), facts[0], facts[1])


def _steps_by_id(document: MapDocument) -> dict[str, tuple[str, Step]]:
    return {step.id: (stage.id, step) for stage in document.stages for step in stage.steps}


# --- cards: some have ids of their own, the rest are known by what they say ------------------


def _placements(before: MapDocument, after: MapDocument) -> Iterator[Change]:
    pairs = list(_paired(before.placements, after.placements))
    for old, new in pairs:
        shown = new or old
        assert shown is not None  # noqa: S101  a pair holds at least one card
        label = (after if new else before).text_on(shown).in_language("")
        if old is None or new is None:
            yield Change("added" if new else "removed", "card", shown.id, label)
            continue
        skip = {"lane"} if new.sugar and old.sugar else set()
        facts = [_facts(each, skip) for each in (old, new)]
        yield from _changed_facts("card", new.id, label, facts[0], facts[1])


def _paired(
    before: Sequence[Placement], after: Sequence[Placement]
) -> Iterator[tuple[Placement | None, Placement | None]]:
    old, new = _own(before), _own(after)
    for name in dict.fromkeys([*old, *new]):
        yield old.get(name), new.get(name)
    groups = _nameless(before), _nameless(after)
    for key in dict.fromkeys([*groups[0], *groups[1]]):
        yield from _paired_by_text(groups[0].get(key, []), groups[1].get(key, []))


def _is_nameless(card: Placement) -> bool:
    return card.sugar is not None and card.id.startswith(f"{card.from_step}.{card.sugar}.")


def _own(cards: Sequence[Placement]) -> dict[str, Placement]:
    return {card.id: card for card in cards if not _is_nameless(card)}


def _nameless(cards: Sequence[Placement]) -> dict[Hashable, list[Placement]]:
    groups: dict[Hashable, list[Placement]] = defaultdict(list)
    for card in cards:
        if _is_nameless(card):
            groups[(card.from_step, card.sugar)].append(card)
    return groups


def _paired_by_text(
    before: list[Placement], after: list[Placement]
) -> Iterator[tuple[Placement | None, Placement | None]]:
    """Pair equal texts first, so that a card put in above moves nothing; then the rest in order."""
    left = list(before)
    rest: list[Placement] = []
    for new in after:
        same = next((old for old in left if _says(old) == _says(new)), None)
        if same is None:
            rest.append(new)
        else:
            left.remove(same)
            yield same, new
    for index in range(max(len(left), len(rest))):
        yield (
            left[index] if index < len(left) else None,
            rest[index] if index < len(rest) else None,
        )


def _says(card: Placement) -> tuple[Any, ...]:
    return (dict(card.text.texts), card.item, card.touchpoint)


def _plain_records(
    record: str, before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
) -> Iterator[Change]:
    old, new = (
        {str(each.get("id") or f"{each.get('from')} → {each.get('to')}"): each for each in group}
        for group in (before, after)
    )
    yield from _gone_and_come(record, old, new, lambda _: "")
    for name in new:
        if name in old:
            yield from _changed_facts(record, name, "", old[name], new[name])


def _emotions(before: MapDocument, after: MapDocument) -> Iterator[Change]:
    old, new = (
        {(point.step, point.persona, point.layer): point for point in each.emotions}
        for each in (before, after)
    )
    for key in dict.fromkeys([*old, *new]):
        step, persona, layer = key
        name = ".".join(part for part in (step, persona, layer) if part)
        if key not in new or key not in old:
            yield Change("added" if key in new else "removed", "emotion", name)
            continue
        if old[key].value != new[key].value:
            scores = (old[key].value, new[key].value)
            yield Change("rescored", "emotion", name, "", "value", *scores)
        labels = {"label": dict(old[key].label.texts)}, {"label": dict(new[key].label.texts)}
        yield from _changed_facts("emotion", name, "", *labels)
