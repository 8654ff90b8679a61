"""A mail from the row to the mailbox: a real server of ours, and a mail server that wants a login."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.server import Server, clean_environment
from tests.support.smtp_sink import CERTIFICATE, SmtpSink

POST = """
from kundresa.accounts.api import post_mail
assert post_mail("bob@firma.example", "password_reset", "nb", {"link": "/in/s3cr3t/", "hours": 2})
"""


def test_a_mail_that_is_written_down_is_sent_by_the_running_worker(tmp_path: Path) -> None:
    with SmtpSink(login=("kundresa", "hush-hush"), starttls=True) as sink:
        told = {
            "KUNDRESA_SMTP_URL": sink.url,
            "KUNDRESA_MAIL_FROM": "Kundresa <kundresa@firma.example>",
            "KUNDRESA_BASE_URL": "https://kundresa.example",
            "KUNDRESA_DATA_DIR": str(tmp_path / "data"),
            "SSL_CERT_FILE": str(CERTIFICATE),
        }
        server = Server(tmp_path / "data", environment=told)
        server.start()
        try:
            subprocess.run(
                [sys.executable, "-m", "kundresa", "manage", "shell", "-c", POST],
                env=clean_environment(told), check=True, timeout=60, capture_output=True,
            )  # fmt: skip
            (mail,) = sink.wait_for(1)
        finally:
            server.stop()
    assert mail.subject == "Velg et nytt passord"
    assert mail.links[0] == "https://kundresa.example/in/s3cr3t/"
    assert "hush" not in server.log
    assert "s3cr3t" not in server.log
    ((state, payload),) = server.ask("SELECT state, payload FROM jobs_job WHERE kind = 'send_mail'")
    assert state == "done"
    assert "s3cr3t" not in str(payload)
