"""A smooth curve that never swings past its points (Fritsch and Carlson, 1980).

An emotion drawn at -1 and then 0 must not look as if it had dipped to -1.4 between.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

Point = tuple[float, float]
Commands = tuple[tuple[str, tuple[float, ...]], ...]


def monotone_curve(points: Sequence[Point]) -> Commands:
    """Give path commands through points of rising x.

    Examples
    --------
    >>> monotone_curve([(0.0, 0.0), (3.0, 3.0)])
    (('M', (0.0, 0.0)), ('C', (1.0, 1.0, 2.0, 2.0, 3.0, 3.0)))
    """
    if not points:
        return ()
    tangents = _tangents(points)
    commands: list[tuple[str, tuple[float, ...]]] = [("M", points[0])]
    for index, ((x0, y0), (x1, y1)) in enumerate(pairwise(points)):
        third = (x1 - x0) / 3
        first = (x0 + third, y0 + tangents[index] * third)
        second = (x1 - third, y1 - tangents[index + 1] * third)
        commands.append(("C", _rounded((*first, *second, x1, y1))))
    return tuple(commands)


def _rounded(values: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(round(value, 2) for value in values)


def _tangents(points: Sequence[Point]) -> list[float]:
    slopes = [(y1 - y0) / (x1 - x0) for (x0, y0), (x1, y1) in pairwise(points)]
    if not slopes:
        return [0.0]
    inner = [_inner_tangent(left, right) for left, right in pairwise(slopes)]
    return [slopes[0], *inner, slopes[-1]]


def _inner_tangent(left: float, right: float) -> float:
    """Flat at a turn; else the harmonic mean, which keeps the curve between its points."""
    if left * right <= 0:
        return 0.0
    return 2 * left * right / (left + right)


def parts_by_level(commands: Commands, level: float) -> list[tuple[bool, Commands]]:
    """Cut a monotone curve where it crosses a level; True for a part that lies above, on a page.

    Between two points such a curve rises or falls, so it crosses a level there once at most. A
    stretch along the level belongs to neither side, and ends the part.

    Examples
    --------
    >>> rising = monotone_curve([(0.0, 4.0), (6.0, -4.0)])
    >>> [(above, part[-1][1][-2:]) for above, part in parts_by_level(rising, 0.0)]
    [(False, (3.0, 0.0)), (True, (6.0, -4.0))]
    """
    parts: list[tuple[bool, list[tuple[str, tuple[float, ...]]]]] = []
    is_open = False
    for piece in _pieces(commands, level):
        (x0, y0), end = piece[0], piece[3][1]
        if y0 == end == level:
            is_open = False
            continue
        above = y0 + end < 2 * level
        if not is_open or parts[-1][0] != above:
            parts.append((above, [("M", (x0, y0))]))
        parts[-1][1].append(("C", _rounded((*piece[1], *piece[2], *piece[3]))))
        is_open = True
    return [(above, tuple(part)) for above, part in parts]


def _pieces(commands: Commands, level: float) -> Iterator[tuple[Point, Point, Point, Point]]:
    """Give each stretch by its four points, one that crosses the level in two."""
    for (_, before), (_, (x1, y1, x2, y2, x3, y3)) in pairwise(commands):
        points = ((before[-2], before[-1]), (x1, y1), (x2, y2), (x3, y3))
        if (points[0][1] - level) * (y3 - level) < 0:
            yield from _cut(points, level)
        else:
            yield points


def _cut(
    points: tuple[Point, Point, Point, Point], level: float
) -> Iterator[tuple[Point, Point, Point, Point]]:
    """Cut one stretch at the level: halve to find the place, then de Casteljau."""
    low, high = 0.0, 1.0
    falls = points[3][1] > points[0][1]
    for _ in range(40):
        middle = (low + high) / 2
        is_before = (_split(points, middle)[-1][1] < level) == falls
        low, high = (middle, high) if is_before else (low, middle)
    a, c, d, e, (x, _) = _split(points, low)
    at = (round(x, 2), level)
    yield points[0], a, d, at
    yield at, e, c, points[3]


def _split(points: tuple[Point, Point, Point, Point], t: float) -> tuple[Point, ...]:
    p0, p1, p2, p3 = points
    a, b, c = _between(p0, p1, t), _between(p1, p2, t), _between(p2, p3, t)
    d, e = _between(a, b, t), _between(b, c, t)
    return a, c, d, e, _between(d, e, t)


def _between(first: Point, last: Point, t: float) -> Point:
    return first[0] + (last[0] - first[0]) * t, first[1] + (last[1] - first[1]) * t
