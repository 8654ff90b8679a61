"""Names of people and roles, as a page shows them."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

ROLES: Final = {
    "owner": _("Owner"),
    "editor": _("Editor"),
    "commenter": _("Commenter"),
    "viewer": _("Viewer"),
    "guest": _("Guest"),
}


def initials_of(name: str) -> str:
    """Give the first letters of the first and the last word of a name.

    Examples
    --------
    >>> initials_of("alice maria Åkesson"), initials_of("bob@example.com"), initials_of(" ")
    ('AÅ', 'B', '?')
    """
    words = name.split()
    ends = words[:1] + words[1:][-1:]
    return "".join(word[0] for word in ends).upper() or "?"


def role_in_words(role: Any) -> Any:
    """Say a role in the language of the reader; one that is not known stands as it is."""
    return ROLES.get(str(role), role)
