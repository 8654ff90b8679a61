"""The live strip: what happened in every stage, its parts before its rate."""

from __future__ import annotations

from kundresa.documents.layout.grid import CARD_PAD, ROW_PAD, Grid, Row, label_height, row_label
from kundresa.documents.layout.live import SPLIT, LiveView, StageLive
from kundresa.documents.layout.scene import Box, Group, Shape
from kundresa.documents.layout.text import (
    CARD_STRONG,
    FIGURE,
    NOTE,
    NOTE_STRONG,
    place,
    put,
    text_height,
    text_width,
    wrap,
)
from kundresa.documents.layout.view import MapView, StageView
from kundresa.documents.layout.words import number, per_cent, per_cent_span, word

_BAR = 12.0
_COLUMN = 92.0


def draw_strip(view: MapView, live: LiveView, grid: Grid, y: float) -> Row:
    """Draw the numbers of all stages on one row."""
    name = word("live", view.language)
    drawn = [
        _draw_stage(stage, live.stages[stage.id], grid, y + ROW_PAD, view.language)
        for stage in view.stages
        if stage.id in live.stages
    ]
    tallest = max((row.height for row in drawn), default=0.0)
    frames = _frames(view, live, grid, y + ROW_PAD, tallest)
    height = max(tallest + 2 * ROW_PAD, label_height(name))
    body = (*frames, *(shape for row in drawn for shape in row.body))
    return Row(height, row_label(name, y), (Group("live", body, title=name),))


def _frames(view: MapView, live: LiveView, grid: Grid, y: float, height: float) -> list[Shape]:
    return [
        Box(grid.x(stage.first), y, grid.span(stage.first, stage.last), height, "live-card", 7)
        for stage in view.stages
        if stage.id in live.stages
    ]


def _draw_stage(stage: StageView, live: StageLive, grid: Grid, y: float, language: str) -> Row:
    x = grid.x(stage.first) + CARD_PAD + 1
    width = grid.span(stage.first, stage.last) - 2 * CARD_PAD - 2
    top = y + 9
    shapes: list[Shape] = [*_reached(live, x, top, language)]
    top += 32
    shapes.extend(_bar(live, x, top, width, language))
    top += _BAR + 7
    legend = _legend(live, x, top, width, language)
    rate = _rate(live, x, top + legend.height + 5, width, language)
    shapes.extend((*legend.body, *rate.body))
    height = top + legend.height + 5 + rate.height + 9 - y
    return Row(height, body=(Group("stage-live", tuple(shapes), stage.id, stage.name),))


def _reached(live: StageLive, x: float, y: float, language: str) -> tuple[Shape, ...]:
    count = number(live.reached, language)
    beside = x + text_width(count, FIGURE) + 6
    said = f"{word('reached', language)}: {count}"
    return (
        put(count, x, y, FIGURE, "figure", title=said),
        put(word("reached", language), beside, y + 7.5, NOTE, "quiet"),
    )


def _parts(live: StageLive) -> list[tuple[str, int]]:
    return [(part, live.split[part]) for part in SPLIT if live.split[part]]


def _bar(live: StageLive, x: float, y: float, width: float, language: str) -> list[Shape]:
    """Draw the five-way split in proportion; a part that exists is never thinner than a stroke."""
    parts = _parts(live)
    total = sum(count for _, count in parts)
    if not total:
        return [Box(x, y, width, _BAR, "bar-ground", 3)]
    room = width - 2.0 * (len(parts) - 1)
    sizes = [max(2.0, room * count / total) for _, count in parts]
    scale = room / sum(sizes)
    shapes: list[Shape] = []
    for (part, count), size in zip(parts, sizes, strict=True):
        said = f"{word(part, language)}: {number(count, language)}"
        shapes.append(Box(round(x, 1), y, round(size * scale, 1), _BAR, f"split {part}", 2.5, said))
        x += size * scale + 2
    return shapes


def _legend(live: StageLive, x: float, y: float, width: float, language: str) -> Row:
    """Name the parts with their counts, in as many columns as there is room for."""
    entries = _parts(live)
    widest = max((_entry_width(part, count, language) for part, count in entries), default=_COLUMN)
    across = max(1, min(len(entries) or 1, int((width + 12) // (widest + 12))))
    across = -(-len(entries) // -(-len(entries) // across)) if entries else 1
    step = widest + 14
    shapes: list[Shape] = []
    for index, (part, count) in enumerate(entries):
        at_x, at_y = x + (index % across) * step, y + (index // across) * 17
        shapes.extend(_entry(part, count, at_x, at_y, language))
    return Row(17.0 * -(-len(entries) // across), body=tuple(shapes))


def _entry_width(part: str, count: int, language: str) -> float:
    counted = text_width(number(count, language), NOTE_STRONG)
    return 13 + counted + 4 + text_width(word(part, language), NOTE)


def _entry(part: str, count: int, x: float, y: float, language: str) -> tuple[Shape, ...]:
    text = number(count, language)
    beside = x + 13 + text_width(text, NOTE_STRONG) + 4
    said = f"{word(part, language)}: {text}"
    return (
        Box(x, y + 4, 8, 8, f"split {part}", 2),
        put(text, x + 13, y, NOTE_STRONG, "figure", title=said),
        put(word(part, language), beside, y, NOTE, "quiet"),
    )


def _rate(live: StageLive, x: float, y: float, width: float, language: str) -> Row:
    """Draw the go-on rate with its interval and the drop-off, or say why counts must do."""
    if live.go_on is None:
        if not live.split["went_on"] + live.split["lost"]:
            return Row(0)
        lines = wrap(word("too_few", language), width, NOTE)
        return Row(text_height(lines, NOTE), body=(place(lines, x, y, NOTE, "quiet"),))
    rate = live.go_on
    main = f"{per_cent(rate.rate, language)} {word('go_on_rate', language)}"
    span = per_cent_span(rate.low, rate.high, language)
    drop = f"{per_cent(1 - rate.rate, language)} {word('drop_off', language)}"
    said = f"{main}, {word('interval', language)} {span}"
    shapes: list[Shape] = [
        Box(x, y, width, 1, "rule"),
        put(main, x, y + 7, CARD_STRONG, "rate", title=said),
    ]
    beside = text_width(main, CARD_STRONG) + 8
    one_line = beside + text_width(span, NOTE) + 16 + text_width(drop, NOTE) <= width
    span_x, span_y = (x + beside, y + 8) if one_line else (x, y + 25)
    shapes.append(put(span, span_x, span_y, NOTE, "quiet", title=said))
    shapes.append(put(drop, x + width, span_y, NOTE, "drop", anchor="end", title=drop))
    return Row(25 if one_line else 42, body=tuple(shapes))
