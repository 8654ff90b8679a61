"""A map as text to look at, or as data: the one way in for command line, pages and Python."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from kundresa.core.errors import BadInputError, known_values
from kundresa.documents.drawing.html import to_html
from kundresa.documents.drawing.svg import to_svg
from kundresa.documents.layout import layout
from kundresa.documents.map_model import MapDocument

Live = Mapping[str, Any] | None


def _svg(document: MapDocument, language: str, live: Live) -> str:
    return to_svg(layout(document, language=language, live=live))


def _html(document: MapDocument, language: str, live: Live) -> str:
    return to_html(document, language=language, live=live)


def _json(document: MapDocument, _language: str, live: Live) -> str:
    body = {"map": document.id, "live": live}
    return json.dumps(body, ensure_ascii=False, indent=2)


FORMS: Final[Mapping[str, Callable[[MapDocument, str, Live], str]]] = {
    "svg": _svg,
    "html": _html,
    "json": _json,
}


def draw(document: MapDocument, form: str = "svg", *, language: str = "", live: Live = None) -> str:
    """Draw a map.

    Parameters
    ----------
    document
        The map.
    form
        ``svg``, ``html`` (one file that needs nothing else) or ``json`` (the numbers alone).
    language
        Of the texts; by default the map's own.
    live
        The answer of a living_map query, to stand on the cells.

    Raises
    ------
    BadInputError
        If there is no such form.
    """
    if form not in FORMS:
        raise BadInputError(f"{form!r} is not a form.", hint=known_values(form, FORMS))
    return FORMS[form](document, language, live)
