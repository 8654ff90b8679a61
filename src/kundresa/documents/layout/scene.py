"""The geometry of a map as plain values: what stands where, and what it means.

A scene knows places, sizes and roles, never colours: SVG, PDF and slides each give the roles
their own look. Lengths are CSS pixels; y grows downwards; text stands on its baseline.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Box:
    """A rectangle with rounded corners."""

    x: float
    y: float
    width: float
    height: float
    role: str
    radius: float = 0.0
    title: str = ""


@dataclass(frozen=True)
class Line:
    """One line of text: where its baseline starts, and its words."""

    x: float
    y: float
    text: str


@dataclass(frozen=True)
class Text:
    """Lines of one size and weight; ``anchor`` is start, middle or end."""

    lines: tuple[Line, ...]
    size: float
    weight: int
    role: str
    anchor: str = "start"
    title: str = ""


@dataclass(frozen=True)
class Path:
    """Strokes as (command, coordinates): M, L, C (cubic) and Z, all absolute."""

    commands: tuple[tuple[str, tuple[float, ...]], ...]
    role: str
    title: str = ""


@dataclass(frozen=True)
class Dot:
    """A circle."""

    x: float
    y: float
    radius: float
    role: str
    title: str = ""


@dataclass(frozen=True)
class Group:
    """Shapes that belong together: one stage, step, lane or card, named by its record."""

    role: str
    children: tuple[Shape, ...]
    record: str = ""
    title: str = ""


Shape: TypeAlias = Box | Text | Path | Dot | Group


@dataclass(frozen=True)
class Scene:
    """A drawn map.

    ``label_width`` is the width of the column of lane names, all of whose shapes stand in the
    group with the role ``labels``; a page may hold it still while the rest scrolls.
    """

    width: float
    height: float
    title: str
    description: str
    language: str
    label_width: float
    shapes: tuple[Shape, ...]


def walk(shapes: tuple[Shape, ...]) -> Iterator[Shape]:
    """Give every shape, groups before what they hold."""
    for shape in shapes:
        yield shape
        if isinstance(shape, Group):
            yield from walk(shape.children)


def straight(
    role: str, *points: tuple[float, float], closed: bool = False, title: str = ""
) -> Path:
    """Join points by straight strokes."""
    commands = [("M" if index == 0 else "L", point) for index, point in enumerate(points)]
    end: list[tuple[str, tuple[float, ...]]] = [("Z", ())] if closed else []
    return Path((*commands, *end), role, title)
