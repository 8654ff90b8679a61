"""Read the answer of the living map for drawing; what is absent is not drawn.

The answer is plain data (``living_map(...).to_json()``), so that a file made elsewhere draws too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SPLIT = ("went_on", "completed", "came_back", "open", "lost")
# Below this many answers a mean is shown hollow, below this few not at all.
HOLLOW_UNDER = 30
_QUIET_STATES = frozenset({"unused", "no_data", "not_instrumented"})
NOTHING_UNDER = 5


@dataclass(frozen=True)
class Rate:
    """A share with its 95 % interval."""

    rate: float
    low: float
    high: float


@dataclass(frozen=True)
class StageLive:
    """The numbers of one stage; ``go_on`` is None where counts must do."""

    reached: int
    split: Mapping[str, int]
    go_on: Rate | None
    stopped_here: int


@dataclass(frozen=True)
class TouchpointLive:
    """The numbers of one touchpoint; ``state`` is used, unused, no_data or not_instrumented."""

    reach: int
    touches: int
    exits: int
    share_of_stage: float | None
    dead_end: bool
    state: str


@dataclass(frozen=True)
class LiveView:
    """The numbers of a map by the ids of its records."""

    stages: Mapping[str, StageLive] = field(default_factory=dict)
    touchpoints: Mapping[tuple[str, str], TouchpointLive] = field(default_factory=dict)
    emotions: tuple[Mapping[str, Any], ...] = ()

    def touchpoint(self, record: str, stage: str) -> TouchpointLive | None:
        """Give the numbers of a touchpoint in a stage, else over the whole map."""
        return self.touchpoints.get((record, stage)) or self.touchpoints.get((record, ""))


def read_live(answer: Mapping[str, Any] | None) -> LiveView | None:
    """Make the answer ready for drawing; None draws the map alone."""
    if not answer:
        return None
    stages = {str(row["id"]): _stage(row) for row in answer.get("stages", ())}
    touchpoints: dict[tuple[str, str], TouchpointLive] = {}
    for row in answer.get("touchpoints", ()):
        for stage, share in _shares(row).items():
            numbers = _touchpoint(row, share)
            touchpoints.setdefault((str(row["id"]), ""), numbers)
            touchpoints[str(row["id"]), stage] = numbers
    return LiveView(stages, touchpoints, tuple(answer.get("emotion") or ()))


def _stage(row: Mapping[str, Any]) -> StageLive:
    split = {part: int(row.get(part) or 0) for part in SPLIT}
    rate = None if row.get("counts_only") else _rate(row)
    return StageLive(int(row.get("reached") or 0), split, rate, int(row.get("stopped_here") or 0))


def _rate(row: Mapping[str, Any]) -> Rate | None:
    """Read the go-on rate: a record of its own, or a number with its bounds beside it."""
    value = row.get("go_on_rate")
    if not isinstance(value, Mapping):
        interval = row.get("go_on_interval") or (row.get("go_on_low"), row.get("go_on_high"))
        value = {"rate": value, "low": interval[0], "high": interval[1]}
    if value.get("rate") is None:
        return None
    rate = float(value["rate"])
    low, high = value.get("low"), value.get("high")
    return Rate(rate, rate if low is None else float(low), rate if high is None else float(high))


def _shares(row: Mapping[str, Any]) -> dict[str, float | None]:
    """Give the share of every stage a touchpoint stands in."""
    share = row.get("share_of_stage")
    if isinstance(share, Mapping) and share:
        return {str(stage): part for stage, part in share.items()}
    return {str(row.get("stage") or ""): share if isinstance(share, (int, float)) else None}


def _touchpoint(row: Mapping[str, Any], share: float | None) -> TouchpointLive:
    flag = row.get("dead_end")
    state = str(row.get("state") or "")
    flagged = flag.get("is_dead_end") if isinstance(flag, Mapping) else flag
    return TouchpointLive(
        reach=int(row.get("reach") or 0),
        touches=int(row.get("touches") or 0),
        exits=int(row.get("exits") or 0),
        share_of_stage=None if share is None else float(share),
        dead_end=bool(flagged),
        state=state if state in _QUIET_STATES else "used",
    )
