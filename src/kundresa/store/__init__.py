"""The event store: immutable parts, and the version that says which of them count.

Enter by `Store` (a folder) or `EventTable` (columns in memory, from a file or a frame).
"""

from kundresa.store.folder import Store, Version
from kundresa.store.table import EventTable

__all__ = ["EventTable", "Store", "Version"]
