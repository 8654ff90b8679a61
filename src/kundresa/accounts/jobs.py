"""What workers do for accounts; thin entries."""

from __future__ import annotations

from kundresa.accounts import mailing
from kundresa.accounts.notices import notify_owners
from kundresa.core.clock import now
from kundresa.core.errors import KundresaError
from kundresa.core.settings import settings
from kundresa.jobs.api import ClaimedJob


def send_mail(job: ClaimedJob) -> None:
    """Hand a mail over that ``post_mail`` wrote down; owners are told of one that is given up."""
    try:
        mailing.send_posted(job.payload, settings(), now())
    except KundresaError as error:
        is_given_up = error.is_permanent or job.attempt > len(mailing.MAIL_WAITS)
        if is_given_up and job.workspace_id is not None:
            notify_owners(job.workspace_id, "mail_given_up", {"to": job.payload["to"]})
        raise
