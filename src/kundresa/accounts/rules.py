"""Who may do what; no input or output."""

from __future__ import annotations

import ipaddress
from collections.abc import Container
from typing import Final

FORWARDED: Final = (
    "Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto",
    "X-Forwarded-Server", "X-Real-IP",
)  # fmt: skip
"""What a server in front of us adds; with one, the address at the other end says nothing."""


def is_from_this_machine(address: str, headers: Container[str]) -> bool:
    """Tell whether a request comes from this machine itself, and not through another server."""
    try:
        is_loopback = ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
    return is_loopback and not any(name in headers for name in FORWARDED)
