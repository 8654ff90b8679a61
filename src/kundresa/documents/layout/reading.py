"""Read a map document into the view that is drawn."""

from __future__ import annotations

from kundresa.documents.layout.view import MapView


def view_of(document: object, language: str = "", live: object = None) -> MapView:
    raise NotImplementedError
