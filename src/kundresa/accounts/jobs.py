"""What workers do for accounts; thin entries."""

from __future__ import annotations

from kundresa.accounts import mailing
from kundresa.core.clock import now
from kundresa.core.settings import settings
from kundresa.jobs.api import ClaimedJob


def send_mail(job: ClaimedJob) -> None:
    """Hand a mail over that ``post_mail`` wrote down."""
    mailing.send_posted(job.payload, settings(), now())
