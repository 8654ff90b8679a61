"""Mail: what a reader sees, and every way a server can say no, in real conversations."""

from __future__ import annotations

import socket
import threading
import traceback
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kundresa.core import mail
from kundresa.core.errors import BadInputError
from kundresa.core.mail import (
    Mail,
    MailDelayedError,
    MailRefusedError,
    check_server,
    compose,
    mail_host,
    send,
)
from kundresa.core.mail_server import Mailbox, MailServer, mail_server_of, mailbox_of
from tests.support.server import free_port
from tests.support.smtp_sink import CERTIFICATE, SmtpSink

PASSWORD = "hush-hush"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SENDER = Mailbox("kundresa@firma.example", "Kundresa på Firman")
MAIL = Mail(
    id="one",
    to="bob@xn--btar-qoa.example",
    subject="Åsa bjuder in dig till Båtar & bilar",
    text="Öppna länken:\nhttps://kundresa.example/join/" + "x" * 120 + "\n",
    html="<p>Öppna länken</p>",
    language="sv",
)


@pytest.fixture
def sink() -> Iterator[SmtpSink]:
    with SmtpSink() as found:
        yield found


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust the certificate of the sink, as a company trusts its own authority."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))


def hand_over(url: str, written: Mail = MAIL) -> None:
    message = compose(written, sender=SENDER, host="kundresa.example", now=NOW)
    send(message, mail_server_of(url), hello="kundresa.example")


def test_a_mail_arrives_as_it_was_written(sink: SmtpSink) -> None:
    hand_over(sink.url)
    (got,) = sink.mails
    assert (got.sender, got.to) == ("kundresa@firma.example", ["bob@xn--btar-qoa.example"])
    assert got.subject == MAIL.subject
    assert str(got.message["From"]) == "Kundresa på Firman <kundresa@firma.example>"
    assert got.text.replace("\r\n", "\n") == MAIL.text
    assert got.html.strip() == MAIL.html
    assert got.message["Message-ID"] == "<one@kundresa.example>"
    assert got.message["Auto-Submitted"] == "auto-generated"
    assert got.message["Content-Language"] == "sv"
    assert got.message["Date"].datetime == NOW
    assert got.raw.isascii()


def test_an_address_with_a_nordic_domain_is_reached(sink: SmtpSink) -> None:
    hand_over(sink.url, replace(MAIL, to="Bob <bob@båtar.example>"))
    assert sink.mails[0].to == ["bob@xn--btar-qoa.example"]


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("subject", "Hello\r\nBcc: eve@firma.example"),
        ("subject", "Hello\u2028there"),
        ("to", "Bob\nBcc: eve@firma.example <bob@firma.example>"),
        ("to", "bob@firma.example\r\nBcc: eve@firma.example"),
        ("to", "bob@firma.example, eve@firma.example"),
        ("to", "bob"),
        ("to", "bob@"),
        ("to", "bob@firma..example"),
    ],
)
def test_what_would_add_a_header_or_a_reader_is_refused_with_its_place(
    place: str, value: str
) -> None:
    with pytest.raises(BadInputError) as refusal:
        compose(replace(MAIL, **{place: value}), sender=SENDER, host="firma.example", now=NOW)
    assert [fault.place for fault in refusal.value.faults] == [place]
    assert refusal.value.faults[0].hint


