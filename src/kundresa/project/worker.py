"""The worker: seals the inbox, and does jobs that it claims.

Each in a thread of its own, long jobs apart: one may take minutes, and an event is to be seen
within seconds.
"""

from __future__ import annotations

import math
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Final

from django.db import close_old_connections, connection

from kundresa.accounts import jobs as accounts_jobs
from kundresa.accounts.api import MAIL_WAITS, workspace_ids
from kundresa.core.errors import KundresaError
from kundresa.core.logs import logger
from kundresa.core.settings import settings
from kundresa.events import jobs as events_jobs
from kundresa.events.api import seal_inbox
from kundresa.jobs.api import WAITS, ClaimedJob, beat, claim, enqueue, extend_lease, fail, finish
from kundresa.project.data_folder import DataFolder
from kundresa.project.warm_up import compile_kernels

Work = Callable[[ClaimedJob], None]
KINDS: Final[Mapping[str, Work]] = {
    "tidy_store": events_jobs.tidy_store,
    "drop_inbox_days": events_jobs.drop_inbox_days,
    "erase_profile": events_jobs.erase_profile,
    "import_file": events_jobs.import_file,
    "sweep_uploads": events_jobs.sweep_uploads,
    "send_mail": accounts_jobs.send_mail,
}
"""What each kind of job does; the areas' jobs are listed here."""

LONG: Final = ("import_file",)
"""Kinds that may take hours; they have a thread of their own and hold nobody up."""

MAIL: Final = ("send_mail",)
"""Apart as well: a mail server may let us wait, and mail is not to wait for anything else."""

_WAITS: Final[Mapping[str, Sequence[timedelta]]] = {"send_mail": MAIL_WAITS}
"""How long a failed job of a kind waits, where it is not as usual."""

_BEAT_EVERY: Final = 3.0
_UPKEEP_EVERY: Final = 3600.0
_IDLE: Final = 0.2
_log = logger(__name__)


class Worker:
    """One process of work."""

    def __init__(
        self, folder: DataFolder, kinds: Mapping[str, Work] = KINDS,
        beside: Callable[[threading.Event], None] = lambda _stop: None,
    ) -> None:  # fmt: skip
        self.name = f"{socket.gethostname()[:60]}-{os.getpid()}"
        self._folder = folder
        self._kinds = kinds
        self._beside = beside
        self._stop = threading.Event()
        self._beat_at = self._upkeep_at = -math.inf

    def stop(self) -> None:
        """End after what is under way."""
        self._stop.set()

    def run(self) -> None:
        """Work until told to stop; a fault is logged and tried again."""
        rounds = {
            "jobs": partial(self.do_one_job, but=(*LONG, *MAIL)),
            "long jobs": partial(self.do_one_job, only=LONG),
            "mail": partial(self.do_one_job, only=MAIL),
        }
        threads = [
            threading.Thread(target=self._again_and_again, args=[once], name=name)
            for name, once in rounds.items()
        ]
        threads.append(threading.Thread(target=self._beside, args=[self._stop], name="beside"))
        for thread in threads:
            thread.start()
        self._again_and_again(self.seal)
        for thread in threads:
            thread.join()

    def turn(self) -> bool:
        """Do one round of everything; say whether there was anything to do."""
        has_sealed = self.seal()
        return self.do_one_job() or has_sealed

    def seal(self) -> bool:
        """Seal what came in; say whether there was anything."""
        if time.monotonic() - self._beat_at > _BEAT_EVERY:
            beat(self.name)
            self._beat_at = time.monotonic()
        found = workspace_ids()
        if time.monotonic() - self._upkeep_at > _UPKEEP_EVERY:
            _ask_for_upkeep(found)
            self._upkeep_at = time.monotonic()
        return sum(self._seal(workspace) for workspace in found) > 0

    def _again_and_again(self, once: Callable[[], bool]) -> None:
        while not self._stop.is_set():
            try:
                busy = once()
            except Exception as error:  # noqa: BLE001
                _log.exception("worker_turn_failed", error=str(error))
                close_old_connections()
                connection.close()
                busy = False
            if not busy:
                self._stop.wait(_IDLE)
        connection.close()

    def _seal(self, workspace_id: int) -> int:
        try:
            # An erasure in one workspace must not let the others wait.
            return seal_inbox(workspace_id, self._folder.store(workspace_id), wait=False)
        except Exception as error:  # one workspace's store must not stop the others  # noqa: BLE001
            _log.exception("sealing_failed", workspace=workspace_id, error=str(error))
            return 0

    def do_one_job(self, *, only: Sequence[str] = (), but: Sequence[str] = ()) -> bool:
        """Do the job that has been due longest, of some kinds; say whether there was one."""
        job = claim(self.name, only=only, but=but)
        if job is None:
            return False
        work = self._kinds.get(job.kind)
        if work is None:
            fail(job, f"This release knows no job {job.kind!r}.")
            return True
        try:
            with self._kept(job):
                work(job)
            finish(job)
        except KundresaError as error:
            _log.warning("job_failed", kind=job.kind, job=job.id, error=str(error))
            waits = _WAITS.get(job.kind, WAITS)
            fail(job, str(error), permanent=error.is_permanent, waits=waits)
        except Exception as error:  # noqa: BLE001
            _log.exception("job_failed", kind=job.kind, job=job.id)
            fail(job, f"{type(error).__name__}: {error}", waits=_WAITS.get(job.kind, WAITS))
        return True

    @contextmanager
    def _kept(self, job: ClaimedJob) -> Iterator[None]:
        ended = threading.Event()

        def keep() -> None:
            while not ended.wait(15):
                extend_lease(job)
                beat(self.name)
            connection.close()

        thread = threading.Thread(target=keep, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def _ask_for_upkeep(workspaces: Sequence[int]) -> None:
    # Imports leave deltas, too, and nobody else looks after files and days.
    for workspace_id in workspaces:
        enqueue("tidy_store", workspace_id=workspace_id, key="tidy_store")
    enqueue("drop_inbox_days", key="drop_inbox_days")
    enqueue("sweep_uploads", key="sweep_uploads")


def make_worker() -> Worker:
    """Give a worker on the folder that the settings name."""
    folder = DataFolder(settings().data_dir)
    folder.prepare()
    return Worker(folder, beside=compile_kernels)
