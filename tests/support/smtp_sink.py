"""A mail server that keeps what it gets: a real conversation on a port of its own.

It may ask for STARTTLS or a login, and answer a command with any code::

    with SmtpSink(login=("kundresa", "secret")) as sink:
        sink.answer("DATA", "451 4.7.1 Later, please")  # once; then it takes mail again
        start_kundresa(KUNDRESA_SMTP_URL=sink.url)
        assert sink.mails[0].subject == "Välkommen"

The certificate is for ``localhost`` and signed by itself; ``SSL_CERT_FILE=CERTIFICATE`` makes a
client trust it.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import threading
from collections.abc import Awaitable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Self, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

CERTIFICATE = Path(__file__).parent / "smtp_sink.pem"


@dataclass(frozen=True)
class Received:
    """One mail as a reader would see it, and the envelope it came in."""

    sender: str
    to: list[str]
    message: EmailMessage
    raw: bytes = field(repr=False)

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        return self._part("plain")

    @property
    def html(self) -> str:
        return self._part("html")

    @property
    def links(self) -> list[str]:
        """Every web address in the plain text."""
        return re.findall(r"https?://\S+", self.text)

    def _part(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        assert part is not None, f"no {kind} part"
        return str(part.get_content())


class SmtpSink:
    """The server; use it as a context."""

    def __init__(
        self, *, login: tuple[str, str] | None = None, starttls: bool = False, tls: bool = False
    ) -> None:
        self.mails: list[Received] = []
        self.logins: list[str] = []
        self._login = login
        self._answers: dict[str, list[str]] = {}
        self._arrived = threading.Condition()
        self._is_encrypted = starttls or tls
        self._starttls, self._tls = starttls, tls
        context = _context() if self._is_encrypted else None
        self._server = _OnFreePort(
            _Handler(self),
            starttls=context if starttls else None,
            tls=context if tls else None,
            login=self._check_login if login else None,
        )

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    @property
    def port(self) -> int:
        return self._server.port

    @property
    def url(self) -> str:
        """What ``KUNDRESA_SMTP_URL`` must say to reach it."""
        return self.url_with(*(self._login or ("", "")))

    def url_with(self, name: str, password: str, *, host: str = "localhost") -> str:
        kind = "tls" if self._tls else "starttls" if self._starttls else "none"
        who = f"{name}:{password}@" if name else ""
        return f"smtp://{who}{host}:{self.port}?tls={kind}"

    def answer(self, command: str, *answers: str) -> None:
        """Answer the next times with these instead: RCPT, DATA, MAIL or QUIT."""
        self._answers.setdefault(command, []).extend(answers)

    def wait_for(self, count: int = 1, timeout: float = 30) -> list[Received]:
        """Wait until so many mails are there, as another process sends them."""
        with self._arrived:
            found = self._arrived.wait_for(lambda: len(self.mails) >= count, timeout)
        assert found, f"{len(self.mails)} mails instead of {count}"
        return self.mails

    def take(self, envelope: Any) -> None:
        message = cast("EmailMessage", message_from_bytes(envelope.content, policy=policy.default))
        with self._arrived:
            one = Received(envelope.mail_from, envelope.rcpt_tos, message, envelope.content)
            self.mails.append(one)
            self._arrived.notify_all()

    def next_answer(self, command: str) -> str | None:
        waiting = self._answers.get(command)
        return waiting.pop(0) if waiting else None

    def _check_login(
        self, _server: Any, _session: Any, _envelope: Any, mechanism: str, given: Any
    ) -> AuthResult:
        assert isinstance(given, LoginPassword)
        self.logins.append(given.login.decode())
        is_right = (given.login.decode(), given.password.decode()) == self._login
        return AuthResult(success=is_right, handled=False)


class _Handler:
    def __init__(self, sink: SmtpSink) -> None:
        self._sink = sink

    async def handle_MAIL(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if (said := self._sink.next_answer("MAIL")) is None:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return said or "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]
    ) -> str:
        if (said := self._sink.next_answer("RCPT")) is None:
            envelope.rcpt_tos.append(address)
        return said or "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if (said := self._sink.next_answer("DATA")) is None:
            self._sink.take(envelope)
        return said or "250 OK"

    async def handle_QUIT(self, _server: Any, _session: Any, _envelope: Any) -> str:  # noqa: N802
        return self._sink.next_answer("QUIT") or "221 Bye"


class _OnFreePort(Controller):
    def __init__(
        self,
        handler: _Handler,
        *,
        starttls: ssl.SSLContext | None,
        tls: ssl.SSLContext | None,
        login: Any,
    ) -> None:
        # Bound before it is told to anybody, so that nobody else can take the port.
        self._socket = socket.create_server(("127.0.0.1", 0))
        port = self._socket.getsockname()[1]
        super().__init__(handler, hostname="127.0.0.1", port=port, ssl_context=tls)
        self._starttls, self._login = starttls, login

    def factory(self) -> SMTP:
        server = SMTP(
            self.handler,
            hostname="sink.example",
            tls_context=self._starttls,
            require_starttls=self._starttls is not None,
            auth_require_tls=False,
            authenticator=self._login,
        )
        # Set afterwards: asking for a login without TLS, as we do on this machine, warns.
        server._auth_required = self._login is not None
        return server

    def _create_server(self) -> Awaitable[asyncio.AbstractServer]:
        return self.loop.create_server(
            self._factory_invoker, sock=self._socket, ssl=self.ssl_context
        )


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context
