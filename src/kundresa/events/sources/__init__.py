"""Files become events: a mapping says which columns mean what, and every row is accounted for.

Knows no database: the same reading serves a command without a workspace and a job with one.
"""

from kundresa.events.sources.jsonl import read_jsonl
from kundresa.events.sources.mapping import Mapping, read_mapping
from kundresa.events.sources.rows import Reading, Rejected, read_mapped

__all__ = ["Mapping", "Reading", "Rejected", "read_jsonl", "read_mapped", "read_mapping"]
