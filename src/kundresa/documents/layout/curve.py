"""A smooth curve that never swings past its points (Fritsch and Carlson, 1980).

An emotion drawn at -1 and then 0 must not look as if it had dipped to -1.4 between.
"""

from __future__ import annotations

from collections.abc import Sequence
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
