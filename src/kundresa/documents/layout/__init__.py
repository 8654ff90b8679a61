"""The one geometry of a map; pages, pictures, documents and slides all draw it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kundresa.documents.layout.empathy import draw_empathy
from kundresa.documents.layout.grid import Options
from kundresa.documents.layout.live import read_live
from kundresa.documents.layout.matrix import draw_matrix
from kundresa.documents.layout.reading import view_of
from kundresa.documents.layout.scene import Scene
from kundresa.documents.layout.view import MapView

if TYPE_CHECKING:
    from kundresa.documents.map_model import MapDocument

__all__ = ["MapView", "Options", "Scene", "layout", "layout_view", "view_of"]


def layout(
    document: MapDocument,
    *,
    language: str = "",
    live: Mapping[str, Any] | None = None,
    options: Options | None = None,
) -> Scene:
    """Lay out a map document.

    Parameters
    ----------
    language
        One of en, sv, nb, da; the document's own where empty.
    live
        ``living_map(...).to_json()``; without it nothing measured is drawn.
    """
    return layout_view(view_of(document, language, live), live=live, options=options)


def layout_view(
    view: MapView, *, live: Mapping[str, Any] | None = None, options: Options | None = None
) -> Scene:
    """Lay out a map that was already read into the view of one language."""
    chosen = options or Options()
    if view.kind == "empathy_map":
        return draw_empathy(view, chosen)
    return draw_matrix(view, read_live(live), chosen)