@given(subject=st.text(max_size=200), name=st.text(max_size=60))
def test_no_text_ever_adds_a_header_or_a_reader(subject: str, name: str) -> None:
    written = replace(MAIL, subject=subject, to=f"{name} <bob@firma.example>")
    plain = compose(MAIL, sender=SENDER, host="firma.example", now=NOW)
    try:
        message = compose(written, sender=SENDER, host="firma.example", now=NOW)
    except BadInputError:
        return
    assert message.keys() == plain.keys()
    assert [one.addr_spec for one in message["To"].addresses] == ["bob@firma.example"]
    assert str(message["Subject"]) == subject
    head = message.as_bytes().partition(b"\n\n")[0]
    begun = [line.partition(b":")[0].decode() for line in head.splitlines() if line[:1].strip()]
    assert sorted(begun) == sorted(plain.keys())


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://kundresa.example/x", "kundresa.example"),
        ("https://båtar.example", "xn--btar-qoa.example"),
        ("http://127.0.0.1:8600", "[127.0.0.1]"),
        ("http://[::1]:8600", "[IPv6:::1]"),
        ("https://kund resa..example", "localhost"),
    ],
)
def test_a_message_is_named_by_the_host_of_the_pages(address: str, host: str) -> None:
    assert mail_host(address) == host


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_a_server_that_says_later_is_asked_again_later(sink: SmtpSink, command: str) -> None:
    sink.answer(command, "451 4.7.1 Grey, come back")
    with pytest.raises(MailDelayedError, match=r"451 4\.7\.1 Grey, come back"):
        hand_over(sink.url)
    assert not sink.mails
    hand_over(sink.url)
    assert len(sink.mails) == 1


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_a_server_that_says_never_is_believed(sink: SmtpSink, command: str) -> None:
    sink.answer(command, "550 5.1.1 No such mailbox")
    with pytest.raises(MailRefusedError, match=r"550 5\.1\.1 No such mailbox") as refusal:
        hand_over(sink.url)
    assert refusal.value.is_permanent
    assert not MailDelayedError.is_permanent


def test_a_bad_farewell_does_not_undo_a_mail_that_was_taken(sink: SmtpSink) -> None:
    sink.answer("QUIT", "421 Going down")
    hand_over(sink.url)
    assert len(sink.mails) == 1


def test_nobody_there_is_for_later_and_named() -> None:
    port = free_port()
    with pytest.raises(MailDelayedError, match=f"localhost:{port} can't be reached") as refusal:
        hand_over(f"smtp://localhost:{port}?tls=none")
    assert "KUNDRESA_SMTP_URL" in refusal.value.hint


@pytest.mark.parametrize("how", ["silence", "nonsense", "goodbye"])
def test_something_that_is_no_mail_server_is_for_later(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "_TIMEOUT", 0.2 if how == "silence" else 20)
    said = {"silence": b"", "nonsense": b"HTTP/1.1 400 Bad Request\r\n", "goodbye": b""}[how]
    with socket.create_server(("127.0.0.1", 0)) as other, ExitStack() as open_until_the_end:

        def answer() -> None:
            caller = other.accept()[0]
            caller.sendall(said)
            if how == "silence":
                open_until_the_end.enter_context(caller)
            else:
                caller.close()

        thread = threading.Thread(target=answer)
        thread.start()
        words = {"silence": "timed out", "nonsense": "not speak SMTP", "goodbye": "closed"}[how]
        with pytest.raises(MailDelayedError, match=f"can't be reached .*{words}"):
            hand_over(f"smtp://127.0.0.1:{other.getsockname()[1]}?tls=none")
        thread.join()


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("how", ["starttls", "tls"])
def test_an_encrypted_login_is_made_where_the_certificate_is_trusted(how: str) -> None:
    login = ("kundresa", PASSWORD)
    with SmtpSink(login=login, starttls=how == "starttls", tls=how == "tls") as sink:
        check_server(mail_server_of(sink.url))
        hand_over(sink.url)
    assert sink.logins == ["kundresa", "kundresa"]
    assert len(sink.mails) == 1


@pytest.mark.parametrize("how", ["starttls", "tls"])
def test_a_certificate_that_nobody_trusts_is_refused(how: str) -> None:
    login = ("kundresa", PASSWORD)
    with (
        SmtpSink(login=login, starttls=how == "starttls", tls=how == "tls") as sink,
        pytest.raises(MailDelayedError, match="certificate that can't be trusted"),
    ):
        hand_over(sink.url)
    assert not sink.logins
    assert not sink.mails


