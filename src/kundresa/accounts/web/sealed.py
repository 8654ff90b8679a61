"""Secrets that must be read again, such as the key of a code app: sealed with the secret key.

Whoever reads the database, or a copy of it, has no codes. Whoever has the data folder, too, where
the secret key lies unless it is set, has both.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Final

from cryptography.fernet import Fernet
from django.conf import settings

_MARK: Final = "sealed:"


def seal(text: str) -> str:
    """Give a text that only the secret key opens."""
    return _MARK + _box().encrypt(text.encode()).decode()


def unseal(kept: str) -> str:
    """Give the text again; what was kept before texts were sealed comes as it is.

    Raises
    ------
    cryptography.fernet.InvalidToken
        If the secret key is another one now.
    """
    if not kept.startswith(_MARK):
        return kept
    return _box().decrypt(kept.removeprefix(_MARK).encode()).decode()


def _box() -> Fernet:
    key = hashlib.sha256(b"kundresa sealed " + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
