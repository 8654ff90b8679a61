"""One JSON tree for matchers, segments, branches, goals and filters.

A condition is checked once (`faults_in`), then compiled: to a closure over one event
(`as_predicate`) or to a mask over the columns of many (`as_mask`). Both must say the same of
every event; a property test holds them to it.

A value of another type is missing, and what is missing never matches; ``not`` is the plain
complement.
"""

from kundresa.core.conditions.check import (
    event_names_in,
    faults_in,
    normalised,
    properties_in,
)
from kundresa.core.conditions.compile import Columns, as_mask, as_predicate

__all__ = [
    "Columns",
    "as_mask",
    "as_predicate",
    "event_names_in",
    "faults_in",
    "normalised",
    "properties_in",
]
