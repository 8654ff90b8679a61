"""The worker: seals the inbox, and does jobs that it claims."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from django.db import close_old_connections, connection

from kundresa.accounts.api import workspace_ids
from kundresa.core.logs import logger
from kundresa.core.settings import settings
from kundresa.events.api import seal_inbox
from kundresa.jobs.api import ClaimedJob, beat, claim, extend_lease, fail, finish
from kundresa.project.data_folder import DataFolder

Work = Callable[[ClaimedJob], None]
KINDS: Final[Mapping[str, Work]] = {}
"""What each kind of job does; the areas' jobs are listed here."""

_BEAT_EVERY: Final = 3.0
_IDLE: Final = 0.2
_log = logger(__name__)


class Worker:
    """One process of work."""

    def __init__(self, folder: DataFolder, kinds: Mapping[str, Work] = KINDS) -> None:
        self.name = f"{socket.gethostname()[:60]}-{os.getpid()}"
        self._folder = folder
        self._kinds = kinds
        self._stop = threading.Event()
        self._beat_at = 0.0

    def stop(self) -> None:
        """End after what is under way."""
        self._stop.set()

    def run(self) -> None:
        """Work until told to stop; a fault is logged and tried again."""
        while not self._stop.is_set():
            try:
                busy = self.turn()
            except Exception as error:  # noqa: BLE001
                _log.exception("worker_turn_failed", error=str(error))
                close_old_connections()
                connection.close()
                busy = False
            if not busy:
                self._stop.wait(_IDLE)

    def turn(self) -> bool:
        """Do one round; say whether there was anything to do."""
        if time.monotonic() - self._beat_at > _BEAT_EVERY:
            beat(self.name)
            self._beat_at = time.monotonic()
        sealed = sum(self._seal(workspace) for workspace in workspace_ids())
        return self._do_one_job() or sealed > 0

    def _seal(self, workspace_id: int) -> int:
        try:
            return seal_inbox(workspace_id, self._folder.store(workspace_id))
        except Exception as error:  # one workspace's store must not stop the others  # noqa: BLE001
            _log.exception("sealing_failed", workspace=workspace_id, error=str(error))
            return 0

    def _do_one_job(self) -> bool:
        job = claim(self.name)
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
        except Exception as error:  # noqa: BLE001
            _log.exception("job_failed", kind=job.kind, job=job.id)
            fail(job, f"{type(error).__name__}: {error}")
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


def make_worker() -> Worker:
    """Give a worker on the folder that the settings name."""
    folder = DataFolder(settings().data_dir)
    folder.prepare()
    return Worker(folder)
