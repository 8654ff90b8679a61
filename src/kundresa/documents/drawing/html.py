"""Write a map as one HTML file that needs nothing else: the picture, and its tables."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

from kundresa.documents.drawing.svg import to_svg
from kundresa.documents.drawing.theme import FONT_STACK, tokens
from kundresa.documents.drawing.twin import Table, Twin, table_twin, twin_of
from kundresa.documents.layout import layout_view
from kundresa.documents.layout.reading import view_of
from kundresa.documents.layout.view import MapView

if TYPE_CHECKING:
    from kundresa.documents.map_model import MapDocument

__all__ = ["page_of", "table_twin", "to_html"]


def to_html(
    document: MapDocument,
    *,
    language: str = "",
    live: Mapping[str, Any] | None = None,
    theme: str = "light",
    embed_font: bool = True,
) -> str:
    """Write a map document as a page of its own."""
    return page_of(view_of(document, language, live), live, theme=theme, embed_font=embed_font)


def page_of(
    view: MapView,
    live: Mapping[str, Any] | None = None,
    *,
    theme: str = "light",
    embed_font: bool = True,
) -> str:
    """Write a map that was already read as a page of its own."""
    picture = to_svg(layout_view(view, live=live), theme=theme, embed_font=embed_font)
    twin = twin_of(view, live)
    name = escape(twin.title)
    return (
        f'<!doctype html>\n<html lang="{view.language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{name}</title>\n<style>{_style(theme)}</style>\n</head>\n<body>\n<main>\n"
        f'<h1 class="unseen">{name}</h1>\n'
        f'<div class="picture" tabindex="0" role="region" aria-label="{name}">{picture}</div>\n'
        f"{_tables(twin)}\n</main>\n</body>\n</html>\n"
    )


def _tables(twin: Twin) -> str:
    return "\n".join(_table(table) for table in twin.tables)


def _table(table: Table) -> str:
    kinds = [' class="number"' if at in table.numeric else "" for at in range(len(table.header))]
    heads = zip(kinds, table.header, strict=True)
    head = "".join(f'<th scope="col"{kind}>{escape(name)}</th>' for kind, name in heads)
    rows = "".join(f"<tr>{_row(row, kinds)}</tr>\n" for row in table.rows)
    caption = escape(table.caption)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{caption}">'
        f"<table>\n<caption>{caption}</caption>\n<thead><tr>{head}</tr></thead>\n"
        f"<tbody>\n{rows}</tbody>\n</table></div>"
    )


def _row(row: tuple[str, ...], kinds: list[str]) -> str:
    rest = zip(kinds[1:], row[1:], strict=True)
    cells = "".join(f"<td{kind}>{escape(cell)}</td>" for kind, cell in rest)
    return f'<th scope="row">{escape(row[0])}</th>{cells}'


def _style(theme: str) -> str:
    named = tokens(theme)
    return (
        f"body{{margin:0;background:{named['paper']};color:{named['ink']};"
        f"font:15px/1.5 {FONT_STACK}}}"
        "main{padding:0 0 48px}.picture,.scroll{overflow-x:auto}"
        "svg{display:block}.scroll{margin:28px}table{border-collapse:collapse}"
        "caption{text-align:start;font-weight:700;font-size:17px;padding:0 0 8px}"
        f"th,td{{text-align:start;vertical-align:top;padding:7px 16px 7px 0;"
        f"border-bottom:1px solid {named['line']};font-size:13px}}"
        ".number{text-align:end;font-variant-numeric:tabular-nums;white-space:nowrap}"
        ".unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}"
        "@media print{@page{size:A3 landscape;margin:10mm}.picture svg{width:100%;height:auto}}"
    )
