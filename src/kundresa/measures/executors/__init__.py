"""Executors: who runs a kernel over which units. Partials add, so it may be anybody."""

from kundresa.measures.executors.threads import (
    CancelledError,
    Progress,
    Range,
    accumulate,
    ranges_of,
    run,
    threads_of,
)

__all__ = ["CancelledError", "Progress", "Range", "accumulate", "ranges_of", "run", "threads_of"]