@pytest.mark.usefixtures("trusted")
def test_a_certificate_for_another_name_is_refused() -> None:
    with (
        SmtpSink(starttls=True) as sink,
        pytest.raises(MailDelayedError, match=r"certificate.*127\.0\.0\.1"),
    ):
        hand_over(sink.url_with("", "", host="127.0.0.1"))
    assert not sink.mails


def test_a_server_without_starttls_gets_nothing_in_the_open(sink: SmtpSink) -> None:
    with pytest.raises(MailDelayedError, match=r"does not offer what is asked for .STARTTLS"):
        hand_over(f"smtp://localhost:{sink.port}")
    assert not sink.mails


def test_a_wrong_password_is_told_without_it() -> None:
    with (
        SmtpSink(login=("kundresa", "right")) as sink,
        pytest.raises(MailDelayedError, match="name and password") as refusal,
    ):
        hand_over(sink.url_with("kundresa", PASSWORD))
    assert "535" in refusal.value.message
    assert "hush" not in "".join(traceback.format_exception(refusal.value))


def test_a_password_that_a_server_repeats_is_blanked(sink: SmtpSink) -> None:
    server = MailServer("localhost", sink.port, "none")
    sink.answer("DATA", f"550 Who is {PASSWORD}?")
    message = compose(MAIL, sender=SENDER, host="kundresa.example", now=NOW)
    with pytest.raises(MailRefusedError, match=PASSWORD):
        send(message, server)
    with SmtpSink(login=("kundresa", PASSWORD)) as strict:
        strict.answer("DATA", f"550 Who is {PASSWORD}?")
        with pytest.raises(MailRefusedError, match=r"Who is \*\*\*\?") as refusal:
            send(message, mail_server_of(strict.url))
    assert "hush" not in "".join(traceback.format_exception(refusal.value))


def test_a_server_that_misses_a_login_keeps_the_mail_waiting() -> None:
    with (
        SmtpSink(login=("kundresa", "right")) as sink,
        pytest.raises(MailDelayedError, match="wants a login"),
    ):
        hand_over(f"smtp://localhost:{sink.port}?tls=none")


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", MailServer("mail.example", 587, "starttls")),
        ("smtps://mail.example", MailServer("mail.example", 465, "tls")),
        ("smtp://mail.example?tls=tls", MailServer("mail.example", 465, "tls")),
        ("smtp://mail.example:2525/?tls=none", MailServer("mail.example", 2525, "none")),
        ("smtp://a%40b:c%2Fd%25@[::1]:25?tls=none", MailServer("::1", 25, "none", "a@b", "c/d%")),
    ],
)
def test_an_address_of_a_server_is_read(url: str, server: MailServer) -> None:
    assert mail_server_of(url) == server


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("mail.example", "is not the address"),
        ("smtp://", "names no server"),
        ("smtp://a:hush/hush@mail.example", "is not an address"),
        ("smtp://mail.example/path", "more than"),
        ("smtp://mail.example?tls=maybe", "unknown tls"),
        ("smtp://mail.example?ssl=1", "other than tls"),
        ("smtps://mail.example?tls=none", "smtps"),
        ("smtp://name@mail.example", "both a name and a password"),
        ("smtp://name:håsh@mail.example", "a letter"),
        ("smtp://name:hush@mail.example?tls=none", "unprotected"),
    ],
)
def test_an_address_of_a_server_that_is_wrong_is_told_in_words(url: str, told: str) -> None:
    with pytest.raises(ValueError, match=told) as refusal:
        mail_server_of(url)
    assert "hush" not in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "mailbox"),
    [
        ("anna@firma.se", Mailbox("anna@firma.se")),
        ('"Firma, Å" <anna@firma.se>', Mailbox("anna@firma.se", "Firma, Å")),
        (" Anna <a.b+c@båtar.se> ", Mailbox("a.b+c@xn--btar-qoa.se", "Anna")),
    ],
)
def test_a_mailbox_is_read(text: str, mailbox: Mailbox) -> None:
    assert mailbox_of(text) == mailbox
