"""The door to events."""

from kundresa.events.actions import close_source, ensure_first_source, make_source, seal_inbox
from kundresa.events.queries import set_aside_count, store_of, write_keys

__all__ = [
    "close_source",
    "ensure_first_source",
    "make_source",
    "seal_inbox",
    "set_aside_count",
    "store_of",
    "write_keys",
]
