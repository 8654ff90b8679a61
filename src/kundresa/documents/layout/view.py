"""A map as it is drawn: one language chosen, records joined to their places.

The drawing and its table twin read this and nothing else, so they cannot tell different stories.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PersonaView:
    """A persona on the map; ``number`` chooses its colour and mark."""

    id: str
    name: str
    number: int
    negative: bool = False
    note: str = ""


@dataclass(frozen=True)
class StageView:
    """A stage and its steps, as column numbers from ``first`` to ``last`` inclusive."""

    id: str
    name: str
    first: int
    last: int
    note: str = ""


@dataclass(frozen=True)
class StepView:
    """A column; ``clock`` is its time of day where the map has one."""

    id: str
    name: str
    column: int
    stage: str
    moment_of_truth: bool = False
    clock: str = ""


@dataclass(frozen=True)
class CardView:
    """A card over the columns ``first`` to ``last``; ``touchpoint`` names a library record."""

    id: str
    text: str
    kind: str
    first: int
    last: int
    note: str = ""
    channel: str = ""
    touchpoint: str = ""


@dataclass(frozen=True)
class LaneView:
    """A row of cards; ``line_after`` is the service line drawn below it."""

    id: str
    kind: str
    title: str
    cards: tuple[CardView, ...] = ()
    zone: str = ""
    line_after: str = ""


@dataclass(frozen=True)
class EmotionView:
    """One point of an emotion line, -2 to +2; ``low`` and ``high`` bound a measured mean."""

    column: int
    persona: str
    layer: str
    value: float
    label: str = ""
    count: int | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class MapView:
    """Everything that is drawn of one map."""

    id: str
    title: str
    kind: str
    mode: str
    language: str
    personas: tuple[PersonaView, ...] = ()
    stages: tuple[StageView, ...] = ()
    steps: tuple[StepView, ...] = ()
    lanes: tuple[LaneView, ...] = ()
    emotions: tuple[EmotionView, ...] = ()
