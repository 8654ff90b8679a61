"""Jobs: one holder, one open key, a lease that ends."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread

import pytest
from django.db import connection
from django.utils import timezone

from kundresa.jobs import api
from kundresa.jobs.models import Job

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
