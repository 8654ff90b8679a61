"""The empathy map: what a persona says, thinks, does and feels, in four quadrants."""

from __future__ import annotations

from kundresa.documents.layout.cards import draw_card
from kundresa.documents.layout.grid import CARD_GAP, MARGIN, Options, Row
from kundresa.documents.layout.header import draw_header
from kundresa.documents.layout.matrix import describe_map
from kundresa.documents.layout.scene import Box, Dot, Group, Scene, Shape
from kundresa.documents.layout.text import NOTE_STRONG, STAGE, place, put, text_height, wrap
from kundresa.documents.layout.view import CardView, MapView
from kundresa.documents.layout.words import word

QUADRANTS = ("says", "thinks", "does", "feels")
_KINDS = {
    "says": {"says", "say", "quotes", "quote"},
    "thinks": {"thinks", "think", "thoughts", "questions", "beliefs"},
    "does": {"does", "do", "actions", "tasks", "channels", "touchpoints"},
    "feels": {"feels", "feel", "feelings", "emotion_curve", "emotions"},
}
_WIDTH = 1240.0
_GAP = 16.0
_PAD = 20.0
_ACROSS = 2
_HUB = 54.0


def draw_empathy(view: MapView, options: Options) -> Scene:
    """Draw the four quadrants around the persona."""
    header = draw_header(view, _WIDTH) if options.header else Row(MARGIN)
    quadrants = {name: quadrant_cards(view, name) for name in QUADRANTS}
    top = header.height
    upper = max(_height(quadrants["says"]), _height(quadrants["thinks"]))
    lower = max(_height(quadrants["does"]), _height(quadrants["feels"]))
    shapes: list[Shape] = []
    for index, name in enumerate(QUADRANTS):
        y = top if index < 2 else top + upper + _GAP
        height = upper if index < 2 else lower
        shapes.append(_quadrant(view, name, index, quadrants[name], y, height))
    shapes.append(_hub(view, top + upper + _GAP / 2))
    height = top + upper + _GAP + lower + MARGIN
    paper = Box(0, 0, _WIDTH, height, "paper")
    every = (paper, *header.body, Group("body", tuple(shapes)))
    return Scene(_WIDTH, height, view.title, describe_map(view), view.language, 0, every)


def quadrant_cards(view: MapView, name: str) -> tuple[CardView, ...]:
    """Give the cards of every lane that belongs to a quadrant."""
    lanes = [lane for lane in view.lanes if lane.kind in _KINDS[name] or lane.id == name]
    return tuple(card for lane in lanes for card in lane.cards)


def _width() -> float:
    return (_WIDTH - 2 * MARGIN - _GAP) / 2


def _card_width() -> float:
    return (_width() - 2 * _PAD - CARD_GAP * (_ACROSS - 1)) / _ACROSS


def _stack(cards: tuple[CardView, ...], x: float, y: float) -> Row:
    """Put every card under the shorter of the columns."""
    floors = [y] * _ACROSS
    shapes: list[Shape] = []
    for card in cards:
        column = floors.index(min(floors))
        left = x + column * (_card_width() + CARD_GAP)
        drawn = draw_card(card, left, floors[column], _card_width())
        shapes.append(drawn.shape)
        floors[column] += drawn.height + CARD_GAP
    return Row(max(floors) - y, body=tuple(shapes))


def _height(cards: tuple[CardView, ...]) -> float:
    return max(180.0, 56 + _stack(cards, 0, 0).height + _PAD + _HUB / 2)


def _quadrant(
    view: MapView, name: str, index: int, cards: tuple[CardView, ...], y: float, height: float
) -> Group:
    x = MARGIN + (index % 2) * (_width() + _GAP)
    title = word(name, view.language)
    below_hub = _HUB / 2 if index >= 2 else 0.0
    shapes = (
        Box(x, y, _width(), height, f"quadrant stage-ground stage-{index * 2}", 14),
        put(title, x + _PAD, y + 16 + below_hub, STAGE, f"stage-name stage-{index * 2}"),
        *_stack(cards, x + _PAD, y + 48 + below_hub).body,
    )
    return Group("quadrant", shapes, name, title)


def _hub(view: MapView, y: float) -> Group:
    """Put the persona in the middle."""
    x = _WIDTH / 2
    name = view.personas[0].name if view.personas else ""
    lines = wrap(name, _HUB * 2 - 24, NOTE_STRONG, most=4)
    top = y - text_height(lines, NOTE_STRONG) / 2
    shapes: tuple[Shape, ...] = (
        Dot(x, y, _HUB, "hub"),
        place(lines, x, top, NOTE_STRONG, "hub-name", anchor="middle"),
    )
    return Group("persona", shapes if name else (), title=name)
