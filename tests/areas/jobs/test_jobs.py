"""Jobs: one holder, one open key, a lease that ends."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread

import pytest
from django.db import connection
from django.utils import timezone

from kundresa.jobs import api
from kundresa.jobs.models import Job

MINUTE = timedelta(minutes=1)

pytestmark = [pytest.mark.db, pytest.mark.django_db(transaction=True)]


def test_two_workers_never_get_the_same_job() -> None:
    wanted = {api.enqueue("count", {"n": n}) for n in range(40)}
    taken: list[int] = []

    def work(name: str) -> None:
        while (job := api.claim(name)) is not None:
            taken.append(job.id)
        connection.close()

    threads = [Thread(target=work, args=(name,)) for name in ("a", "b", "c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(wanted)
    assert set(taken) == wanted


def test_long_kinds_are_claimed_apart() -> None:
    api.enqueue("long")
    api.enqueue("short")
    api.enqueue("other")
    first = api.claim("a", but=["long"])
    second = api.claim("a", but=["long", "other"])
    assert first is not None
    assert first.kind == "short"
    assert second is None
    only = api.claim("a", only=["long"])
    assert only is not None
    assert only.kind == "long"
    assert api.claim("a", only=["long"]) is None


def test_a_key_is_open_once_per_workspace() -> None:
    first = api.enqueue("seal", key="k")
    assert api.enqueue("seal", key="k") == first
    assert api.enqueue("seal", key="k", workspace_id=2) != first
    job = api.claim("a")
    assert job is not None
    assert api.finish(job)
    assert api.enqueue("seal", key="k") != first


def test_a_dead_workers_job_goes_to_another_and_its_late_answer_is_void() -> None:
    api.enqueue("seal", {"a": 1})
    lost = api.claim("dead")
    assert lost is not None
    assert api.claim("b") is None
    later = timezone.now() + timedelta(minutes=2)
    again = api.claim("b", now=later)
    assert again is not None
    assert (again.id, again.attempt, again.payload) == (lost.id, 2, {"a": 1})
    assert not api.finish(lost)
    assert api.finish(again)


def test_a_failed_job_waits_and_is_given_up_in_the_end() -> None:
    api.enqueue("seal")
    now = timezone.now()
    for _ in range(8):
        now += timedelta(hours=1)
        job = api.claim("a", now=now)
        assert job is not None
        assert api.fail(job, "no")
    assert Job.objects.get().state == "failed"


def test_a_job_may_bring_waits_of_its_own() -> None:
    api.enqueue("post")
    waits = (timedelta(minutes=1), timedelta(hours=3))
    now = timezone.now()
    for wait in waits:
        job = api.claim("a", now=now)
        assert job is not None
        assert api.fail(job, "no", waits=waits)
        assert Job.objects.get().run_at == pytest.approx(timezone.now() + wait, abs=MINUTE)
        now = timezone.now() + wait + MINUTE
    job = api.claim("a", now=now)
    assert job is not None
    assert api.fail(job, "no", waits=waits)
    assert Job.objects.get().state == "failed"


@pytest.mark.parametrize("end", ["done", "given up", "refused"])
def test_a_secret_is_gone_with_the_end_of_its_job_and_not_before(end: str) -> None:
    api.enqueue("post", {"to": "bob", api.SECRET: {"link": "/in/"}})
    job = api.claim("a")
    assert job is not None
    api.fail(job, "later", waits=(timedelta(0),))
    assert Job.objects.get().payload["secret"] == {"link": "/in/"}
    job = api.claim("a")
    assert job is not None
    if end == "done":
        api.finish(job)
    else:
        api.fail(job, "no", permanent=end == "refused", waits=(timedelta(0),))
    assert Job.objects.get().payload == {"to": "bob"}


def test_jobs_that_were_given_up_are_told_by_kind_and_workspace() -> None:
    begin = timezone.now()
    for workspace in (None, 1, 2):
        api.enqueue("post", {"n": workspace}, workspace_id=workspace)
        job = api.claim("a")
        assert job is not None
        api.fail(job, "no such mailbox", permanent=True)
    found = api.failed_jobs("post", since=begin, workspace_id=1)
    assert [(one.payload, one.error) for one in found] == [({"n": 1}, "no such mailbox")]
    assert len(api.failed_jobs("post", since=begin)) == 1
    assert not api.failed_jobs("other", since=begin, workspace_id=1)
    assert not api.failed_jobs("post", since=timezone.now(), workspace_id=1)
