"""People's names where there is room for two letters."""

from __future__ import annotations


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
