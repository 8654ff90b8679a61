"""The door to profiles."""

from kundresa.profiles.actions import (
    BEHIND,
    forget_profiles,
    make_profiles,
    rejoin_profile,
    set_merge_rules,
    split_profile,
)
from kundresa.profiles.contracts import (
    Counts,
    IdentifierSeen,
    Link,
    MergeRules,
    ProfileSeen,
    SharedIdentifier,
)
from kundresa.profiles.queries import (
    accounts_of,
    counts,
    find_profiles,
    identifiers_of,
    known_names,
    knows_all,
    links_of,
    made_through,
    members_of,
    merge_rules,
    profile_of,
    shared_identifiers,
    told_of,
)

TABLES = (
    "profiles_profile", "profiles_identifier", "profiles_account", "profiles_membership",
    "profiles_merge", "profiles_shared",
)  # fmt: skip
"""What an erasure takes rows from."""

__all__ = [
    "BEHIND",
    "TABLES",
    "Counts",
    "IdentifierSeen",
    "Link",
    "MergeRules",
    "ProfileSeen",
    "SharedIdentifier",
    "accounts_of",
    "counts",
    "find_profiles",
    "forget_profiles",
    "identifiers_of",
    "known_names",
    "knows_all",
    "links_of",
    "made_through",
    "make_profiles",
    "members_of",
    "merge_rules",
    "profile_of",
    "rejoin_profile",
    "set_merge_rules",
    "shared_identifiers",
    "split_profile",
    "told_of",
]
