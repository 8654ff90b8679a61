"""Mail to members: written down with the change that it tells of, sent by a worker afterwards.

A mail that waits is a job, so it is there exactly when the change is. It holds facts, not text:
the text is made when it is sent, outside any transaction. The facts hold links that let in
whoever has them, and are gone from the database once the mail is sent or given up.

At least once: when a worker dies between the server's yes and the row, the mail is sent again,
under the same Message-ID.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings as framework
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext, gettext_noop

from kundresa.core.clock import now
from kundresa.core.errors import Fault, known_values, raise_if_faulty, shown
from kundresa.core.ids import new_id
from kundresa.core.mail import (
    Mail,
    MailDelayedError,
    MailRefusedError,
    compose,
    is_one_line,
    mail_host,
    one_line_fault,
    send,
)
from kundresa.core.mail_server import mailbox_of
from kundresa.core.settings import Settings, settings
from kundresa.jobs.api import SECRET, enqueue, failed_jobs, open_job_count

SEND_MAIL: Final = "send_mail"

MAIL_KINDS: Final[Mapping[str, frozenset[str]]] = {
    "invitation": frozenset({"workspace", "inviter", "role", "link", "days"}),
    "password_reset": frozenset({"link", "hours"}),
    "email_confirm": frozenset({"link"}),
    "welcome_link": frozenset({"workspace", "link", "days"}),
}
"""The facts that each kind of mail tells."""

_ROLES: Final = {
    "owner": gettext_noop("owner"),
    "editor": gettext_noop("editor"),
    "commenter": gettext_noop("commenter"),
    "viewer": gettext_noop("viewer"),
}

_UNITS: Final = {"days": timedelta(days=1), "hours": timedelta(hours=1)}

MAIL_WAITS: Final = tuple(timedelta(minutes=n) for n in (0.5, 2, 5, 15, 30, 60, 120, 240, 480))
"""Servers that ask strangers to come back want minutes; one that is down may be so overnight."""

_PATH: Final = re.compile(r"/(?![/\\])[\x21-\x7e]*")


@dataclass(frozen=True)
class UndeliveredMail:
    """A mail that was given up, and why."""

    to: str
    kind: str
    reason: str
    given_up_at: datetime


def mail_is_set_up() -> bool:
    """Tell whether mail can be sent; where not, pages show the link to whoever may pass it on."""
    return settings().mail_server is not None


def post_mail(
    to: str,
    kind: str,
    language: str,
    facts: Mapping[str, str | int],
    workspace_id: int | None = None,
) -> bool:
    """Write a mail down, to be sent by a worker; call it inside the transaction of its change.

    Parameters
    ----------
    kind
        One of ``MAIL_KINDS``, with exactly its facts. ``link`` is a path on this installation:
        where it leads is for the settings to say and never for the request of a stranger.
    language
        That of the reader: en, sv, nb or da.

    Returns
    -------
    bool
        False where mail is not set up; then nothing was written.

    Raises
    ------
    BadInputError
        With every fault of address, kind, language and facts.
    """
    raise_if_faulty(list(_faults(to, kind, language, facts)), "The mail")
    if not mail_is_set_up():
        return False
    until = _last_moment(facts, now())
    payload = {
        "id": new_id(),
        "to": to,
        "mail": kind,
        "language": language,
        "until": until.isoformat() if until else None,
        SECRET: dict(facts),
    }
    enqueue(SEND_MAIL, payload, workspace_id=workspace_id)
    return True


def _faults(to: str, kind: str, language: str, facts: Mapping[str, str | int]) -> list[Fault]:
    found = []
    try:
        mailbox_of(to)
    except ValueError as error:
        found.append(Fault("to", f"{shown(to)} {error}.", "Write one like anna@firma.se."))
    languages = dict(framework.LANGUAGES)
    if language not in languages:
        said = f"{shown(language)} is no language that we write."
        found.append(Fault("language", said, known_values(language, languages)))
    if kind not in MAIL_KINDS:
        said = f"{shown(kind)} is no kind of mail."
        return [*found, Fault("kind", said, known_values(kind, MAIL_KINDS))]
    return [*found, *_fact_faults(kind, facts)]


def _fact_faults(kind: str, facts: Mapping[str, str | int]) -> Iterator[Fault]:
    wanted = MAIL_KINDS[kind]
    for name in sorted(wanted - facts.keys()):
        yield Fault(f"facts.{name}", "is missing.", f"{kind} tells {', '.join(sorted(wanted))}.")
    for name, value in facts.items():
        place = f"facts.{name}"
        if name not in wanted:
            yield Fault(place, f"is nothing that {kind} tells.", known_values(name, wanted))
        elif name in _UNITS:
            if not isinstance(value, int) or value < 1:
                yield Fault(place, f"{shown(value)} is no count.", "Write a whole number from 1.")
        elif name == "role":
            if value not in _ROLES:
                yield Fault(place, f"{shown(value)} is no role.", known_values(value, _ROLES))
        elif name == "link":
            if not _PATH.fullmatch(str(value)):
                # Not shown: it may be a link that lets somebody in.
                hint = "Write /like/this; the address stands in the settings."
                yield Fault(place, "is no path.", hint)
        elif not is_one_line(str(value)):
            yield one_line_fault(place, str(value))


def _last_moment(facts: Mapping[str, str | int], begin: datetime) -> datetime | None:
    spans = [unit * int(facts[name]) for name, unit in _UNITS.items() if name in facts]
    return begin + min(spans) if spans else None


def send_posted(payload: Mapping[str, Any], found: Settings, moment: datetime) -> None:
    """Make the text of a mail that was written down, and hand it to the server.

    Raises
    ------
    MailDelayedError
        If it can't be sent now.
    MailRefusedError
        If it can't be sent ever, or its link no longer works.
    """
    if found.mail_server is None:
        raise MailDelayedError("Mail is no longer set up.", hint="Set KUNDRESA_SMTP_URL.")
    if payload["until"] and moment >= datetime.fromisoformat(payload["until"]):
        raise MailRefusedError("The link in the mail ran out before the mail could be sent.")
    mail = mail_of(payload, found.address)
    host = mail_host(found.address)
    message = compose(mail, sender=found.mail_sender, host=host, now=moment)
    send(message, found.mail_server, hello=host)


def mail_of(payload: Mapping[str, Any], address: str) -> Mail:
    """Write a mail in the language of its reader."""
    facts = payload[SECRET]
    where = address.rstrip("/")
    with translation.override(payload["language"]):
        context = {**facts, "link": f"{where}{facts['link']}", "address": where}
        if role := facts.get("role"):
            word = _ROLES[role]
            context["role"] = gettext(word)
        subject = " ".join(_part(payload["mail"], "subject", context).split())
        context |= {"subject": subject, "language": payload["language"]}
        text = _part(payload["mail"], "txt", context)
        html = _part(payload["mail"], "html", context)
    return Mail(payload["id"], payload["to"], subject, text, html, payload["language"])


def _part(kind: str, part: str, context: Mapping[str, Any]) -> str:
    return render_to_string(f"accounts/mail/{kind}.{part}", dict(context)).strip() + "\n"


def waiting_mail_count() -> int:
    """Count the mails that are not sent yet."""
    return open_job_count(SEND_MAIL)


def undelivered_mails(since: datetime, workspace_id: int | None = None) -> list[UndeliveredMail]:
    """Give the mails of a workspace that were given up, the newest first."""
    failed = failed_jobs(SEND_MAIL, since=since, workspace_id=workspace_id)
    return [
        UndeliveredMail(job.payload["to"], job.payload["mail"], job.error, job.ended_at)
        for job in failed
    ]
