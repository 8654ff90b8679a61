"""The event store: immutable parts, and the version that says which of them count.

Enter by `Store` (a folder) or `EventTable` (columns in memory, from a file or a frame).
"""

from kundresa.store.snapshot import Slab, Snapshot
from kundresa.store.store import Store
from kundresa.store.table import EventTable
from kundresa.store.tables import table_of
from kundresa.store.version import Version

__all__ = ["EventTable", "Slab", "Snapshot", "Store", "Version", "table_of"]
