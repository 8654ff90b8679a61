"""Mail to members: there with its change, sent by the worker, and its links gone afterwards."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as framework
from django.db import transaction
from django.utils import timezone, translation
from structlog.testing import capture_logs

from kundresa.accounts import api, mailing
from kundresa.accounts.jobs import send_mail
from kundresa.cli import doctor
from kundresa.core.errors import BadInputError
from kundresa.core.mail import MailRefusedError
from kundresa.core.settings import settings
from kundresa.documents.drawing import theme
from kundresa.jobs.api import claim, finish
from kundresa.jobs.models import Job
from kundresa.project.data_folder import DataFolder
from kundresa.project.worker import Worker
from tests.support.smtp_sink import SmtpSink

pytestmark = [pytest.mark.db, pytest.mark.django_db(transaction=True)]

PASSWORD = "hush-hush"
LINK = "/join/s3cr3t/?step=1&x=2"
INVITATION: dict[str, str | int] = {
    "workspace": "Åsas <båtar> & bilar",
    "inviter": "Alice",
    "role": "editor",
    "link": LINK,
    "days": 7,
}
FACTS: dict[str, dict[str, str | int]] = {
    "invitation": INVITATION,
    "password_reset": {"link": LINK, "hours": 2},
    "email_confirm": {"link": LINK},
    "welcome_link": {"workspace": "Åsas <båtar> & bilar", "link": LINK, "days": 1},
}
PACKAGE = Path(mailing.__file__).parents[1]
TOKENS = PACKAGE / "ui/look/tokens.css"
FRAME = PACKAGE / "accounts/templates/accounts/mail/_frame.html"
LANGUAGES = ("en", "sv", "nb", "da")
SetUp = Callable[[str], None]


@pytest.fixture
def set_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SetUp]:
    """Tell where the mail server is, as the environment would."""

    def tell(url: str) -> None:
        monkeypatch.setenv("KUNDRESA_SMTP_URL", url)
        settings.cache_clear()

    monkeypatch.setenv("KUNDRESA_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("KUNDRESA_MAIL_FROM", "Kundresa på Firman <kundresa@firma.example>")
    monkeypatch.setenv("KUNDRESA_BASE_URL", "https://kundresa.example/")
    monkeypatch.delenv("KUNDRESA_SMTP_URL", raising=False)
    settings.cache_clear()
    yield tell
    settings.cache_clear()


@pytest.fixture
def sink(set_up: SetUp) -> Iterator[SmtpSink]:
    with SmtpSink() as found:
        set_up(found.url)
        yield found


def post(kind: str = "invitation", language: str = "sv", **changed: Any) -> bool:
    return api.post_mail("bob@firma.example", kind, language, FACTS[kind] | changed)


def work() -> None:
    """Do what is due, and then what waits for another attempt, once."""
    worker = Worker(DataFolder(settings().data_dir))
    Job.objects.filter(state="waiting").update(run_at=timezone.now())
    while worker.do_one_job():
        pass


def rows() -> str:
    """Everything that the table of jobs holds."""
    return json.dumps(list(Job.objects.values()), default=str)


def test_an_invitation_is_sent_once_in_the_readers_language(sink: SmtpSink) -> None:
    assert post()
    work()
    work()
    (mail,) = sink.mails
    assert mail.to == ["bob@firma.example"]
    assert mail.subject == "Alice bjuder in dig till Åsas <båtar> & bilar"
    assert mail.message["From"].addresses[0].display_name == "Kundresa på Firman"
    assert mail.message["Message-ID"].endswith("@kundresa.example>")
    assert mail.links[0] == f"https://kundresa.example{LINK}"
    assert "Din roll där: redaktör." in mail.text
    assert "i 7 dagar" in mail.text
    assert Job.objects.get().state == "done"


def test_what_did_not_happen_is_not_mailed(sink: SmtpSink) -> None:
    with transaction.atomic():
        post()
        transaction.set_rollback(True)
    work()
    assert not sink.mails
    assert not Job.objects.exists()


def test_the_link_is_in_the_database_until_the_mail_is_sent(sink: SmtpSink) -> None:
    post()
    assert "s3cr3t" in rows()
    work()
    assert sink.mails
    assert "s3cr3t" not in rows()


def test_a_mail_that_is_delayed_comes_later_and_keeps_its_name(sink: SmtpSink) -> None:
    post()
    sink.answer("DATA", "451 4.7.1 Come back")
    work()
    assert not sink.mails
    job = Job.objects.get()
    assert (job.state, job.attempts) == ("waiting", 1)
    assert job.run_at > timezone.now()
    assert "451 4.7.1 Come back" in (job.error or "")
    work()
    assert [mail.message["Message-ID"] for mail in sink.mails] == [
        f"<{job.payload['id']}@kundresa.example>"
    ]


def test_a_mail_whose_worker_died_is_sent_again_under_its_name(sink: SmtpSink) -> None:
    post()
    lost = claim("dead")
    assert lost is not None
    send_mail(lost)
    again = claim("b", now=timezone.now() + timedelta(minutes=2))
    assert again is not None
    send_mail(again)
    assert finish(again)
    first, second = sink.mails
    assert first.message["Message-ID"] == second.message["Message-ID"]
    assert "s3cr3t" not in rows()


def test_a_mail_that_is_refused_is_given_up_and_its_reason_shown(sink: SmtpSink) -> None:
    begin = timezone.now()
    shop = api.make_workspace("Shop")
    other = api.make_workspace("Other")
    api.post_mail("bob@firma.example", "invitation", "sv", INVITATION, workspace_id=shop.id)
    sink.answer("RCPT", "550 5.1.1 No such mailbox")
    work()
    work()
    assert not sink.mails
    assert "s3cr3t" not in rows()
    (mail,) = api.undelivered_mails(begin, shop.id)
    assert (mail.to, mail.kind) == ("bob@firma.example", "invitation")
    assert "550 5.1.1 No such mailbox" in mail.reason
    assert not api.undelivered_mails(begin, other.id)
    assert not api.undelivered_mails(begin)
    note = doctor.outbox_note()
    assert note.startswith("0 mails wait, 1 given up in 7 days, the last to bob@firma.example: ")
    assert "550 5.1.1 No such mailbox" in note


def test_a_mail_is_given_up_after_its_last_attempt(sink: SmtpSink) -> None:
    post()
    attempts = len(api.MAIL_WAITS) + 1
    sink.answer("DATA", *["451 Later"] * attempts)
    for _ in range(attempts):
        assert Job.objects.get().state == "waiting"
        work()
    assert Job.objects.get().state == "failed"
    assert "s3cr3t" not in rows()
    work()
    assert not sink.mails


def test_a_link_that_ran_out_is_not_sent(sink: SmtpSink) -> None:
    post("password_reset")
    payload = Job.objects.get().payload
    late = timezone.now() + timedelta(hours=2)
    with pytest.raises(MailRefusedError, match="ran out"):
        mailing.send_posted(payload, settings(), late)
    mailing.send_posted(payload, settings(), late - timedelta(minutes=1))
    assert len(sink.mails) == 1


def test_a_wrong_password_stands_in_no_row_and_no_log(set_up: SetUp) -> None:
    with SmtpSink(login=("kundresa", "right")) as sink:
        set_up(sink.url_with("kundresa", PASSWORD))
        post()
        with capture_logs() as said:
            work()
    assert not sink.mails
    job = Job.objects.get()
    assert job.state == "waiting"
    assert "does not accept name and password" in (job.error or "")
    assert [line["event"] for line in said] == ["job_failed"]
    assert PASSWORD not in f"{said}{rows()}"
    assert "s3cr3t" not in str(said)


def test_without_a_server_nothing_is_queued(set_up: SetUp) -> None:
    assert not api.mail_is_set_up()
    assert not post()
    assert not Job.objects.exists()


def test_a_mail_waits_when_the_server_is_taken_out_of_the_settings(
    sink: SmtpSink, set_up: SetUp
) -> None:
    assert api.mail_is_set_up()
    post()
    set_up("")
    work()
    assert "KUNDRESA_SMTP_URL" in (Job.objects.get().error or "")
    set_up(sink.url)
    work()
    assert len(sink.mails) == 1


@pytest.mark.parametrize(
    ("place", "changed"),
    [
        ("facts.inviter", {"inviter": "Alice\r\nBcc: eve@firma.example"}),
        ("facts.workspace", {"workspace": "Shop\nand more"}),
        ("facts.role", {"role": "king"}),
        ("facts.days", {"days": 0}),
        ("facts.link", {"link": "https://eve.example/join/"}),
        ("facts.link", {"link": "//eve.example/join/"}),
        ("facts.link", {"link": "/join/ now"}),
        ("facts.colour", {"colour": "red"}),
    ],
)
def test_a_fact_that_cannot_be_told_is_refused_before_it_is_written(
    sink: SmtpSink, place: str, changed: dict[str, Any]
) -> None:
    with pytest.raises(BadInputError) as refusal:
        post(**changed)
    assert [(fault.place, bool(fault.hint)) for fault in refusal.value.faults] == [(place, True)]
    assert "s3cr3t" not in str(refusal.value)
    assert not Job.objects.exists()


def test_every_fault_is_told_at_once(sink: SmtpSink) -> None:
    with pytest.raises(BadInputError) as refusal:
        api.post_mail("bob", "invitation", "fi", {"days": 7, "link": LINK})
    told = [fault.place for fault in refusal.value.faults if fault.hint]
    assert told == ["to", "language", "facts.inviter", "facts.role", "facts.workspace"]
    with pytest.raises(BadInputError, match="Known: email_confirm, invitation"):
        api.post_mail("bob@firma.example", "advert", "en", {})


class _Read(HTMLParser):
    """Collects the links and the words of a mail."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str | None] = []
        self.words = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.links.append(dict(attrs)["href"])

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", sorted(api.MAIL_KINDS))
def test_text_and_html_say_the_same_with_the_whole_link(
    sink: SmtpSink, kind: str, language: str
) -> None:
    post(kind, language)
    work()
    (mail,) = sink.mails
    read = _Read(mail.html)
    whole = f"https://kundresa.example{LINK}"
    assert read.links == [whole, whole]
    assert mail.links[0] == whole
    assert f'lang="{language}"' in mail.html
    assert mail.message["Content-Language"] == language
    said = " ".join(read.words.split())
    paragraphs = [part.strip() for part in mail.text.replace("\r", "").split("\n\n")]
    for paragraph in paragraphs[:-1]:
        assert " ".join(paragraph.split()) in said
    assert not re.search(r"[{}%]|&(amp|lt|#)|None", mail.text + mail.subject)


def test_each_language_has_words_of_its_own(sink: SmtpSink) -> None:
    for kind in api.MAIL_KINDS:
        for language in LANGUAGES:
            post(kind, language)
    with translation.override("da"):
        work()
    said = {mail.text for mail in sink.mails}
    assert len(said) == len(api.MAIL_KINDS) * len(LANGUAGES)


def test_mail_has_the_colours_of_the_pages() -> None:
    sheets = Path(theme.__file__).read_text() + TOKENS.read_text()
    known = set(re.findall(r"#[0-9a-f]{6}\b", sheets))
    used = set(re.findall(r"#[0-9a-f]{6}\b", FRAME.read_text()))
    assert len(used) > 8
    assert used <= known


def test_every_language_of_the_pages_is_one_of_mail() -> None:
    assert [code for code, _ in framework.LANGUAGES] == list(LANGUAGES)
