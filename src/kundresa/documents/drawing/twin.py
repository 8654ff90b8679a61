"""The map as tables: the same content for readers, screen readers and paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kundresa.documents.layout.header import chip_label
from kundresa.documents.layout.live import (
    NOTHING_UNDER,
    SPLIT,
    LiveView,
    StageLive,
    TouchpointLive,
    read_live,
)
from kundresa.documents.layout.matrix import describe_map
from kundresa.documents.layout.reading import view_of
from kundresa.documents.layout.view import CardView, EmotionView, LaneView, MapView, StepView
from kundresa.documents.layout.words import (
    number,
    per_cent,
    per_cent_span,
    signed,
    signed_span,
    word,
)

if TYPE_CHECKING:
    from kundresa.documents.map_model import MapDocument


@dataclass(frozen=True)
class Table:
    """A table with one header row and a header cell at the start of every row.

    ``numeric`` names the columns that hold numbers.
    """

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Twin:
    """What the drawing shows, in words and tables."""

    title: str
    description: str
    personas: tuple[str, ...]
    tables: tuple[Table, ...]


def table_twin(
    document: MapDocument, live: Mapping[str, Any] | None = None, language: str = ""
) -> Twin:
    """Tell a map in tables; with live numbers, those of stages and touchpoints too."""
    return twin_of(view_of(document, language, live), live)


def twin_of(view: MapView, live: Mapping[str, Any] | None = None) -> Twin:
    """Tell a map in tables from the view that is drawn."""
    numbers = read_live(live)
    tables = [_map_table(view), _emotion_table(view)]
    if numbers is not None:
        tables += [_stage_table(view, numbers), _touchpoint_table(view, numbers)]
    names = tuple(chip_label(persona, view.language) for persona in view.personas)
    filled = tuple(table for table in tables if table.rows)
    return Twin(view.title, describe_map(view), names, filled)


def _map_table(view: MapView) -> Table:
    """One row for every step, one column for every lane."""
    lanes = tuple(lane for lane in view.lanes if lane.cards)
    say = view.language
    header = (word("step", say), word("stage", say), *(lane.title for lane in lanes))
    rows = tuple(_step_row(view, step, lanes) for step in view.steps)
    return Table(word("map_table", say), header, rows)


def _step_row(view: MapView, step: StepView, lanes: tuple[LaneView, ...]) -> tuple[str, ...]:
    name = f"{step.clock} {step.name}".strip()
    if step.moment_of_truth:
        name += f" ({word('moment_of_truth', view.language)})"
    stage = next((stage.name for stage in view.stages if stage.id == step.stage), "")
    return (name, stage, *(_cell(lane, step.column) for lane in lanes))


def _cell(lane: LaneView, column: int) -> str:
    here = [card for card in lane.cards if card.first <= column <= card.last]
    return "; ".join(f"{card.text} ({card.note})" if card.note else card.text for card in here)


def _emotion_table(view: MapView) -> Table:
    """One row for every step, one column for every persona and layer."""
    points = [point for point in view.emotions if _may_tell(point)]
    lines = list(dict.fromkeys((point.persona, point.layer) for point in points))
    at = {(point.persona, point.layer, point.column): point for point in points}
    header = (word("step", view.language), *(_line_name(view, *line) for line in lines))
    rows = tuple(
        (step.name, *(_feeling(at.get((*line, step.column)), view.language) for line in lines))
        for step in view.steps
        if lines
    )
    every = frozenset(range(1, len(header)))
    return Table(word("emotion_table", view.language), header, rows, every)


def _may_tell(point: EmotionView) -> bool:
    return point.layer != "measured" or (point.count or 0) >= NOTHING_UNDER


def _line_name(view: MapView, persona: str, layer: str) -> str:
    name = next((p.name for p in view.personas if p.id == persona), "")
    return ", ".join(filter(None, (name, word(layer, view.language))))


def _feeling(point: EmotionView | None, language: str) -> str:
    if point is None:
        return ""
    said = signed(point.value, language)
    if point.count is not None:
        said += f" ({_sure(point, language)})"
    return f"{said} {point.label}".strip()


def _sure(point: EmotionView, language: str) -> str:
    """Say how many answers a mean has and between what it lies."""
    answers = f"{number(point.count or 0, language)} {word('answers', language)}"
    if point.low is None or point.high is None:
        return answers
    return f"{signed_span(point.low, point.high, language)}; {answers}"


def _stage_table(view: MapView, live: LiveView) -> Table:
    say = view.language
    names = ("stage", "reached", *SPLIT, "go_on_rate", "interval", "drop_off", "stopped_here")
    rows = tuple(
        (stage.name, *_stage_cells(live.stages[stage.id], say))
        for stage in view.stages
        if stage.id in live.stages
    )
    return Table(word("live_table", say), _heads(names, say), rows, frozenset(range(1, len(names))))


def _heads(names: tuple[str, ...], language: str) -> tuple[str, ...]:
    words = (word(name, language) for name in names)
    return tuple(said[:1].upper() + said[1:] for said in words)


def _stage_cells(stage: StageLive, language: str) -> tuple[str, ...]:
    counts = tuple(number(stage.split[part], language) for part in SPLIT)
    stopped = number(stage.stopped_here, language)
    rate = stage.go_on
    shares = ("", "", "")
    if rate is not None:
        interval = per_cent_span(rate.low, rate.high, language)
        shares = (per_cent(rate.rate, language), interval, per_cent(1 - rate.rate, language))
    return (number(stage.reached, language), *counts, *shares, stopped)


def _touchpoint_table(view: MapView, live: LiveView) -> Table:
    say = view.language
    names = ("touchpoint", "stage", "reach", "share_of_stage", "touches", "exits", "state")
    rows = tuple(dict.fromkeys(_touchpoint_rows(view, live)))
    return Table(word("touchpoint_table", say), _heads(names, say), rows, frozenset(range(2, 6)))


def _touchpoint_rows(view: MapView, live: LiveView) -> list[tuple[str, ...]]:
    cards = [card for lane in view.lanes for card in lane.cards if card.touchpoint]
    rows = []
    for card in cards:
        stage = _stage_of(view, card)
        numbers = live.touchpoint(card.touchpoint, stage[0])
        if numbers is not None:
            rows.append((card.text, stage[1], *_touchpoint_cells(numbers, view.language)))
    return rows


def _stage_of(view: MapView, card: CardView) -> tuple[str, str]:
    for stage in view.stages:
        if stage.first <= card.first <= stage.last:
            return stage.id, stage.name
    return "", ""


def _touchpoint_cells(live: TouchpointLive, language: str) -> tuple[str, ...]:
    state = word("dead_end" if live.dead_end else live.state, language)
    if live.state in {"not_instrumented", "no_data"}:
        return ("", "", "", "", state)
    share = "" if live.share_of_stage is None else per_cent(live.share_of_stage, language)
    counts = (number(live.touches, language), number(live.exits, language))
    return (number(live.reach, language), share, *counts, state)


__all__ = ["Table", "Twin", "table_twin", "twin_of"]
