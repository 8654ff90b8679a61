"""Read a map document into the view that is drawn: one language, records joined to places."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from kundresa.documents.layout.view import (
    CardView,
    EmotionView,
    LaneView,
    MapView,
    PersonaView,
    StageView,
    StepView,
)
from kundresa.documents.layout.words import supported, word
from kundresa.documents.map_model import Lane, LocalizedText, MapDocument, Persona, Placement, Step

# Between which zones a blueprint draws which line.
_LINES: Final = {
    ("customer", "frontstage"): "interaction",
    ("frontstage", "backstage"): "visibility",
    ("backstage", "support"): "internal_interaction",
}
PERSONA_COLOURS: Final = 6


def view_of(
    document: MapDocument, language: str = "", live: Mapping[str, Any] | None = None
) -> MapView:
    """Choose one language of a document and put every card in its columns."""
    return _Reader(document, language, live).read()


class _Reader:
    def __init__(
        self, document: MapDocument, language: str, live: Mapping[str, Any] | None
    ) -> None:
        self.document, self.live = document, live or {}
        self.language = supported(language or document.language)
        self.columns = {step.id: at for at, step in enumerate(document.steps)}

    def read(self) -> MapView:
        document = self.document
        lanes = [self.lane(lane) for lane in document.lanes if not lane.hidden]
        return MapView(
            id=document.id,
            title=self.text(document.title) or document.id,
            kind=document.kind,
            mode=document.mode,
            language=self.language,
            personas=tuple(self.personas()),
            stages=tuple(self.stages()),
            steps=tuple(self.steps()),
            lanes=self.with_lines([lane for lane in lanes if lane is not None]),
            emotions=(*self.drawn_emotions(), *self.measured_emotions()),
        )

    def text(self, text: LocalizedText) -> str:
        return text.in_language(self.language, (self.document.language, "en"))

    def personas(self) -> Iterable[PersonaView]:
        named = (self.document.persona(name) or Persona(name) for name in self.document.personas)
        for at, persona in enumerate(named):
            name = self.text(persona.name) or persona.id
            negative = persona.polarity == "negative"
            yield PersonaView(persona.id, name, at % PERSONA_COLOURS, negative)

    def stages(self) -> Iterable[StageView]:
        first = 0
        for stage in self.document.stages:
            last = first + len(stage.steps) - 1
            if last >= first:
                name = self.text(stage.name) or stage.id
                yield StageView(stage.id, name, first, last, self.text(stage.customer_goal))
            first = last + 1

    def steps(self) -> Iterable[StepView]:
        for stage in self.document.stages:
            for step in stage.steps:
                yield self.step(step, stage.id)

    def step(self, step: Step, stage: str) -> StepView:
        clock = str(step.time.get("at") or step.time.get("offset") or "")
        name = self.text(step.name) or step.id
        column = self.columns[step.id]
        return StepView(step.id, name, column, stage, step.moment_of_truth, clock)

    def lane(self, lane: Lane) -> LaneView | None:
        """Give a lane; one that was only made to repeat the names of the steps is left out."""
        placed = [card for card in self.document.placements if card.lane == lane.id]
        cards = tuple(filter(None, map(self.card, sorted(placed, key=_order))))
        if lane.made and self.only_repeats(cards):
            return None
        title = self.text(lane.title) or word(f"lane_{lane.kind}", self.language)
        return LaneView(lane.id, lane.kind, title, cards, lane.zone or "")

    def only_repeats(self, cards: tuple[CardView, ...]) -> bool:
        names = [self.text(step.name) for step in self.document.steps]
        return all(card.text == names[card.first] and card.first == card.last for card in cards)

    def card(self, card: Placement) -> CardView | None:
        first, last = self.columns.get(card.from_step), self.columns.get(card.to_step)
        if first is None or last is None:
            return None
        touchpoint = self.document.touchpoint(card.touchpoint) if card.touchpoint else None
        return CardView(
            id=card.id,
            text=self.text(self.document.text_on(card)) or card.id,
            kind=self.kind_of(card),
            first=min(first, last),
            last=max(first, last),
            note=self.text(card.note),
            channel=touchpoint.channel if touchpoint else "",
            touchpoint=touchpoint.id if touchpoint else "",
        )

    def kind_of(self, card: Placement) -> str:
        """A card is an insight of some kind, else what its item is, else what its lane holds."""
        insight = self.document.details_on(card).get("type")
        item = self.document.item(card.item) if card.item else None
        lane = next((lane.kind for lane in self.document.lanes if lane.id == card.lane), "text")
        plain = item is None or item.kind in {"text", "insight"}
        return str(insight or (lane if plain or item is None else item.kind))

    def with_lines(self, lanes: list[LaneView]) -> tuple[LaneView, ...]:
        if self.document.kind != "service_blueprint":
            return tuple(lanes)
        below = [lane.zone for lane in lanes[1:]] + [""]
        return tuple(
            replace(lane, line_after=_LINES.get((lane.zone, zone), ""))
            for lane, zone in zip(lanes, below, strict=True)
        )

    def drawn_emotions(self) -> Iterable[EmotionView]:
        for point in self.document.emotions:
            if point.step in self.columns and point.layer != "measured":
                label, column = self.text(point.label), self.columns[point.step]
                yield EmotionView(column, point.persona or "", point.layer, point.value, label)

    def measured_emotions(self) -> Iterable[EmotionView]:
        """Give the measured means; one of a touchpoint stands at the first step with it."""
        for row in self.emotion_rows():
            column = self.column_of(row)
            mean = row.get("mean", row.get("value"))
            if column is not None and mean is not None:
                yield _measured(row, column, float(mean))

    def emotion_rows(self) -> Iterable[Mapping[str, Any]]:
        """Give the means that stand on the steps, else those of a list of their own."""
        inside = [
            row for stage in self.live.get("stages") or () for row in stage.get("steps") or ()
        ]
        steps = [*(self.live.get("steps") or ()), *inside]
        on_steps = [{**row["emotion"], "step": row["id"]} for row in steps if row.get("emotion")]
        alone = self.live.get("emotion")
        return on_steps or (alone if isinstance(alone, (list, tuple)) else ())

    def column_of(self, row: Mapping[str, Any]) -> int | None:
        if row.get("step") in self.columns:
            return self.columns[str(row["step"])]
        touchpoint = row.get("touchpoint") or row.get("id")
        for step in self.document.steps:
            if touchpoint in step.touchpoints:
                return self.columns[step.id]
        return None


def _measured(row: Mapping[str, Any], column: int, mean: float) -> EmotionView:
    low, high = row.get("low"), row.get("high")
    count = int(row.get("n") or row.get("count") or 0)
    persona = str(row.get("persona") or "")
    return EmotionView(column, persona, "measured", mean, "", count, low, high)


def _order(card: Placement) -> tuple[int, float, str]:
    """Numbers first, then words, then cards without an order as they are written."""
    if isinstance(card.order, (int, float)):
        return (0, float(card.order), "")
    return (2, 0.0, "") if card.order is None else (1, 0.0, card.order)
