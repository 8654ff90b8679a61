"""Addresses around mail, as settings give them: of the server that takes it, and of a mailbox.

Apart from sending, because settings are read by every command. What is wrong is told by a
ValueError whose words hold nothing of an address that may hold a password.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final, Literal, cast, get_args
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

Tls = Literal["starttls", "tls", "none"]
_PORTS: Final[dict[Tls, int]] = {"starttls": 587, "tls": 465, "none": 25}
_NAMED: Final = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>")
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL: Final = re.compile(rf"{_ATOM}(\.{_ATOM})*")
_LABEL: Final = r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
_DOMAIN: Final = re.compile(rf"{_LABEL}(\.{_LABEL})*")


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed over, and how."""

    host: str
    port: int
    tls: Tls = "starttls"
    name: str = ""
    password: str = field(default="", repr=False)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Mailbox:
    """Where one mail comes from or goes to; ``address`` is ASCII, whatever the domain was."""

    address: str
    name: str = ""


def mail_server_of(url: str) -> MailServer:
    """Read ``smtp://name:password@host:587?tls=starttls`` or ``smtps://…``."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        # The library's own words repeat what it could not read, which may be the password.
        raise ValueError("is not an address") from None
    if parts.scheme not in {"smtp", "smtps"}:
        raise ValueError("is not the address of a mail server")
    if not parts.hostname:
        raise ValueError("names no server")
    if parts.path.strip("/") or parts.fragment:
        raise ValueError("has more than name, password, server and port")
    tls = _tls_of(parts)
    name, password = unquote(parts.username or ""), unquote(parts.password or "")
    _check_login(name, password, is_open=tls == "none" and not _is_this_machine(parts.hostname))
    return MailServer(parts.hostname, port or _PORTS[tls], tls, name, password)


def _tls_of(parts: SplitResult) -> Tls:
    asked = parse_qsl(parts.query, keep_blank_values=True)
    if any(key != "tls" for key, _ in asked) or len(asked) > 1:
        raise ValueError("asks for something other than tls")
    default = "tls" if parts.scheme == "smtps" else "starttls"
    tls = dict(asked).get("tls", default)
    if tls not in get_args(Tls):
        raise ValueError("asks for an unknown tls")
    if parts.scheme == "smtps" and tls != "tls":
        raise ValueError("begins with smtps, which is tls from the start, and asks for another")
    return cast("Tls", tls)


def _check_login(name: str, password: str, *, is_open: bool) -> None:
    if bool(name) != bool(password):
        raise ValueError("needs both a name and a password, or neither")
    if not (name + password).isascii():
        raise ValueError("has a letter in name or password that mail servers don't take")
    if name and is_open:
        raise ValueError("would send the password unprotected, as tls is none")


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def mailbox_of(text: str) -> Mailbox:
    """Read ``anna@firma.se`` or ``Anna på Firman <anna@firma.se>``."""
    named = _NAMED.fullmatch(text.strip())
    name = named["name"].strip().strip('"').strip() if named else ""
    if not name.isprintable():
        raise ValueError("has a line break or another sign in the name that can't be printed")
    return Mailbox(_mail_address(named["address"].strip() if named else text.strip()), name)


def _mail_address(text: str) -> str:
    local, _, domain = text.rpartition("@")
    plain = plain_domain(domain)
    if not (_LOCAL.fullmatch(local) and plain):
        raise ValueError("is not a mail address")
    if len(local) > 64 or len(local) + len(plain) > 253:
        raise ValueError("is too long for a mail address")
    return f"{local}@{plain}"


def plain_domain(domain: str) -> str:
    """Give a domain such as båtar.se in its ASCII form, which every server takes; "" if it is none."""
    try:
        plain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
    return plain if _DOMAIN.fullmatch(plain) else ""
