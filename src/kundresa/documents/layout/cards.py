"""Cards: boxes whose height follows their wrapped text; touchpoints with icon and numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kundresa.documents.layout.glyphs import channel_glyph
from kundresa.documents.layout.grid import (
    CARD_GAP,
    CARD_PAD,
    ROW_PAD,
    Grid,
    Row,
    label_height,
    row_label,
)
from kundresa.documents.layout.live import LiveView, TouchpointLive
from kundresa.documents.layout.scene import Box, Group, Shape
from kundresa.documents.layout.text import (
    CARD,
    CARD_STRONG,
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
from kundresa.documents.layout.view import CardView, LaneView, StepView
from kundresa.documents.layout.words import number, per_cent, word

_MOST_LINES = 14
_ICON = 26.0
_TONES = {
    "pain": "pain", "pain_points": "pain", "barriers": "pain", "barrier": "pain",
    "gain": "gain", "gains": "gain",
    "opportunity": "idea", "opportunities": "idea", "action": "idea", "actions_plan": "idea",
    "quote": "quote", "quotes": "quote", "thoughts": "quote",
    "question": "ask", "questions": "ask", "information_needs": "ask", "search_term": "ask",
    "search_terms": "ask", "need": "ask", "needs": "ask",
}  # fmt: skip


@dataclass(frozen=True)
class Drawn:
    """A card at its place, and how high it came out."""

    height: float
    shape: Group


def card_tone(kind: str) -> str:
    """Give the tone of a kind of card: pain, gain, idea, quote, ask or plain."""
    return _TONES.get(kind, "plain")


def draw_lane(
    lane: LaneView,
    grid: Grid,
    y: float,
    steps: Sequence[StepView],
    live: LiveView | None,
    language: str,
) -> Row:
    """Stack the cards of a lane in their columns."""
    floor = [y + ROW_PAD] * grid.columns
    shapes: list[Shape] = []
    for card in lane.cards:
        columns = range(card.first, card.last + 1)
        top = max(floor[column] for column in columns)
        drawn = _draw(card, grid, top, steps, live, language)
        shapes.append(drawn.shape)
        for column in columns:
            floor[column] = top + drawn.height + CARD_GAP
    height = max(max(floor) - CARD_GAP - y + ROW_PAD, label_height(lane.title))
    labels = row_label(lane.title, y)
    return Row(height, labels, (Group("lane", tuple(shapes), lane.id, lane.title),))


def _draw(
    card: CardView,
    grid: Grid,
    top: float,
    steps: Sequence[StepView],
    live: LiveView | None,
    language: str,
) -> Drawn:
    x, width = grid.x(card.first), grid.span(card.first, card.last)
    if card.touchpoint or card.channel:
        stage = steps[card.first].stage if card.first < len(steps) else ""
        numbers = live.touchpoint(card.touchpoint, stage) if live else None
        return draw_touchpoint(card, x, top, width, numbers, language)
    return draw_card(card, x, top, width)


def draw_card(card: CardView, x: float, y: float, width: float) -> Drawn:
    """Draw a card of text."""
    tone = card_tone(card.kind)
    inset = CARD_PAD if tone == "plain" else CARD_PAD + 5
    room = width - inset - CARD_PAD
    lines = wrap(card.text, room, CARD, most=_MOST_LINES)
    note = wrap(card.note, room, NOTE, most=3) if card.note else ()
    body = text_height(lines, CARD)
    height = round(body + (text_height(note, NOTE) + 3 if note else 0) + 2 * CARD_PAD - 4, 1)
    shapes: list[Shape] = [Box(x, y, width, height, f"card card-{tone}", 7)]
    if tone != "plain":
        shapes.append(Box(x + 6, y + 8, 3, height - 16, f"accent accent-{tone}", 1.5))
    shapes.append(place(lines, x + inset, y + CARD_PAD - 2, CARD, "card-text"))
    if note:
        shapes.append(place(note, x + inset, y + CARD_PAD + body + 1, NOTE, "quiet"))
    return Drawn(height, Group("card", tuple(shapes), card.id, card.text))


def draw_touchpoint(
    card: CardView, x: float, y: float, width: float, live: TouchpointLive | None, language: str
) -> Drawn:
    """Draw a touchpoint with the icon of its channel and, where there are any, its numbers."""
    left = x + CARD_PAD + _ICON + 9
    lines = wrap(card.text, x + width - CARD_PAD - left, CARD_STRONG, most=6)
    head = max(_ICON, text_height(lines, CARD_STRONG))
    middle = y + 9 + (head - text_height(lines, CARD_STRONG)) / 2
    shapes: list[Shape] = [
        Group("icon", _icon(card.channel, x + CARD_PAD, y + 9), title=card.channel),
        place(lines, left, middle, CARD_STRONG, "card-text"),
    ]
    height = head + 18
    if live is not None:
        below = _draw_numbers(live, x + CARD_PAD, y + height - 3, width - 2 * CARD_PAD, language)
        shapes.extend(below.body)
        height += below.height
    role = "card touchpoint" + (f" state-{live.state}" if live and live.state != "used" else "")
    frame = Box(x, y, width, round(height, 1), role, 7)
    return Drawn(
        round(height, 1), Group("touchpoint", (frame, *shapes), card.touchpoint, card.text)
    )


def _icon(channel: str, x: float, y: float) -> tuple[Shape, ...]:
    return (Box(x, y, _ICON, _ICON, "icon-ground", 7), *channel_glyph(channel, x + 5, y + 5))


def _draw_numbers(live: TouchpointLive, x: float, y: float, width: float, language: str) -> Row:
    if live.state in {"not_instrumented", "unused", "no_data"}:
        lines = wrap(word(live.state, language), width, NOTE)
        return Row(text_height(lines, NOTE) + 4, body=(place(lines, x, y, NOTE, "quiet state"),))
    reach = _draw_reach(live, x, y, width, language)
    exits = _draw_exits(live, x, y + reach.height, width, language)
    return Row(reach.height + exits.height + 5, body=(*reach.body, *exits.body))


def _draw_reach(live: TouchpointLive, x: float, y: float, width: float, language: str) -> Row:
    """Draw the bar of the share of the stage, and the reach above it."""
    count = number(live.reach, language)
    said = f"{word('reach', language)}: {count}"
    shapes: list[Shape] = [
        put(count, x, y, NOTE_STRONG, "figure", title=said),
        put(word("reach", language), x + text_width(count, NOTE_STRONG) + 4, y, NOTE, "quiet"),
    ]
    if live.share_of_stage is not None:
        share = per_cent(live.share_of_stage, language)
        full = f"{word('share_of_stage', language)}: {share}"
        shapes.append(put(share, x + width, y, NOTE, "quiet", anchor="end", title=full))
        shapes.append(Box(x, y + 18, width, 4, "bar-ground", 2))
        filled = max(2.0, round(width * min(1.0, live.share_of_stage), 1))
        shapes.append(Box(x, y + 18, filled, 4, "bar", 2, full))
    return Row(25, body=tuple(shapes))


def _draw_exits(live: TouchpointLive, x: float, y: float, width: float, language: str) -> Row:
    """Draw how many left here, with the flag of a dead end where the measure raised one."""
    count = number(live.exits, language)
    said = f"{word('exits', language)}: {count}"
    shapes: list[Shape] = [
        put(count, x, y, NOTE_STRONG, "figure", title=said),
        put(word("exits", language), x + text_width(count, NOTE_STRONG) + 4, y, NOTE, "quiet"),
    ]
    if not live.dead_end:
        return Row(17, body=tuple(shapes))
    label = shorten(word("dead_end", language), width - 10, TINY)
    wide = text_width(label, TINY) + 14
    line = y if wide + 80 < width else y + 18
    shapes.append(Box(x + width - wide, line, wide, 17, "flag", 8.5, label))
    shapes.append(put(label, x + width - wide / 2, line + 2, TINY, "flag-text", anchor="middle"))
    return Row(17 + line - y, body=tuple(shapes))
