"""From plain data to the model: keys on steps become cards, plain text gets its language.

The data must have passed the check; what is missing gets its default here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeGuard

from kundresa.core.times import parse_duration
from kundresa.documents.map_model import (
    EMPTY,
    SUGAR,
    EmotionPoint,
    Item,
    Lane,
    LocalizedText,
    MapDocument,
    MeasureSettings,
    Persona,
    Placement,
    Stage,
    Step,
    Touchpoint,
    Way,
)
from kundresa.documents.schema_order import map_schema

Data = Mapping[str, Any]
DEFAULT_LANGUAGE: Final = "en"
_CARD_OWN: Final = {"id", "item", "touchpoint", "text", "personas", "order", "note",
                    "lane", "from", "to"}  # fmt: skip


def map_of(data: Data) -> MapDocument:
    """Build the model from checked data."""
    return _Reader(data).read()


def is_localized(value: Any) -> TypeGuard[str | dict[str, str]]:
    """Tell a text, or a text by language, from a record."""
    return isinstance(value, str) or (
        isinstance(value, Mapping) and "text" not in value and "item" not in value
    )


def cards_on(step: Data, key: str) -> list[Any]:
    """Give the cards a key on a step stands for; one alone needs no list."""
    value = step.get(key)
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def touchpoints_on(step: Data) -> list[str]:
    """Give the touchpoint ids that a step names, each once."""
    single = step.get("touchpoint")
    names = ([single] if single else []) + list(step.get("touchpoints") or [])
    return list(dict.fromkeys(names))


def emotion_points(step: Data) -> list[tuple[str, str | None, float]]:
    """Give (layer, persona, value) for the key ``emotion`` of a step."""
    emotion = step.get("emotion")
    if emotion is None:
        return []
    layers = emotion if isinstance(emotion, Mapping) else {"drawn": emotion}
    points: list[tuple[str, str | None, float]] = []
    for layer, values in layers.items():
        by_persona = values if isinstance(values, Mapping) else {None: values}
        points += [(layer, persona, value) for persona, value in by_persona.items()]
    return points


def _known(definition: str) -> list[str]:
    schema = map_schema()
    found = schema["$defs"][definition] if definition else schema
    return list(found["properties"])


def _extra(data: Data, definition: str, *more: str) -> dict[str, Any]:
    known = {*_known(definition), *more}
    return {key: value for key, value in data.items() if key not in known}


class _Reader:
    def __init__(self, data: Data) -> None:
        self.data = data
        self.language = str(data.get("language") or DEFAULT_LANGUAGE)
        self.languages: dict[str, None] = {self.language: None}
        self.library: Data = data.get("library") or {}
        self.item_ids = {item["id"] for item in self.library.get("items") or []}
        self.lanes = [self.lane(lane) for lane in data.get("lanes") or []]
        self.lane_ids = {lane.id for lane in self.lanes}

    def read(self) -> MapDocument:
        data, library = self.data, self.library
        stages = tuple(self.stage(stage) for stage in data.get("stages") or [])
        cards = [self.placement(card) for card in data.get("placements") or []]
        cards += self.sugar_cards()
        return MapDocument(
            id=data["id"],
            title=self.text(data.get("title")),
            kind=data["kind"],
            mode=data.get("mode", "planned"),
            language=self.language,
            status=data.get("status", "draft"),
            derived_from=data.get("derived_from"),
            personas=tuple(data.get("personas") or ()),
            review=data.get("review") or {},
            measure=self.measure(data.get("measure") or {}),
            goals=tuple(data.get("goals") or ()),
            persona_library=tuple(self.persona(each) for each in library.get("personas") or []),
            touchpoints=tuple(self.touchpoint(each) for each in library.get("touchpoints") or []),
            items=tuple(self.item(each) for each in library.get("items") or []),
            sources=tuple(library.get("sources") or ()),
            channels=tuple(library.get("channels") or ()),
            lanes=tuple(self.lanes),
            stages=stages,
            placements=tuple(cards),
            emotions=tuple(self.emotions()),
            links=tuple(data.get("links") or ()),
            languages=tuple(self.languages),
            extra=_extra(data, ""),
        )

    def text(self, value: Any) -> LocalizedText:
        if value is None:
            return EMPTY
        texts = {self.language: value} if isinstance(value, str) else dict(value)
        self.languages.update(dict.fromkeys(texts))
        return LocalizedText(texts)

    def measure(self, data: Data) -> MeasureSettings:
        known = map_schema()["properties"]["measure"]["properties"]
        return MeasureSettings(
            unit=data.get("unit", "profile"),
            journey_gap_us=parse_duration(data.get("journey_gap", "90d")),
            patience_us=parse_duration(data.get("patience", "30d")),
            value_events=data.get("value_events"),
            currency=data.get("currency"),
            zone=data.get("zone", "UTC"),
            credit_model=data.get("credit_model", "linear"),
            extra={key: value for key, value in data.items() if key not in known},
        )

    def persona(self, data: Data) -> Persona:
        own = {"id", "name", "polarity", "kind", "basis", "segment_rule"}
        known = _known("persona")
        return Persona(
            data["id"],
            self.text(data.get("name")),
            data.get("polarity", "target"),
            data.get("kind", "buyer"),
            data.get("basis", "assumption"),
            data.get("segment_rule"),
            {key: value for key, value in data.items() if key in known and key not in own},
            extra=_extra(data, "persona"),
        )

    def touchpoint(self, data: Data) -> Touchpoint:
        words = ("medium", "position", "media", "control", "initiator", "lifecycle", "source")
        return Touchpoint(
            data["id"],
            self.text(data.get("name")),
            data.get("channel", "other"),
            data.get("matcher"),
            **{word: data.get(word) for word in words},
            extra=_extra(data, "touchpoint"),
        )

    def item(self, data: Data) -> Item:
        known = _known("item")
        details = {k: v for k, v in data.items() if k in known and k not in ("id", "kind", "text")}
        text = self.text(data.get("text") or data.get("term"))
        kind = data.get("kind", "text")
        return Item(data["id"], kind, text, details, extra=_extra(data, "item"))

    def lane(self, data: Data) -> Lane:
        return Lane(
            data["id"],
            data["kind"],
            self.text(data.get("title")),
            data.get("zone"),
            tuple(data.get("personas") or ()),
            bool(data.get("pinned")),
            bool(data.get("hidden")),
            extra=_extra(data, "lane"),
        )

    def lane_of_kind(self, kind: str) -> str:
        """Give the first lane of a kind; make one where keys on steps need it."""
        for lane in self.lanes:
            if lane.kind == kind:
                return lane.id
        name = f"lane_{kind}"
        while name in self.lane_ids:
            name += "_"
        self.lane_ids.add(name)
        self.lanes.append(Lane(name, kind, made=True))
        return name

    def stage(self, data: Data) -> Stage:
        patience = data.get("patience")
        return Stage(
            data["id"],
            self.text(data.get("name")),
            tuple(self.step(step) for step in data.get("steps") or []),
            data.get("lifecycle", "custom"),
            data.get("period"),
            self.text(data.get("customer_goal")),
            self.text(data.get("desired_behaviour")),
            self.text(data.get("milestone")),
            data.get("message_tone"),
            data.get("reached_when"),
            bool(data.get("ends_journey")),
            None if patience is None else parse_duration(patience),
            data.get("color"),
            extra=_extra(data, "stage"),
        )

    def step(self, data: Data) -> Step:
        ways = (
            Way(
                way["to"], str(way.get("when", "")), way.get("kind", "next"), way.get("probability")
            )
            for way in data.get("next") or []
        )
        return Step(
            data["id"],
            self.text(data.get("name") or self.first_action(data)),
            data.get("time") or {},
            bool(data.get("moment_of_truth")),
            data.get("planned", "required"),
            tuple(touchpoints_on(data)),
            tuple(ways),
            extra=_extra(data, "step"),
        )

    def first_action(self, data: Data) -> Any:
        """A step without a name is called by what the customer does there."""
        for card in [*cards_on(data, "action"), *cards_on(data, "actions")]:
            found = card if is_localized(card) else card.get("text")
            if found and not (isinstance(found, str) and found in self.item_ids):
                return found
        return None

    def placement(self, data: Data) -> Placement:
        return self.card(data, data["id"], data["lane"], data["from"], data.get("to"), None)

    def card(
        self, data: Data, name: str, lane: str, start: str, end: str | None, sugar: str | None
    ) -> Placement:
        known = _known("item")
        details = {k: v for k, v in data.items() if k in known and k not in _CARD_OWN}
        return Placement(
            name,
            lane,
            start,
            end or start,
            data.get("item"),
            data.get("touchpoint"),
            self.text(data.get("text")),
            tuple(data.get("personas") or ()),
            data.get("order"),
            self.text(data.get("note")),
            details,
            sugar,
            extra=_extra(data, "item", *_CARD_OWN),
        )

    def sugar_cards(self) -> Iterable[Placement]:
        cards: list[Placement] = []
        for stage in self.data.get("stages") or []:
            for step in stage.get("steps") or []:
                cards += self.touchpoint_cards(step)
                for key, kind in SUGAR.items():
                    for index, value in enumerate(cards_on(step, key)):
                        cards.append(self.sugar_card(step["id"], key, kind, index, value))
        return cards

    def touchpoint_cards(self, step: Data) -> list[Placement]:
        names = touchpoints_on(step)
        lane = self.lane_of_kind("touchpoints") if names else ""
        return [
            Placement(f"{step['id']}.touchpoints.{name}", lane, step["id"], step["id"],
                      touchpoint=name, sugar="touchpoints")
            for name in names
        ]  # fmt: skip

    def sugar_card(self, step: str, key: str, kind: str, index: int, value: Any) -> Placement:
        record: Data
        if isinstance(value, str) and value in self.item_ids:
            record = {"item": value}
        else:
            record = {"text": value} if is_localized(value) else value
        name = str(record.get("id") or f"{step}.{key}.{index}")
        return self.card(record, name, self.lane_of_kind(kind), step, step, key)

    def emotions(self) -> Iterable[EmotionPoint]:
        for stage in self.data.get("stages") or []:
            for step in stage.get("steps") or []:
                for layer, persona, value in emotion_points(step):
                    yield EmotionPoint(step["id"], persona, layer, float(value))
        for point in self.data.get("emotions") or []:
            yield EmotionPoint(
                point["step"],
                point.get("persona"),
                point.get("layer", "drawn"),
                float(point["value"]),
                self.text(point.get("label")),
            )
