"""``kundresa worker``: a worker of its own, for more than one machine."""

from __future__ import annotations

import signal

import click

from kundresa.cli.answers import answering


@click.command(name="worker")
@answering
def command() -> None:
    """Seal what came in and do jobs, until stopped."""
    from kundresa.core.logs import set_up_logs
    from kundresa.core.settings import settings
    from kundresa.project.roles import set_up_django

    set_up_logs(settings(), "worker")
    set_up_django()
    from kundresa.project.worker import make_worker

    worker = make_worker()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    worker.run()
