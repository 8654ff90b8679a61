"""The title block: what map this is and for whom."""

from __future__ import annotations

from kundresa.documents.layout.glyphs import persona_mark
from kundresa.documents.layout.grid import MARGIN, Row
from kundresa.documents.layout.scene import Box, Group, Shape
from kundresa.documents.layout.text import (
    NOTE_STRONG,
    SUBTITLE,
    TITLE,
    place,
    put,
    shorten,
    text_height,
    text_width,
    wrap,
)
from kundresa.documents.layout.view import MapView, PersonaView
from kundresa.documents.layout.words import word

_CHIP = 28.0


def draw_header(view: MapView, width: float) -> Row:
    """Draw the title, the kind of map and a chip for every persona."""
    room = min(width, 1400) - 2 * MARGIN
    lines = wrap(view.title, room, TITLE, most=3)
    top = MARGIN + text_height(lines, TITLE)
    shapes: list[Shape] = [place(lines, MARGIN, MARGIN - 4, TITLE, "title")]
    shapes.append(put(describe_kind(view), MARGIN, top + 2, SUBTITLE, "quiet"))
    chips = _chips(view, top + 34, room)
    height = top + 34 + chips.height + (18 if view.personas else 0)
    return Row(height, body=(Group("header", (*shapes, *chips.body), view.id, view.title),))


def describe_kind(view: MapView) -> str:
    """Say the kind of a map in words, and that it happened where it isn't a plan."""
    kind = word(view.kind, view.language)
    return f"{kind} · {word('actual', view.language)}" if view.mode == "actual" else kind


def _chips(view: MapView, y: float, room: float) -> Row:
    shapes: list[Shape] = []
    x, top = MARGIN, y
    for persona in view.personas:
        label = shorten(chip_label(persona, view.language), room - 40, NOTE_STRONG)
        wide = text_width(label, NOTE_STRONG) + 36
        if x > MARGIN and x + wide > MARGIN + room:
            x, top = MARGIN, top + _CHIP + 8
        shapes.append(_chip(persona, label, x, top, wide))
        x += wide + 8
    return Row(top + _CHIP - y if view.personas else 0, body=tuple(shapes))


def chip_label(persona: PersonaView, language: str) -> str:
    """Name a persona; a negative one is said to be whom the map is not for."""
    return f"{persona.name} ({word('not_for', language)})" if persona.negative else persona.name


def _chip(persona: PersonaView, label: str, x: float, y: float, width: float) -> Group:
    role = "chip negative" if persona.negative else "chip"
    shapes: tuple[Shape, ...] = (
        Box(x, y, round(width, 1), _CHIP, role, _CHIP / 2),
        persona_mark(persona.number, x + 15, y + _CHIP / 2, f"mark persona-{persona.number}"),
        put(label, x + 26, y + 6, NOTE_STRONG, "chip-text"),
    )
    return Group("persona", shapes, persona.id, persona.note or label)
