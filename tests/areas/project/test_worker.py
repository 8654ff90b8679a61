"""The worker seals while a job is under way, and asks for the upkeep of stores and days."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from kundresa.accounts.models import Workspace
from kundresa.events.api import store_of
from kundresa.jobs.api import ClaimedJob, enqueue
from kundresa.jobs.models import Job
from kundresa.project.data_folder import DataFolder
from kundresa.project.worker import KINDS, Worker
from tests.support.inbox import append, empty_inbox, row
from tests.support.server import PATIENCE

pytestmark = [pytest.mark.db, pytest.mark.django_db(transaction=True)]


def test_an_event_is_sealed_while_a_job_is_under_way(tmp_path: Path) -> None:
    workspace = int(Workspace.objects.create(name="Shop", slug="shop").id)
    is_under_way, may_end = threading.Event(), threading.Event()

    def long(_job: ClaimedJob) -> None:
        is_under_way.set()
        assert may_end.wait(PATIENCE)

    job = enqueue("long")
    worker = Worker(DataFolder(tmp_path), {"long": long})
    running = threading.Thread(target=worker.run)
    running.start()
    try:
        assert is_under_way.wait(PATIENCE)
        append(row("a", workspace))
        until = time.monotonic() + PATIENCE
        while not store_of(workspace, tmp_path).event_count:
            assert time.monotonic() < until, "not sealed"
            time.sleep(0.02)
        assert Job.objects.get(id=job).state == "leased"
    finally:
        may_end.set()
        worker.stop()
        running.join()
        empty_inbox()
    assert Job.objects.get(id=job).state == "done"


def test_a_mail_server_that_lets_us_wait_holds_up_no_other_job(tmp_path: Path) -> None:
    is_under_way, may_end, is_done = threading.Event(), threading.Event(), threading.Event()

    def wait(_job: ClaimedJob) -> None:
        is_under_way.set()
        assert may_end.wait(60)

    enqueue("send_mail")
    worker = Worker(DataFolder(tmp_path), {"send_mail": wait, "short": lambda _job: is_done.set()})
    running = threading.Thread(target=worker.run)
    running.start()
    try:
        assert is_under_way.wait(30)
        enqueue("short")
        assert is_done.wait(30)
        assert not may_end.is_set()
    finally:
        may_end.set()
        worker.stop()
        running.join()
        empty_inbox()


def test_the_first_round_asks_for_upkeep_and_knows_how(tmp_path: Path) -> None:
    workspace = int(Workspace.objects.create(name="Shop", slug="shop").id)
    worker = Worker(DataFolder(tmp_path))
    assert worker.turn()
    asked = set(Job.objects.values_list("kind", "workspace_id"))
    upkeep = {("drop_inbox_days", None), ("sweep_uploads", None)}
    assert asked == {("tidy_store", workspace), *upkeep}
    assert {kind for kind, _ in asked} <= KINDS.keys()
    while worker.turn():
        pass
    assert set(Job.objects.values_list("state", flat=True)) == {"done"}
