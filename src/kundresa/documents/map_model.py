"""A map as the rest of Kundresa sees it: plain frozen records, sugar already written out.

Every record keeps the keys it doesn't know in ``extra``, so that a newer or foreign file
survives a round trip.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from kundresa.core.times import DAY

LANE_KINDS: Final = (
    "actions", "thoughts", "feelings", "emotion_curve", "tension_arc", "touchpoints", "channels",
    "questions", "information_needs", "content", "search_terms", "needs", "jobs", "expectations",
    "pain_points", "gains", "barriers", "opportunities", "actions_plan", "metrics", "quotes",
    "evidence", "images", "systems", "departments", "roles", "policies", "nested_map",
    "says", "thinks", "does", "feels", "text", "custom",
)  # fmt: skip
NOT_ON_STEPS: Final = {
    "emotion_curve",
    "tension_arc",
    "touchpoints",
    "nested_map",
    "text",
    "custom",
}
SUGAR: Final[dict[str, str]] = {
    "action": "actions",
    **{kind: kind for kind in LANE_KINDS if kind not in NOT_ON_STEPS},
    "pains": "pain_points",
}
"""Keys on a step that stand for cards, and the kind of lane each card lies in."""


@dataclass(frozen=True)
class LocalizedText:
    """One text in one or more languages."""

    texts: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return any(self.texts.values())

    def in_language(self, language: str, fallback: tuple[str, ...] = ("en",)) -> str:
        """Give the text in a language, else in the first of ``fallback``, else in any."""
        for code in (language, language.split("-", maxsplit=1)[0], *fallback):
            if self.texts.get(code):
                return self.texts[code]
        return next((text for text in self.texts.values() if text), "")


EMPTY: Final = LocalizedText()


@dataclass(frozen=True)
class Record:
    """What every record has: a stable id, and the keys we don't know."""

    id: str
    extra: Mapping[str, Any] = field(default_factory=dict, kw_only=True)


@dataclass(frozen=True)
class Persona(Record):
    """A described kind of customer; ``details`` holds the descriptive keys as written."""

    name: LocalizedText = EMPTY
    polarity: str = "target"
    kind: str = "buyer"
    basis: str = "assumption"
    segment_rule: Any = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Touchpoint(Record):
    """A place where customer and brand meet; ``matcher`` is a condition on an event, or None."""

    name: LocalizedText = EMPTY
    channel: str = "other"
    matcher: Any = None
    medium: str | None = None
    position: str | None = None
    media: str | None = None
    control: str | None = None
    initiator: str | None = None
    lifecycle: str | None = None
    source: str | None = None


@dataclass(frozen=True)
class Item(Record):
    """A card's content that several cards may show."""

    kind: str = "text"
    text: LocalizedText = EMPTY
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Lane(Record):
    """A row. ``made`` tells that no lane was written and one was needed for keys on steps."""

    kind: str = "custom"
    title: LocalizedText = EMPTY
    zone: str | None = None
    personas: tuple[str, ...] = ()
    pinned: bool = False
    hidden: bool = False
    made: bool = False


@dataclass(frozen=True)
class Placement(Record):
    """A card in a lane over the columns ``from_step`` to ``to_step``, both inclusive.

    It shows an item, a touchpoint or its own text. ``sugar`` is the key on the step it came
    from, or None for one written under ``placements``.
    """

    lane: str
    from_step: str
    to_step: str
    item: str | None = None
    touchpoint: str | None = None
    text: LocalizedText = EMPTY
    personas: tuple[str, ...] = ()
    order: float | str | None = None
    note: LocalizedText = EMPTY
    details: Mapping[str, Any] = field(default_factory=dict)
    sugar: str | None = None


@dataclass(frozen=True)
class EmotionPoint:
    """How a step feels, -2 to +2; for all personas where ``persona`` is None."""

    step: str
    persona: str | None
    layer: str
    value: float
    label: LocalizedText = EMPTY


