"""One JSON tree for matchers, segments, branches, goals and filters.

A condition is checked once, then compiled three ways: to a closure over one thing, to a mask over
the columns of many, and to SQL. All three say the same; property tests hold them to it. There
are two sorts, of an event (`faults_in`, `as_predicate`, `as_mask`, `as_sql`) and of a profile
(the same names with ``profile``); ``did`` and ``then`` make the second out of the first.

A value of another type is missing, and what is missing never matches; ``not`` is the plain
complement.
"""

from kundresa.core.conditions.check import faults_in, profile_faults_in
from kundresa.core.conditions.closure import (
    Predicate,
    ProfileFacts,
    ProfilePredicate,
    as_predicate,
    as_profile_predicate,
)
from kundresa.core.conditions.mask import Columns, ProfileColumns, as_mask, as_profile_mask
from kundresa.core.conditions.sql import Dialect, Sql, SqlNames, as_profile_sql, as_sql, fragment
from kundresa.core.conditions.words import (
    event_names_in,
    normalised,
    properties_in,
    segments_in,
    traits_in,
)

__all__ = [
    "Columns",
    "Dialect",
    "Predicate",
    "ProfileColumns",
    "ProfileFacts",
    "ProfilePredicate",
    "Sql",
    "SqlNames",
    "as_mask",
    "as_predicate",
    "as_profile_mask",
    "as_profile_predicate",
    "as_profile_sql",
    "as_sql",
    "event_names_in",
    "faults_in",
    "fragment",
    "normalised",
    "profile_faults_in",
    "properties_in",
    "segments_in",
    "traits_in",
]
