"""Measure and break text with the real widths of Inter, so that no card ever overflows.

A word wider than its card (Swedish compounds are) is broken near a syllable with a hyphen.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from kundresa.documents.layout.scene import Line, Text

# Browsers round advances to the screen; a hair of slack keeps the last letter inside.
_SLACK = 1.015
_VOWELS = frozenset("aeiouyåäöæøAEIOUYÅÄÖÆØéüáó")
_BREAK_AFTER = frozenset("-–—/_@.\u00ad")


@dataclass(frozen=True)
class Style:
    """Size in pixels, weight and line height of a kind of text."""

    size: float
    weight: int = 400
    leading: float = 1.4

    @property
    def line_height(self) -> float:
        """Pixels from one baseline to the next."""
        return round(self.size * self.leading, 1)


TITLE = Style(26, 700, 1.2)
SUBTITLE = Style(13, 400)
STAGE = Style(14, 700, 1.3)
STEP = Style(13, 600, 1.35)
LANE = Style(12, 600, 1.35)
CARD = Style(12.5, 400, 1.42)
CARD_STRONG = Style(12.5, 600, 1.42)
NOTE = Style(11, 400, 1.4)
NOTE_STRONG = Style(11, 600, 1.4)
TINY = Style(10, 600, 1.3)
FIGURE = Style(22, 700, 1.1)


@lru_cache(maxsize=1)
def _metrics() -> dict[str, dict[str, float]]:
    """Advance widths per em, by weight."""
    source = files("kundresa.documents.layout") / "inter_metrics.json"
    table = json.loads(source.read_text(encoding="utf-8"))
    em = table["units_per_em"]
    names = ("regular", "semibold", "bold")
    return {name: {c: width / em for c, width in table[name].items()} for name in names}


def _face(weight: int) -> str:
    if weight < 500:
        return "regular"
    return "semibold" if weight < 700 else "bold"


@lru_cache(maxsize=200_000)
def _advance(text: str, weight: int) -> float:
    """Width of a text at one pixel; a letter we have no width for counts as a wide one."""
    widths = _metrics()[_face(weight)]
    return sum(widths.get(letter, 1.0) for letter in text)


def text_width(text: str, style: Style) -> float:
    """Width in pixels to keep free for one line."""
    return _advance(text, style.weight) * style.size * _SLACK


def set_width(text: str, size: float, weight: int) -> float:
    """Width in pixels that Inter itself takes for one line, without room to spare."""
    return _advance(text, weight) * size


def wrap(text: str, width: float, style: Style, *, most: int | None = None) -> tuple[str, ...]:
    """Break a text into lines no wider than ``width``; after ``most`` lines, end with an ellipsis.

    Examples
    --------
    >>> wrap("Kundtjänst svarar", 70, CARD)
    ('Kundtjänst', 'svarar')
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines.extend(_wrap_paragraph(paragraph, width, style))
    if most is not None and len(lines) > most:
        lines = [*lines[: most - 1], shorten(lines[most - 1] + " …", width, style, always=True)]
    return tuple(lines)


def shorten(text: str, width: float, style: Style, *, always: bool = False) -> str:
    """Cut a text to one line, with an ellipsis where something was cut away."""
    if not always and text_width(text, style) <= width:
        return text
    kept = text.removesuffix(" …")
    while kept and text_width(kept.rstrip() + "…", style) > width:
        kept = kept[:-1]
    return kept.rstrip() + "…"


def _wrap_paragraph(paragraph: str, width: float, style: Style) -> list[str]:
    lines: list[str] = []
    line = ""
    for word in paragraph.split():
        joined = f"{line} {word}" if line else word
        if text_width(joined, style) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        *full, line = _pieces(word, width, style)
        lines.extend(full)
    if line:
        lines.append(line)
    return lines


def _pieces(word: str, width: float, style: Style) -> list[str]:
    """Break one word into pieces that fit, each but the last with a hyphen."""
    pieces: list[str] = []
    rest = word
    while text_width(rest, style) > width and len(rest) > 1:
        cut = _cut_at(rest, _longest_prefix(rest, width, style))
        head = rest[:cut]
        pieces.append(head if head[-1] in _BREAK_AFTER else head + "-")
        rest = rest[cut:]
    return [*pieces, rest]


def _longest_prefix(word: str, width: float, style: Style) -> int:
    cut = len(word) - 1
    while cut > 1 and text_width(word[:cut] + "-", style) > width:
        cut -= 1
    return cut


def _cut_at(word: str, longest: int) -> int:
    """Prefer a sign that breaks, then the start of a syllable, then what fits."""
    for cut in range(longest, max(2, longest - 14), -1):
        if word[cut - 1] in _BREAK_AFTER:
            return cut
    for cut in range(min(longest, len(word) - 3), max(3, longest - 5), -1):
        if _starts_syllable(word, cut):
            return cut
    return longest


def _starts_syllable(word: str, cut: int) -> bool:
    return word[cut] not in _VOWELS and word[cut + 1] in _VOWELS


def text_height(lines: tuple[str, ...], style: Style) -> float:
    """Height that lines take up."""
    return len(lines) * style.line_height


def place(
    lines: tuple[str, ...],
    x: float,
    y: float,
    style: Style,
    role: str,
    *,
    anchor: str = "start",
    title: str = "",
) -> Text:
    """Set lines below ``y``, their baselines where the line height puts them."""
    first = y + (style.line_height - style.size) / 2 + style.size * 0.78 + style.size * 0.08
    placed = tuple(
        Line(x, round(first + index * style.line_height, 1), line)
        for index, line in enumerate(lines)
    )
    return Text(placed, style.size, style.weight, role, anchor, title)


def put(
    text: str,
    x: float,
    y: float,
    style: Style,
    role: str,
    *,
    anchor: str = "start",
    title: str = "",
) -> Text:
    """Set one line below ``y``."""
    return place((text,), x, y, style, role, anchor=anchor, title=title)
