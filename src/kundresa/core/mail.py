"""Mail to members: one message, handed to one server.

A fault is either for now (``MailDelayedError``: try again later) or for ever
(``MailRefusedError``). No error and no log line holds the password.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from kundresa.core.errors import BadInputError, Fault, KundresaError, raise_if_faulty, shown
from kundresa.core.mail_server import Mailbox, MailServer, mailbox_of, plain_domain

_TIMEOUT: Final = 20.0
_LONGEST_SAID: Final = 300
# What a server answers when it is the login or the encryption that it misses: nothing about
# this mail, so it is kept until the settings are mended.
_ABOUT_THE_SESSION: Final = frozenset({530, 534, 535, 538})


class MailDelayedError(KundresaError):
    """The mail could not be handed over now; it may be later."""

    status = 503
    code = "mail_delayed"


class MailRefusedError(KundresaError):
    """The mail will never be taken as it is."""

    code = "mail_refused"
    is_permanent = True


@dataclass(frozen=True)
class Mail:
    """What is sent; ``id`` stays the same when it is sent again, so that a mailbox sees it once."""

    id: str
    to: str
    subject: str
    text: str
    html: str
    language: str = "en"


def mail_host(address: str) -> str:
    """Give the host of a web address as mail writes it."""
    host = urlsplit(address).hostname or "localhost"
    try:
        version = ip_address(host).version
    except ValueError:
        return plain_domain(host) or "localhost"
    return f"[IPv6:{host}]" if version == 6 else f"[{host}]"


def compose(mail: Mail, *, sender: Mailbox, host: str, now: datetime) -> EmailMessage:
    """Make the message: plain text, and the same in HTML.

    Raises
    ------
    BadInputError
        If an address can't be one, or a line break would begin a header of its own.
    """
    to = _recipient(mail)
    message = EmailMessage()
    message["From"] = Address(sender.name, addr_spec=sender.address)
    message["To"] = Address(to.name, addr_spec=to.address)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{mail.id}@{host}>"
    # Absence notices and the like answer no machine (RFC 3834; the second is Outlook's).
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    # Written so that a server that knows letters of seven bits only takes it, too.
    message.set_content(mail.text, cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    # Last, because what describes content moves into the first part when a second one comes.
    message["Content-Language"] = mail.language
    return message


def _recipient(mail: Mail) -> Mailbox:
    faults = [] if is_one_line(mail.subject) else [one_line_fault("subject", mail.subject)]
    to = None
    try:
        to = mailbox_of(mail.to)
    except ValueError as error:
        said = f"{shown(mail.to)} {error}."
        faults.append(Fault("to", said, "Write one like anna@firma.se."))
    raise_if_faulty(faults, "The mail")
    if to is None:
        raise BadInputError("The mail has no address.")
    return to


def is_one_line(text: str) -> bool:
    """Tell whether a text can stand in a header: no line break, nothing that can't be printed."""
    return text.isprintable()


def one_line_fault(place: str, text: str) -> Fault:
    """Say that a text has a line break where it may not."""
    said = f"{shown(text)} has a line break or another sign that can't be printed."
    return Fault(place, said, "Write it on one line.")


def send(message: EmailMessage, server: MailServer, *, hello: str = "localhost") -> None:
    """Hand a message over; ``hello`` is how this machine names itself.

    Raises
    ------
    MailDelayedError
        If there was no connection, no trust, no login, or the server says "not now" (4xx).
    MailRefusedError
        If the server will never take this mail (5xx).
    """
    with _session(server, hello) as session:
        try:
            session.send_message(message)
        except (smtplib.SMTPException, OSError) as error:
            raise _not_sent(server, error) from None


def check_server(server: MailServer, *, hello: str = "localhost") -> None:
    """Greet the server and log in, as if there were mail; raises ``MailDelayedError``."""
    with _session(server, hello):
        pass


@contextmanager
def _session(server: MailServer, hello: str) -> Iterator[smtplib.SMTP]:
    try:
        session = _connect(server, hello)
    except (smtplib.SMTPException, OSError) as error:
        # Without the cause: it may repeat what we said, and so the password, in a traceback.
        raise _no_session(server, error) from None
    try:
        yield session
        # A mail that was taken must not count as failed for a bad farewell: it would come twice.
        with suppress(smtplib.SMTPException, OSError):
            session.quit()
    finally:
        session.close()


def _connect(server: MailServer, hello: str) -> smtplib.SMTP:
    # The default context trusts what the machine trusts and checks the server's name.
    context = ssl.create_default_context()
    session: smtplib.SMTP
    if server.tls == "tls":
        session = smtplib.SMTP_SSL(
            server.host, server.port, hello, timeout=_TIMEOUT, context=context
        )
    else:
        session = smtplib.SMTP(server.host, server.port, hello, timeout=_TIMEOUT)
    try:
        session.ehlo_or_helo_if_needed()
        if server.tls == "starttls":
            session.starttls(context=context)
        if server.name:
            session.login(server.name, server.password)
    except BaseException:
        session.close()
        raise
    return session


def _no_session(server: MailServer, error: Exception) -> MailDelayedError:
    if isinstance(error, ssl.SSLCertVerificationError):
        said = f"shows a certificate that can't be trusted ({_said(server, error)})."
        hint = "Use the name that the certificate is for, and trust whoever signed it."
    elif isinstance(error, smtplib.SMTPAuthenticationError):
        said = f"does not accept name and password ({_said(server, error)})."
        hint = "Check them in KUNDRESA_SMTP_URL."
    elif isinstance(error, smtplib.SMTPNotSupportedError):
        said = f"does not offer what is asked for ({_said(server, error)})."
        hint = "Check tls, name and password in KUNDRESA_SMTP_URL."
    else:
        said = f"can't be reached ({_said(server, error)})."
        hint = "Check server, port and tls in KUNDRESA_SMTP_URL, and that the server runs."
    return MailDelayedError(f"The mail server {server} {said}", hint=hint)


def _not_sent(server: MailServer, error: Exception) -> KundresaError:
    code, said = _code(error), _said(server, error)
    if code in _ABOUT_THE_SESSION:
        hint = "Check tls, name and password in KUNDRESA_SMTP_URL."
        return MailDelayedError(f"The mail server {server} wants a login ({said}).", hint=hint)
    if code >= 500:
        return MailRefusedError(f"The mail server {server} refuses the mail ({said}).")
    return MailDelayedError(f"The mail server {server} does not take the mail now ({said}).")


def _code(error: Exception) -> int:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return max((code for code, _ in error.recipients.values()), default=0)
    return error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else 0


def _said(server: MailServer, error: Exception) -> str:
    """Give the words of a fault on one line, without the password even where a server repeats it."""
    text = (error.strerror if isinstance(error, OSError) else "") or str(error)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        text = "; ".join(f"{code} {_plain(said)}" for code, said in error.recipients.values())
    elif isinstance(error, smtplib.SMTPResponseException):
        is_smtp = error.smtp_code > 0
        answer = f"{error.smtp_code} {_plain(error.smtp_error)}"
        text = answer if is_smtp else "it does not speak SMTP"
    elif isinstance(error, ssl.SSLCertVerificationError):
        text = error.verify_message
    elif isinstance(error, TimeoutError):
        text = f"no answer within {_TIMEOUT:.0f} seconds"
    elif isinstance(error, socket.gaierror):
        text = "there is no such name"
    said = " ".join((text or type(error).__name__).split())
    if server.password:
        said = said.replace(server.password, "***")
    return said if len(said) <= _LONGEST_SAID else f"{said[:_LONGEST_SAID]}…"


def _plain(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said
