"""The emotion lane: a smooth curve for every persona and layer between -2 and +2.

Drawn is solid and desired dashed; a measured mean is a dot with its interval, hollow while few
have answered, and absent while so few have that they could be told apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby

from kundresa.documents.layout.curve import monotone_curve, parts_by_level
from kundresa.documents.layout.glyphs import persona_mark, star
from kundresa.documents.layout.grid import LABEL_WIDTH, MARGIN, ROW_PAD, Grid, Row
from kundresa.documents.layout.live import HOLLOW_UNDER, NOTHING_UNDER
from kundresa.documents.layout.scene import Box, Dot, Group, Path, Shape, straight
from kundresa.documents.layout.text import (
    LANE,
    NOTE,
    NOTE_STRONG,
    TINY,
    place,
    put,
    shorten,
    text_height,
    text_width,
    wrap,
)
from kundresa.documents.layout.view import EmotionView, MapView, PersonaView
from kundresa.documents.layout.words import number, signed, signed_span, word

HEIGHT = 248.0
_INSET = 36.0
# The name and the key stay clear of the axis's numbers and faces.
_NAME_WIDTH = LABEL_WIDTH - 52
_FACE = 7.0
# Measured stands beside drawn, so that neither hides the other.
_BESIDE = 16.0


def draw_emotion(view: MapView, grid: Grid, y: float, title: str) -> Row:
    """Draw the lane with its axis, curves and measured means."""
    lines = _lines(view)
    single = len({persona for persona, layer, _ in lines if layer == "drawn"}) == 1
    shapes: list[Shape] = [*_axis(grid, y), *_moments(view, grid, y)]
    if single:
        shapes.extend(_areas(lines, grid, y))
    shapes.extend(_line(view, persona, layer, points, grid, y) for persona, layer, points in lines)
    shapes.extend(_label_points(lines, grid, y))
    shapes.extend(_figures(lines, grid, y, view.language))
    name = wrap(title, _NAME_WIDTH, LANE)
    key = _key(view, y + ROW_PAD + text_height(name, LANE) + 8)
    labels = (place(name, MARGIN, y + ROW_PAD, LANE, "lane-name"), *_scale(y), *key.body)
    height = max(HEIGHT, 2 * ROW_PAD + text_height(name, LANE) + 8 + key.height)
    return Row(height, labels, (Group("emotion", tuple(shapes), title=title),))


def _height_of(value: float, y: float) -> float:
    bounded = max(-2.0, min(2.0, value))
    return round(y + HEIGHT / 2 - bounded / 4 * (HEIGHT - 2 * _INSET), 2)


def _lines(view: MapView) -> list[tuple[str, str, list[EmotionView]]]:
    """Give the points of every persona and layer, in the order of the columns."""
    order = {"desired": 0, "computed": 1, "drawn": 2, "measured": 3}
    points = [point for point in view.emotions if _may_show(point)]
    points.sort(key=lambda p: (order.get(p.layer, 1), p.persona, p.column))
    grouped = groupby(points, key=lambda p: (p.persona, p.layer))
    return [(persona, layer, list(line)) for (persona, layer), line in grouped]


def _may_show(point: EmotionView) -> bool:
    if point.layer != "measured":
        return True
    return point.count is not None and point.count >= NOTHING_UNDER


def _axis(grid: Grid, y: float) -> Iterable[Shape]:
    left, right = grid.x(0), grid.right(grid.columns - 1)
    for value in (-2, -1, 0, 1, 2):
        role = "axis axis-zero" if value == 0 else "axis"
        level = _height_of(value, y)
        yield straight(role, (left, level), (right, level))


def _scale(y: float) -> tuple[Shape, ...]:
    """Draw the faces and numbers of the axis at the edge of the label column."""
    shapes: list[Shape] = []
    for value in (2, 1, 0, -1, -2):
        level = _height_of(value, y)
        text = f"+{value}" if value > 0 else str(value).replace("-", "−")
        shapes.append(put(text, MARGIN + LABEL_WIDTH - 26, level - 7, TINY, "quiet", anchor="end"))
        if value in {2, 0, -2}:
            shapes.extend(_face(MARGIN + LABEL_WIDTH - 12, level, value))
    return tuple(shapes)


def _face(x: float, y: float, value: int) -> tuple[Shape, ...]:
    """Draw a small face whose mouth follows the value."""
    bend = value * 1.1
    mouth = (
        ("M", (x - 3, y + 2.4 - bend * 0.3)),
        (
            "C",
            (
                x - 1.5,
                y + 2.4 + bend * 0.6,
                x + 1.5,
                y + 2.4 + bend * 0.6,
                x + 3,
                y + 2.4 - bend * 0.3,
            ),
        ),
    )
    return (
        Dot(x, y, _FACE, "face"),
        Dot(x - 2.3, y - 1.8, 0.8, "face-eye"),
        Dot(x + 2.3, y - 1.8, 0.8, "face-eye"),
        Path(mouth, "face-mouth"),
    )


def _key(view: MapView, y: float) -> Row:
    """Name the personas and the layers, under the name of the lane."""
    shapes: list[Shape] = []
    top = y
    for persona in _personas_drawn(view):
        names = wrap(persona.name, _NAME_WIDTH - 16, NOTE, most=2)
        title = persona.name
        shapes.append(
            persona_mark(persona.number, MARGIN + 5, top + 8, f"mark persona-{persona.number}")
        )
        shapes.append(place(names, MARGIN + 16, top, NOTE, "key", title=title))
        top += text_height(names, NOTE) + 3
    top += 4
    for layer in sorted({p.layer for p in view.emotions if _may_show(p)}):
        shapes.append(_sample(layer, MARGIN, top + 8))
        shapes.append(put(word(layer, view.language), MARGIN + 26, top, NOTE, "quiet"))
        top += 17
    return Row(top - y, body=tuple(shapes))


def _personas_drawn(view: MapView) -> list[PersonaView]:
    drawn = {point.persona for point in view.emotions}
    return [persona for persona in view.personas if persona.id in drawn]


def _sample(layer: str, x: float, y: float) -> Shape:
    if layer == "measured":
        return Dot(x + 10, y, 3.6, "sample-dot")
    return straight(f"sample layer-{layer}", (x, y), (x + 20, y))


def _number(view: MapView, persona: str) -> int:
    return next((p.number for p in view.personas if p.id == persona), 0)


def _name(view: MapView, persona: str) -> str:
    return next((p.name for p in view.personas if p.id == persona), "")


def _line(
    view: MapView, persona: str, layer: str, points: Sequence[EmotionView], grid: Grid, y: float
) -> Group:
    which = _number(view, persona)
    name = ", ".join(filter(None, (_name(view, persona), word(layer, view.language))))
    shapes: list[Shape] = []
    if layer != "measured":
        role = f"curve layer-{layer} persona-{which}"
        shapes.append(Path(monotone_curve(_places(points, grid, y)), role, name))
    for point in points:
        shapes.extend(_point(point, which, name, grid, y, view.language))
    return Group(f"line layer-{layer}", tuple(shapes), persona, name)


def _places(points: Sequence[EmotionView], grid: Grid, y: float) -> list[tuple[float, float]]:
    return [(round(grid.middle(p.column), 2), _height_of(p.value, y)) for p in points]


def _areas(
    lines: Sequence[tuple[str, str, list[EmotionView]]], grid: Grid, y: float
) -> Iterable[Shape]:
    """Tint the room between the drawn curve and neutral by its side, for one persona alone."""
    for _, layer, points in lines:
        if layer != "drawn" or len(points) < 2:
            continue
        zero = _height_of(0, y)
        for above, part in parts_by_level(monotone_curve(_places(points, grid, y)), zero):
            first, last = part[0][1][0], part[-1][1][-2]
            closing = (("L", (last, zero)), ("L", (first, zero)), ("Z", ()))
            yield Path((*part, *closing), f"curve-area {'good' if above else 'bad'}-area")


def _point(
    point: EmotionView, which: int, name: str, grid: Grid, y: float, language: str
) -> Iterable[Shape]:
    x, level = grid.middle(point.column), _height_of(point.value, y)
    said = f"{name}: {signed(point.value, language)}"
    if point.layer == "measured":
        yield from _measured(point, which, said, x, y, language)
    elif point.layer == "desired":
        yield Dot(x, level, 3.6, f"hollow persona-{which}", said)
    elif point.layer == "drawn":
        yield persona_mark(which, x, level, f"point persona-{which}", said)


def _measured(
    point: EmotionView, which: int, said: str, x: float, y: float, language: str
) -> Iterable[Shape]:
    x += _BESIDE
    count = point.count or 0
    said = f"{said} ({number(count, language)} {word('answers', language)})"
    if point.low is not None and point.high is not None:
        low, high = _height_of(point.low, y), _height_of(point.high, y)
        said += f", {signed_span(point.low, point.high, language)}"
        yield straight(f"whisker persona-{which}", (x, high), (x, low), title=said)
        yield straight(f"whisker persona-{which}", (x - 4, high), (x + 4, high))
        yield straight(f"whisker persona-{which}", (x - 4, low), (x + 4, low))
    role = "measured hollow" if count < HOLLOW_UNDER else "measured"
    yield Dot(x, _height_of(point.value, y), 5, f"{role} persona-{which}", said)


def _label_points(
    lines: Sequence[tuple[str, str, list[EmotionView]]], grid: Grid, y: float
) -> Iterable[Shape]:
    """Write the word of a feeling by its point, above a high one and below a low one."""
    taken: set[tuple[int, bool]] = set()
    for _, layer, points in lines:
        for point in points:
            above = point.value >= 0
            if layer != "drawn" or not point.label or (point.column, above) in taken:
                continue
            taken.add((point.column, above))
            level = _height_of(point.value, y) + (-25 if above else 10)
            yield from _label(point.label, grid, point.column, level)


def _figures(
    lines: Sequence[tuple[str, str, list[EmotionView]]], grid: Grid, y: float, language: str
) -> Iterable[Shape]:
    """Write a measured mean and its count beside its dot, where only one is measured."""
    points = [point for _, layer, line in lines if layer == "measured" for point in line]
    labels = {p.column: p.label for _, layer, line in lines if layer == "drawn" for p in line}
    columns = Counter(point.column for point in points)
    for point in points:
        if columns[point.column] == 1:
            yield from _figure(point, labels.get(point.column, ""), grid, y, language)


def _figure(point: EmotionView, label: str, grid: Grid, y: float, language: str) -> Iterable[Shape]:
    """Write the mean over the number of answers, right of the dot and of the drawn word."""
    mean = signed(point.value, language)
    count = f"n {number(point.count or 0, language)}"
    beside = text_width(label, NOTE) / 2 + 6 if label else 0
    x = round(grid.middle(point.column) + max(_BESIDE + 9, beside), 1)
    top = _height_of(point.value, y) - 14
    wide = max(text_width(mean, NOTE_STRONG), text_width(count, TINY))
    if x + wide > grid.right(point.column):
        return
    yield Box(x - 2, top - 1, round(wide + 4, 1), 29, "halo", 4)
    yield put(mean, x, top, NOTE_STRONG, "figure")
    yield put(count, x, top + 13, TINY, "quiet")


def _label(text: str, grid: Grid, column: int, level: float) -> Iterable[Shape]:
    text = shorten(text, grid.column_width, NOTE)
    x, wide = grid.middle(column), text_width(text, NOTE) + 8
    yield Box(round(x - wide / 2, 1), level, round(wide, 1), 16, "halo", 4)
    yield put(text, x, level, NOTE, "point-label", anchor="middle")


def _moments(view: MapView, grid: Grid, y: float) -> Iterable[Shape]:
    """Mark the moments of truth by a faint column and a star on top."""
    said = word("moment_of_truth", view.language)
    for step in view.steps:
        if step.moment_of_truth:
            x = grid.x(step.column)
            yield Box(x, y + 8, grid.column_width, HEIGHT - 16, "moment", 7)
            yield star(grid.middle(step.column), y + 20, 13, "moment-star", said)