@dataclass(frozen=True)
class Way:
    """A way on from a step to another step, a stage, or ``exit``."""

    to: str
    when: str = ""
    kind: str = "next"
    probability: float | None = None


@dataclass(frozen=True)
class Step(Record):
    """A column of the map."""

    name: LocalizedText = EMPTY
    time: Mapping[str, Any] = field(default_factory=dict)
    moment_of_truth: bool = False
    planned: str = "required"
    touchpoints: tuple[str, ...] = ()
    next: tuple[Way, ...] = ()


@dataclass(frozen=True)
class Stage(Record):
    """A phase; ``patience_us`` is None where the map's own holds."""

    name: LocalizedText = EMPTY
    steps: tuple[Step, ...] = ()
    lifecycle: str = "custom"
    period: str | None = None
    customer_goal: LocalizedText = EMPTY
    desired_behaviour: LocalizedText = EMPTY
    milestone: LocalizedText = EMPTY
    message_tone: str | None = None
    reached_when: Any = None
    ends_journey: bool = False
    patience_us: int | None = None
    color: str | None = None


@dataclass(frozen=True)
class MeasureSettings:
    """How recorded events are put under the map. Times are microseconds."""

    unit: Any = "profile"
    journey_gap_us: int = 90 * DAY
    patience_us: int = 30 * DAY
    value_events: Any = None
    currency: str | None = None
    zone: str = "UTC"
    credit_model: str = "linear"
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class MapDocument(Record):
    """A whole map."""

    title: LocalizedText = EMPTY
    kind: str = "current_state"
    mode: str = "planned"
    language: str = "en"
    status: str = "draft"
    derived_from: str | None = None
    personas: tuple[str, ...] = ()
    review: Mapping[str, Any] = field(default_factory=dict)
    measure: MeasureSettings = field(default_factory=MeasureSettings)
    goals: tuple[Mapping[str, Any], ...] = ()
    persona_library: tuple[Persona, ...] = ()
    touchpoints: tuple[Touchpoint, ...] = ()
    items: tuple[Item, ...] = ()
    sources: tuple[Mapping[str, Any], ...] = ()
    channels: tuple[Mapping[str, Any], ...] = ()
    lanes: tuple[Lane, ...] = ()
    stages: tuple[Stage, ...] = ()
    placements: tuple[Placement, ...] = ()
    emotions: tuple[EmotionPoint, ...] = ()
    links: tuple[Mapping[str, Any], ...] = ()
    languages: tuple[str, ...] = ()
    """Every language some text is written in, the map's own first."""

    @property
    def steps(self) -> tuple[Step, ...]:
        """Give the columns of all stages, in order."""
        return tuple(step for stage in self.stages for step in stage.steps)

    def touchpoint(self, touchpoint_id: str) -> Touchpoint | None:
        """Give a touchpoint of the library."""
        return next((each for each in self.touchpoints if each.id == touchpoint_id), None)

    def persona(self, persona_id: str) -> Persona | None:
        """Give a persona of the library."""
        return next((each for each in self.persona_library if each.id == persona_id), None)

    def item(self, item_id: str) -> Item | None:
        """Give an item of the library."""
        return next((each for each in self.items if each.id == item_id), None)

    def text_on(self, card: Placement) -> LocalizedText:
        """Give what a card says: its own text, its item's, or its touchpoint's name."""
        if card.text:
            return card.text
        item = self.item(card.item) if card.item else None
        touchpoint = self.touchpoint(card.touchpoint) if card.touchpoint else None
        return item.text if item else touchpoint.name if touchpoint else EMPTY

    def details_on(self, card: Placement) -> Mapping[str, Any]:
        """Give evidence, severity, owner and the like; the card's own go before its item's."""
        item = self.item(card.item) if card.item else None
        return {**(item.details if item else {}), **card.details}

    def cards_of_kind(self, kind: str) -> Iterator[Placement]:
        """Give the cards in all lanes of a kind."""
        lanes = {lane.id for lane in self.lanes if lane.kind == kind}
        return (card for card in self.placements if card.lane in lanes)
