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
from kundresa.events.contracts import (
    Erased,
    Held,
    Imported,
    ReadingsWithin,
    SeriesKept,
    SeriesTotal,
)
from kundresa.events.queries import (
    exports_of,
    held_about,
    inbox_days,
    records_of,
    set_aside_count,
    store_of,
    unsealed_of,
    write_keys,
)
from kundresa.events.readings import reading_series, reading_totals, readings_within
from kundresa.events.sealing import drop_sealed_days, seal_inbox, tidy_store

__all__ = [
    "Erased",
    "Held",
    "Imported",
    "ReadingsWithin",
    "SeriesKept",
    "SeriesTotal",
    "close_source",
    "drop_sealed_days",
    "ensure_first_source",
    "erase_profile",
    "exports_of",
    "finish_erasure",
    "held_about",
    "inbox_days",
    "make_source",
    "reading_series",
    "reading_totals",
    "readings_within",
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
