"""The door to events."""

from kundresa.events.actions import (
    close_source,
    ensure_first_source,
    erase_profile,
    finish_erasure,
    make_source,
    replay_ledger,
    take_in,
    take_in_pieces,
    taken_in,
)
from kundresa.events.contracts import Erased, Held, Imported
from kundresa.events.queries import (
    exports_of,
    held_about,
    inbox_days,
    quarantine_of,
    records_of,
    set_aside_count,
    store_of,
    unsealed_of,
    write_keys,
)
from kundresa.events.sealing import drop_sealed_days, seal_inbox, tidy_store

__all__ = [
    "Erased",
    "Held",
    "Imported",
    "close_source",
    "drop_sealed_days",
    "ensure_first_source",
    "erase_profile",
    "exports_of",
    "finish_erasure",
    "held_about",
    "inbox_days",
    "make_source",
    "quarantine_of",
    "records_of",
    "replay_ledger",
    "seal_inbox",
    "set_aside_count",
    "store_of",
    "take_in",
    "take_in_pieces",
    "taken_in",
    "tidy_store",
    "unsealed_of",
    "write_keys",
]
