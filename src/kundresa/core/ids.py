"""Identities: random, sortable by the time they were made, and safe to show."""

from __future__ import annotations

import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def new_id() -> str:
    """Give 26 letters and digits that sort by millisecond of birth."""
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    letters = []
    for _ in range(26):
        letters.append(_ALPHABET[number & 31])
        number >>= 5
    return "".join(reversed(letters))


def new_secret(size: int = 32) -> str:
    """Give a secret that goes into a header or an address unquoted."""
    return secrets.token_urlsafe(size)
