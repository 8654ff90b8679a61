"""The matrix: stages over steps as columns, lanes as rows."""

from __future__ import annotations

from kundresa.documents.layout.cards import draw_lane
from kundresa.documents.layout.emotion import draw_emotion
from kundresa.documents.layout.glyphs import star
from kundresa.documents.layout.grid import (
    COLUMN_GAP,
    LABEL_WIDTH,
    MARGIN,
    Grid,
    Options,
    Row,
    make_grid,
)
from kundresa.documents.layout.header import describe_kind, draw_header
from kundresa.documents.layout.live import LiveView
from kundresa.documents.layout.scene import Box, Dot, Group, Scene, Shape, straight
from kundresa.documents.layout.strip import draw_strip
from kundresa.documents.layout.text import (
    NOTE,
    NOTE_STRONG,
    STAGE,
    STEP,
    TINY,
    place,
    put,
    text_height,
    text_width,
    wrap,
)
from kundresa.documents.layout.view import LaneView, MapView, StageView, StepView
from kundresa.documents.layout.words import number, word

STAGE_COLOURS = 8


class _Sheet:
    """Collects rows from the top down."""

    def __init__(self, grid: Grid, y: float) -> None:
        self.grid, self.y = grid, y
        self.labels: list[Shape] = []
        self.body: list[Shape] = []

    def add(self, row: Row) -> None:
        """Put a row below the others."""
        self.labels.extend(row.labels)
        self.body.extend(row.body)
        self.y = round(self.y + row.height, 1)

    def rule(self) -> None:
        """Draw a hairline across."""
        self.labels.append(Box(MARGIN, self.y, LABEL_WIDTH + COLUMN_GAP, 1, "rule"))
        right = self.grid.right(self.grid.columns - 1)
        self.body.append(Box(self.grid.left, self.y, right - self.grid.left, 1, "rule"))


def draw_matrix(view: MapView, live: LiveView | None, options: Options) -> Scene:
    """Draw the whole map."""
    grid = make_grid(len(view.steps))
    header = draw_header(view, grid.width) if options.header else Row(8)
    sheet = _Sheet(grid, header.height)
    top = sheet.y
    sheet.add(_stages(view, grid, sheet.y))
    if _has_clock(view):
        sheet.add(_clock(view, grid, sheet.y))
    sheet.add(_steps(view, grid, sheet.y))
    if live is not None:
        sheet.add(draw_strip(view, live, grid, sheet.y - 4))
    ruled = True
    for lane in _lanes(view):
        if ruled:
            sheet.rule()
        sheet.add(_lane(view, lane, live, grid, sheet.y))
        ruled = not lane.line_after
        if lane.line_after:
            sheet.add(_service_line(lane.line_after, grid, sheet.y, view.language))
    ground = _stage_ground(view, grid, top, sheet.y)
    return _scene(view, grid, sheet, (*header.body, *ground))


def _scene(view: MapView, grid: Grid, sheet: _Sheet, before: tuple[Shape, ...]) -> Scene:
    height = sheet.y + MARGIN
    shapes = (
        Box(0, 0, grid.width, height, "paper"),
        *before,
        Group("body", tuple(sheet.body)),
        Group("labels", tuple(sheet.labels)),
    )
    described = describe_map(view)
    label_width = grid.left - COLUMN_GAP / 2
    return Scene(grid.width, height, view.title, described, view.language, label_width, shapes)


def describe_map(view: MapView) -> str:
    """Tell the size of a map in one sentence, for those who do not see it."""
    if view.kind == "empathy_map":
        return f"{describe_kind(view)}."
    return word("map_of", view.language).format(
        kind=describe_kind(view),
        stages=number(len(view.stages), view.language),
        steps=number(len(view.steps), view.language),
        lanes=number(len(view.lanes), view.language),
    )


def _lanes(view: MapView) -> tuple[LaneView, ...]:
    """Add a lane for the emotions where the map has points but names no lane for them."""
    named = any(lane.kind == "emotion_curve" for lane in view.lanes)
    if named or not view.emotions:
        return view.lanes
    extra = LaneView("emotion", "emotion_curve", word("emotion", view.language))
    return (extra, *view.lanes)


def _lane(view: MapView, lane: LaneView, live: LiveView | None, grid: Grid, y: float) -> Row:
    if lane.kind == "emotion_curve":
        return draw_emotion(view, grid, y, lane.title)
    return draw_lane(lane, grid, y, view.steps, live, view.language)


