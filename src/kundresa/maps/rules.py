"""Compose what the page of a map shows from the document and its numbers; no input, no output."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from kundresa.core.times import zone_named
from kundresa.documents.drawing.svg import to_page
from kundresa.documents.drawing.twin import twin_of
from kundresa.documents.layout import Options, layout_view, view_of
from kundresa.documents.layout.curve import monotone_curve
from kundresa.documents.layout.words import word
from kundresa.documents.map_model import MapDocument
from kundresa.maps.contracts import Asked, MapPage, MapRow, Period, Unclaimed


def compose_page(
    workspace: str,
    document: MapDocument,
    asked: Asked,
    *,
    live: Mapping[str, Any] | None = None,
    query: Mapping[str, Any] | None = None,
    period: Period | None = None,
    unclaimed: Sequence[Unclaimed] = (),
    notices: Sequence[str] = (),
    write_key: str = "",
    is_simulated: bool = False,
) -> MapPage:
    """Draw a map and its tables from one view."""
    view = view_of(document, asked.language, live)
    twin = twin_of(view, live)
    return MapPage(
        workspace=workspace,
        id=document.id,
        title=view.title,
        description=twin.description,
        svg=to_page(layout_view(view, live=live, options=Options(header=False))),
        twin=twin,
        live=live,
        query_json=json.dumps(query, ensure_ascii=False, indent=2) if query else "",
        period=period,
        mode=asked.mode,
        data_end=_day(live["data_end"], document.measure.zone) if live else None,
        notices=notices,
        unclaimed=unclaimed,
        language=view.language,
        write_key=write_key,
        is_simulated=is_simulated,
    )


def has_conditions(query: Mapping[str, Any]) -> bool:
    """Tell whether a query chooses by more than names of events.

    By a condition a question can be put about one customer, and a count of one answers it.
    """
    parts = [
        part
        for name in ("steps", "touchpoints")
        if isinstance(query.get(name), list)
        for part in query[name]
    ]
    return query.get("filter") is not None or any(not isinstance(part, str) for part in parts)


def _day(time: str, zone: str) -> date:
    return datetime.fromisoformat(time).astimezone(zone_named(zone)).date()


def row_of(document: MapDocument, language: str) -> MapRow:
    """Give a map's line in the list."""
    title = document.title.in_language(language, (document.language, "en")) or document.id
    columns = () if document.kind == "empathy_map" else document.steps
    return MapRow(
        document.id,
        title,
        word(document.kind, language),
        len(document.stages) if columns else 0,
        len(columns),
        len({name for step in document.steps for name in step.touchpoints}),
        small_curve(document),
    )


def small_curve(document: MapDocument) -> str:
    """Give the drawn emotion of the first persona that has two steps or more, to recognise a map."""
    places = {step.id: at for at, step in enumerate(document.steps)}
    lines: dict[str | None, dict[int, float]] = {}
    for point in document.emotions:
        if point.layer == "drawn" and point.step in places:
            lines.setdefault(point.persona, {})[places[point.step]] = point.value
    line = next((line for line in lines.values() if len(line) > 1), {})
    wide = 1000 / max(1, len(places) - 1)
    points = [(at * wide, 100 * (2 - value)) for at, value in sorted(line.items())]
    return "".join(
        f"{name}{' '.join(f'{n:.0f}' for n in at)}" for name, at in monotone_curve(points)
    )
