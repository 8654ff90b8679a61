"""Write a scene as SVG: alone with its own style and font, or bare for a page that styles it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from functools import lru_cache
from html import escape
from importlib.resources import files

from kundresa.documents.drawing import theme as themes
from kundresa.documents.layout.scene import Box, Dot, Group, Line, Path, Scene, Shape, Text
from kundresa.documents.layout.text import set_width

_NAMESPACE = 'xmlns="http://www.w3.org/2000/svg"'


def to_svg(
    scene: Scene,
    *,
    standalone: bool = True,
    theme: str = "light",
    embed_font: bool = True,
    part: str = "whole",
) -> str:
    """Write a scene as SVG.

    Parameters
    ----------
    standalone
        With its own style, for a file. Without, there are classes and no style at all, and the
        page's ``ui/map.css`` colours it.
    theme
        light or dark; only a standalone picture has one.
    embed_font
        Carry Inter along (some 100 kB), so that text looks the same where it isn't installed.
        Programs that read no embedded font still keep every line to its measured width.
    part
        ``labels`` and ``body`` cut the picture at the edge of the column of names, so that a
        page may hold the names still while the rest scrolls.
    """
    head = _head(scene, standalone, part)
    style = _style(theme, embed_font) if standalone else ""
    return f"{head}{style}{''.join(_Writer(standalone).shapes(_chosen(scene, part)))}</svg>"


def to_page(scene: Scene) -> str:
    """Write the bare SVG for a page: the names in one picture, the rest in another.

    The scrolling region around them is the page's; a map without names is one picture.
    """
    if not scene.label_width:
        return to_svg(scene, standalone=False)
    names = to_svg(scene, standalone=False, part="labels")
    return names + to_svg(scene, standalone=False, part="body")


def _chosen(scene: Scene, part: str) -> tuple[Shape, ...]:
    if part == "labels":
        return tuple(s for s in scene.shapes if _role(s) in {"labels", "paper"})
    if part == "body":
        return tuple(s for s in scene.shapes if _role(s) != "labels")
    return scene.shapes


def _role(shape: Shape) -> str:
    return shape.role


def _head(scene: Scene, standalone: bool, part: str) -> str:
    left = scene.label_width if part == "body" else 0.0
    width = scene.label_width if part == "labels" else scene.width - left
    box = f'viewBox="{_n(left)} 0 {_n(width)} {_n(scene.height)}"'
    size = f'width="{_n(width)}" height="{_n(scene.height)}"'
    space = f" {_NAMESPACE}" if standalone else ""
    if part == "labels":
        return f'<svg{space} class="k-map k-labels" {size} {box} aria-hidden="true">'
    name = escape(scene.title, quote=True)
    opening = f'<svg{space} class="k-map k-{part}" {size} {box} role="img" lang="{scene.language}"'
    said = f"<title>{name}</title><desc>{escape(scene.description)}</desc>"
    return f'{opening} aria-label="{name}. {escape(scene.description, quote=True)}">{said}'


def _style(theme: str, embed_font: bool) -> str:
    font = _font_faces() if embed_font else ""
    return f"<style>{font}{themes.resolved(theme)}</style>"


@lru_cache(maxsize=1)
def _font_faces() -> str:
    """Inter in three weights as data, from the files that the page uses."""
    folder = files("kundresa.ui") / "static" / "ui" / "vendor" / "inter"
    faces = []
    for weight in (400, 600, 700):
        data = (folder / f"inter-latin-{weight}-normal.woff2").read_bytes()
        source = f"data:font/woff2;base64,{base64.b64encode(data).decode()}"
        faces.append(
            f'@font-face{{font-family:"Inter";font-weight:{weight};src:url("{source}") '
            'format("woff2")}'
        )
    return "".join(faces)


class _Writer:
    """Writes shapes as markup; ``is_held`` keeps each line of text to its measured width.

    A file may meet a reader without Inter, and a wider font would run over the edges of cards. A
    page brings the font, and is spared the weight.
    """

    def __init__(self, is_held: bool) -> None:
        self.is_held = is_held

    def shapes(self, shapes: tuple[Shape, ...]) -> Iterator[str]:
        for shape in shapes:
            yield from self.shape(shape)

    def shape(self, shape: Shape) -> Iterator[str]:
        if isinstance(shape, Group):
            yield from self.group(shape)
        elif isinstance(shape, Text):
            yield self.text(shape)
        elif isinstance(shape, Box):
            yield _box(shape)
        elif isinstance(shape, Dot):
            yield _dot(shape)
        else:
            yield _path(shape)

    def group(self, group: Group) -> Iterator[str]:
        record = f' data-record="{escape(group.record, quote=True)}"' if group.record else ""
        yield f"<g{_class(group.role, 'k-group-')}{record}>"
        yield from self.shapes(group.children)
        yield "</g>"

    def text(self, text: Text) -> str:
        anchor = f' text-anchor="{text.anchor}"' if text.anchor != "start" else ""
        weight = f' font-weight="{text.weight}"' if text.weight != 400 else ""
        head = f'<text{_class(text.role)} font-size="{_n(text.size)}"{weight}{anchor}'
        said = _title(text.title)
        if len(text.lines) == 1:
            line = text.lines[0]
            return f"{head}{self.place(line, text)}>{said}{escape(line.text)}</text>"
        spans = "".join(
            f"<tspan{self.place(line, text)}>{escape(line.text)}</tspan>" for line in text.lines
        )
        return f"{head}>{said}{spans}</text>"

    def place(self, line: Line, text: Text) -> str:
        place = f' x="{_n(line.x)}" y="{_n(line.y)}"'
        if not self.is_held or not line.text.strip():
            return place
        wide = _n(set_width(line.text, text.size, text.weight))
        return f'{place} textLength="{wide}" lengthAdjust="spacingAndGlyphs"'


def _box(box: Box) -> str:
    radius = f' rx="{_n(box.radius)}"' if box.radius else ""
    place = f'x="{_n(box.x)}" y="{_n(box.y)}" width="{_n(box.width)}" height="{_n(box.height)}"'
    return _closed(f"<rect{_class(box.role)} {place}{radius}", "rect", box.title)


def _dot(dot: Dot) -> str:
    place = f'cx="{_n(dot.x)}" cy="{_n(dot.y)}" r="{_n(dot.radius)}"'
    return _closed(f"<circle{_class(dot.role)} {place}", "circle", dot.title)


def _path(path: Path) -> str:
    strokes = "".join(f"{command}{' '.join(map(_n, at))}" for command, at in path.commands)
    return _closed(f'<path{_class(path.role)} d="{strokes}"', "path", path.title)


def _closed(opening: str, name: str, title: str) -> str:
    return f"{opening}>{_title(title)}</{name}>" if title else f"{opening}/>"


def _title(title: str) -> str:
    return f"<title>{escape(title)}</title>" if title else ""


def _class(role: str, prefix: str = "k-") -> str:
    """Name the roles; a group's differ, or its shapes would inherit the look of its frame."""
    return f' class="{" ".join(prefix + name for name in role.split())}"'


def _n(value: float) -> str:
    """Write a length with at most two decimals and no useless zeros."""
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"
