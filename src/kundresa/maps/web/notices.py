"""The notices of the measures in the language of the reader.

Measures know no languages and write English. Until a notice comes with its values apart, its
sentence is taken to pieces here; one that fits no pattern stands as it was written.
"""

from __future__ import annotations

import re

from django.utils.translation import gettext as _


def in_language(notice: str) -> str:
    """Say a notice in the active language."""
    for pattern, text in _told():
        if found := re.fullmatch(pattern, notice):
            return text % found.groupdict()
    return notice


def _told() -> list[tuple[str, str]]:
    return [
        (r"(?P<count>\d+) value events in (?P<currency>\w+) are not counted: the map's money is in (?P<chosen>\w+)\.",
         _("%(count)s value events in %(currency)s are not counted: the map's money is in %(chosen)s.")),
        (r"(?P<count>\d+) value events name no currency and are counted as (?P<chosen>\w+)\.",
         _("%(count)s value events name no currency and are counted as %(chosen)s.")),
        (r"Touchpoint '(?P<name>.+)' is not in the map's list\.",
         _("Touchpoint “%(name)s” is not in the map's list.")),
        (r"(?P<count>\d+) map events have no profile and are in no journey\.",
         _("%(count)s map events have no profile and are in no journey.")),
        (r"(?P<count>\d+) map events have no account and are in no journey\.",
         _("%(count)s map events have no account and are in no journey.")),
        (r"(?P<count>\d+) map events have no property '(?P<name>.+)' and are in no journey\.",
         _("%(count)s map events have no property “%(name)s” and are in no journey.")),
    ]  # fmt: skip
