"""What the measures need to know of a map: ids, matchers, and the lengths of time.

Apart from the map document, so that a measure never learns how a map is drawn or stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from kundresa.core.times import DAY

Condition = Mapping[str, Any] | str | list[str]
Unit = Literal["profile", "account"] | tuple[Literal["property"], str]
CreditModel = Literal["first", "last", "linear"]
Mode = Literal["cohort", "activity"]


@dataclass(frozen=True)
class TouchpointSpec:
    """A touchpoint; without a matcher it is not instrumented."""

    id: str
    matcher: Condition | None = None


@dataclass(frozen=True)
class StepSpec:
    """A column of the map: the union of its touchpoints."""

    id: str
    touchpoints: tuple[str, ...] = ()


@dataclass(frozen=True)
class StageSpec:
    """A stage, in map order.

    With ``reached_when`` only that counts as reaching the stage; its touchpoints stay touches.
    ``patience`` in microseconds; None takes the map's.
    """

    id: str
    touchpoints: tuple[str, ...] = ()
    steps: tuple[StepSpec, ...] = ()
    reached_when: Condition | None = None
    ends_journey: bool = False
    patience: int | None = None

    def all_touchpoints(self) -> tuple[str, ...]:
        """Give the stage's touchpoints and those of its steps, each once."""
        inner = [name for step in self.steps for name in step.touchpoints]
        return tuple(dict.fromkeys([*self.touchpoints, *inner]))


@dataclass(frozen=True)
class MapSpec:
    """A map as the measures see it; lengths of time in microseconds."""

    stages: tuple[StageSpec, ...]
    touchpoints: tuple[TouchpointSpec, ...]
    unit: Unit = "profile"
    journey_gap: int = 90 * DAY
    patience: int = 30 * DAY
    value_events: Condition | None = None
    currency: str | None = None
    credit_model: CreditModel = "linear"


@dataclass(frozen=True)
class Period:
    """``start`` <= time < ``end``, UTC microseconds."""

    start: int
    end: int

    def before(self) -> Period:
        """Give the period of the same length directly before."""
        return Period(2 * self.start - self.end, self.start)
