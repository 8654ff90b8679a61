"""Channel icons of simple strokes, on a grid of 16 by 16, drawn for Kundresa.

Channels that look alike to a customer share an icon; an unknown channel gets a plain ring.
"""

from __future__ import annotations

from kundresa.documents.layout.scene import Box, Dot, Path, Shape, straight

_Strokes = tuple[tuple[tuple[float, float], ...], ...]

_SHAPES: dict[str, _Strokes] = {
    "screen": (
        ((2, 3), (14, 3), (14, 11), (2, 11), (2, 3)),
        ((6, 14), (10, 14)),
        ((8, 11), (8, 14)),
    ),
    "phone": (((5, 1.5), (11, 1.5), (11, 14.5), (5, 14.5), (5, 1.5)), ((7.4, 12.4), (8.6, 12.4))),
    "mail": (((2, 4), (14, 4), (14, 12.5), (2, 12.5), (2, 4)), ((2, 4.5), (8, 9), (14, 4.5))),
    "talk": (((2, 3), (14, 3), (14, 10.5), (8, 10.5), (5, 13.5), (5, 10.5), (2, 10.5), (2, 3)),),
    "search": (((10.3, 10.3), (14, 14)),),
    "loud": (
        ((2, 6.5), (6, 6.5), (12, 3), (12, 13), (6, 9.5), (2, 9.5), (2, 6.5)),
        ((14, 7), (14, 9)),
    ),
    "play": (((2, 3), (14, 3), (14, 13), (2, 13), (2, 3)), ((6.5, 5.7), (10.5, 8), (6.5, 10.3), (6.5, 5.7))),
    "paper": (
        ((3.5, 1.5), (10, 1.5), (12.5, 4), (12.5, 14.5), (3.5, 14.5), (3.5, 1.5)),
        ((5.7, 7), (10.3, 7)),
        ((5.7, 10.2), (10.3, 10.2)),
    ),
    "house": (((2, 7.5), (8, 2), (14, 7.5)), ((3.5, 6.5), (3.5, 14), (12.5, 14), (12.5, 6.5)), ((7, 14), (7, 10), (9.5, 10), (9.5, 14))),
    "box": (((2, 5), (8, 2), (14, 5), (14, 11.5), (8, 14.5), (2, 11.5), (2, 5)), ((2, 5), (8, 8), (14, 5)), ((8, 8), (8, 14.5))),
    "people": (((1.8, 13.5), (3, 9.8), (8, 9.8), (9.2, 13.5)), ((10.3, 9.8), (13, 9.8), (14.2, 13.5))),
    "star": (((8, 1.8), (9.9, 5.9), (14.3, 6.4), (11, 9.4), (11.9, 13.8), (8, 11.6), (4.1, 13.8), (5, 9.4), (1.7, 6.4), (6.1, 5.9), (8, 1.8)),),
    "bell": (((3, 11.5), (4.5, 9.5), (4.5, 6), (8, 2.5), (11.5, 6), (11.5, 9.5), (13, 11.5), (3, 11.5)), ((6.8, 13.8), (9.2, 13.8))),
    "share": (((5.5, 7.2), (10.5, 4.4)), ((5.5, 8.8), (10.5, 11.6))),
}  # fmt: skip

_DOTS: dict[str, tuple[tuple[float, float, float], ...]] = {
    "search": ((6.8, 6.8, 4.6),),
    "people": ((5.5, 5.2, 2.6), (11.8, 6, 2)),
    "share": ((3.8, 8, 2), (12.2, 3.6, 2), (12.2, 12.4, 2)),
    "other": ((8, 8, 4.6),),
}

_CHANNELS: dict[str, str] = {
    **dict.fromkeys(("web", "landing_page", "blog", "third_party_site", "self_service"), "screen"),
    **dict.fromkeys(("app", "sms", "phone", "call_centre", "kiosk"), "phone"),
    **dict.fromkeys(("email", "newsletter"), "mail"),
    **dict.fromkeys(("chat", "messaging", "forum"), "talk"),
    "search": "search",
    **dict.fromkeys(("display_ad", "radio", "outdoor", "pr"), "loud"),
    **dict.fromkeys(("video", "tv"), "play"),
    **dict.fromkeys(("print", "direct_mail", "letter", "invoice", "coupon"), "paper"),
    "store": "house",
    **dict.fromkeys(("product", "packaging"), "box"),
    **dict.fromkeys(("field_sales", "event", "community", "word_of_mouth"), "people"),
    "review_site": "star",
    "push": "bell",
    "social": "share",
}


def channel_glyph(channel: str, x: float, y: float, size: float = 16.0) -> tuple[Shape, ...]:
    """Draw the icon of a channel with its upper left corner at (x, y)."""
    name = _CHANNELS.get(channel, "other")
    unit = size / 16
    strokes: list[Shape] = [_stroke(points, x, y, unit) for points in _SHAPES.get(name, ())]
    dots = [
        Dot(x + cx * unit, y + cy * unit, r * unit, "glyph") for cx, cy, r in _DOTS.get(name, ())
    ]
    return (*strokes, *dots)


def _stroke(points: tuple[tuple[float, float], ...], x: float, y: float, unit: float) -> Path:
    commands = tuple(
        ("M" if index == 0 else "L", (round(x + px * unit, 2), round(y + py * unit, 2)))
        for index, (px, py) in enumerate(points)
    )
    return Path(commands, "glyph")


def star(x: float, y: float, size: float, role: str, title: str) -> Path:
    """Draw a filled star around (x, y)."""
    unit = size / 16
    points = _SHAPES["star"][0][:-1]
    commands = tuple(
        ("M" if i == 0 else "L", (round(x + (px - 8) * unit, 2), round(y + (py - 8) * unit, 2)))
        for i, (px, py) in enumerate(points)
    )
    return Path((*commands, ("Z", ())), role, title)


def persona_mark(which: int, x: float, y: float, role: str, title: str = "") -> Shape:
    """Give every persona a shape as well as a colour."""
    kind = which % 4
    if kind == 1:
        return Box(x - 4.2, y - 4.2, 8.4, 8.4, role, 1.5, title)
    if kind == 2:
        corners = ((x, y - 6), (x + 6, y), (x, y + 6), (x - 6, y))
        return straight(role, *corners, closed=True, title=title)
    if kind == 3:
        corners3 = ((x, y - 5.5), (x + 5.5, y + 4.5), (x - 5.5, y + 4.5))
        return straight(role, *corners3, closed=True, title=title)
    return Dot(x, y, 5, role, title)
