"""The door to events."""

from kundresa.events.actions import (
    close_source,
    ensure_first_source,
    make_source,
    seal_inbox,
    take_in,
    take_in_pieces,
    taken_in,
)
from kundresa.events.contracts import Imported
from kundresa.events.queries import set_aside_count, store_of, write_keys

__all__ = [
    "Imported",
    "close_source",
    "ensure_first_source",
    "make_source",
    "seal_inbox",
    "set_aside_count",
    "store_of",
    "take_in",
    "take_in_pieces",
    "taken_in",
    "write_keys",
]
