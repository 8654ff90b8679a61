"""Kundresa: map, measure, steer and improve what your customers go through.

The names here need no server: read events and maps, measure, draw.

>>> import kundresa
>>> table = kundresa.EventTable.from_events([])
>>> asked = {"kundresa_query": 1, "type": "funnel", "steps": ["view", "buy"]}
>>> kundresa.query(asked, table)["steps"][1]["count"]
0
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

__version__ = "0.1.0"

if TYPE_CHECKING:
    from kundresa.core.errors import BadInputError, KundresaError
    from kundresa.documents import MapDocument, convert, diff, fmt, lint, read_map
    from kundresa.documents.drawing import draw
    from kundresa.events.sources import read_events
    from kundresa.measures.ask import measure_map, query
    from kundresa.measures.funnel import funnel
    from kundresa.measures.living_map import living_map, profiles_behind
    from kundresa.measures.transitions import transitions
    from kundresa.store import EventTable, Store

__all__ = [
    "BadInputError", "EventTable", "KundresaError", "MapDocument", "Store", "convert", "diff",
    "draw", "fmt", "funnel", "lint", "living_map", "measure_map", "profiles_behind", "query",
    "read_events", "read_map", "transitions",
]  # fmt: skip

_HOMES: Final = {
    "core.errors": ("BadInputError", "KundresaError"),
    "documents": ("MapDocument", "convert", "diff", "fmt", "lint", "read_map"),
    "documents.drawing": ("draw",),
    "events.sources": ("read_events",),
    "measures.ask": ("measure_map", "query"),
    "measures.funnel": ("funnel",),
    "measures.living_map": ("living_map", "profiles_behind"),
    "measures.transitions": ("transitions",),
    "store": ("EventTable", "Store"),
}
_HOME_OF: Final = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    # Found when asked for, so that a command that measures nothing doesn't wait for numpy.
    if name not in _HOME_OF:
        raise AttributeError(f"module 'kundresa' has no attribute {name!r}")
    return getattr(import_module(f"kundresa.{_HOME_OF[name]}"), name)