def _stage_ground(view: MapView, grid: Grid, top: float, bottom: float) -> tuple[Shape, ...]:
    """Tint every stage from its header to the end, so that the eye keeps its column."""
    half = COLUMN_GAP / 2
    return tuple(
        Box(
            grid.x(stage.first) - half + 1,
            top,
            grid.span(stage.first, stage.last) + 2 * half - 2,
            bottom - top,
            f"stage-ground stage-{index % STAGE_COLOURS}",
            10,
        )
        for index, stage in enumerate(view.stages)
    )


def _stages(view: MapView, grid: Grid, y: float) -> Row:
    wrapped = [_stage_lines(stage, grid) for stage in view.stages]
    tallest = max((text_height(lines, STAGE) for lines in wrapped), default=0)
    height = tallest + 20
    shapes = tuple(
        _stage(stage, lines, index, grid, y, height)
        for index, (stage, lines) in enumerate(zip(view.stages, wrapped, strict=True))
    )
    labels = (put(word("stages", view.language), MARGIN, y + height / 2 - 8, NOTE, "quiet"),)
    return Row(height + 6, labels, shapes)


def _stage_lines(stage: StageView, grid: Grid) -> tuple[str, ...]:
    return wrap(stage.name, grid.span(stage.first, stage.last) - 28, STAGE, most=4)


def _stage(
    stage: StageView, lines: tuple[str, ...], index: int, grid: Grid, y: float, height: float
) -> Group:
    half = COLUMN_GAP / 2
    x, width = grid.x(stage.first) - half + 1, grid.span(stage.first, stage.last) + 2 * half - 2
    middle = y + (height - text_height(lines, STAGE)) / 2
    shapes: tuple[Shape, ...] = (
        Box(x, y, width, height, f"stage-head stage-{index % STAGE_COLOURS}", 10),
        place(lines, x + 15, middle, STAGE, f"stage-name stage-{index % STAGE_COLOURS}"),
    )
    return Group("stage", shapes, stage.id, stage.name)


def _has_clock(view: MapView) -> bool:
    """A day has an axis of time; another map too, where most of its steps have one."""
    timed = sum(bool(step.clock) for step in view.steps)
    return view.kind == "day_in_life" or timed * 2 > len(view.steps)


def _clock(view: MapView, grid: Grid, y: float) -> Row:
    """Draw a line with the time of day of every step that has one."""
    level = y + 34
    line = straight("clock-line", (grid.x(0), level), (grid.right(grid.columns - 1), level))
    shapes: list[Shape] = [line]
    for step in view.steps:
        x = grid.middle(step.column)
        shapes.append(Dot(x, level, 4.5 if step.clock else 2.5, "clock-dot", step.clock))
        if step.clock:
            shapes.append(put(step.clock, x, y + 8, NOTE_STRONG, "clock-text", anchor="middle"))
    name = word("clock" if view.kind == "day_in_life" else "time", view.language)
    labels = (put(name, MARGIN, level - 8, NOTE, "quiet"),)
    return Row(46, labels, (Group("clock", tuple(shapes), title=name),))


def _steps(view: MapView, grid: Grid, y: float) -> Row:
    wrapped = [wrap(step.name, _step_room(step, grid), STEP, most=6) for step in view.steps]
    tallest = max((text_height(lines, STEP) for lines in wrapped), default=0)
    shapes = tuple(
        _step(step, lines, grid, y, view.language)
        for step, lines in zip(view.steps, wrapped, strict=True)
    )
    labels = (put(word("steps", view.language), MARGIN, y + 10, NOTE, "quiet"),)
    return Row(tallest + 20, labels, shapes)


def _step_room(step: StepView, grid: Grid) -> float:
    return grid.column_width - 20 - (18 if step.moment_of_truth else 0)


def _step(step: StepView, lines: tuple[str, ...], grid: Grid, y: float, language: str) -> Group:
    x = grid.x(step.column)
    shapes: list[Shape] = [place(lines, x + 10, y + 9, STEP, "step-name")]
    if step.moment_of_truth:
        said = word("moment_of_truth", language)
        shapes.append(star(grid.right(step.column) - 14, y + 18, 14, "moment-star", said))
    return Group("step", tuple(shapes), step.id, step.name)


def _service_line(kind: str, grid: Grid, y: float, language: str) -> Row:
    """Draw the line of interaction, visibility or internal interaction."""
    text = word(kind, language)
    right = grid.right(grid.columns - 1)
    wide = text_width(text, TINY) + 14
    line = straight(f"service-line {kind}", (grid.left, y + 11), (right - wide, y + 11))
    label = put(text, right, y + 4, TINY, "service-name", anchor="end")
    edge = straight(f"service-line {kind}", (MARGIN, y + 11), (grid.left, y + 11))
    return Row(22, (edge,), (Group("service-line", (line, label), title=text),))
