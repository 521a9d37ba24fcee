"""The lease: who may do a job, and when it is over."""

from datetime import timedelta

import pytest
from django.db import transaction

from accounts.jobs import queue
from accounts.jobs.models import Job
from mikano_cx.kit.refusal import Refused
from tests.conftest import NOW

pytestmark = pytest.mark.django_db
SOON, LATER = NOW + timedelta(seconds=1), NOW + queue.LEASE + timedelta(seconds=1)


@pytest.fixture(autouse=True)
def sent(monkeypatch) -> list[int]:
    """The wake-ups that were sent, and no broker."""
    ids: list[int] = []
    monkeypatch.setattr(queue, "wake", lambda job_id: ids.append(job_id) or True)
    return ids


@pytest.fixture
def kinds(monkeypatch) -> dict[str, queue.Handler]:
    handlers: dict[str, queue.Handler] = {}
    monkeypatch.setattr(queue, "_handlers", handlers)
    return handlers


def test_it_opens_one_job_a_subject(sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        first = queue.enqueue("check", "7", at=NOW)
        again = queue.enqueue("check", "7", at=SOON)
        other = queue.enqueue("check", "8", at=NOW)
    assert first == again != other
    assert sent == [first.pk, first.pk, other.pk]


def test_it_opens_another_when_the_last_one_is_over():
    first = queue.enqueue("check", "7", at=NOW)
    assert queue.finish(queue.take(first.pk, at=NOW), at=SOON)
    assert queue.enqueue("check", "7", at=SOON) != first


def test_it_wakes_nobody_when_the_transaction_is_rolled_back(sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(ZeroDivisionError), transaction.atomic():
        queue.enqueue("check", "7", at=NOW)
        raise ZeroDivisionError
    assert sent == [] and not Job.objects.exists()


def test_it_gives_a_job_to_one_worker_until_the_lease_is_over():
    job = queue.enqueue("check", at=NOW)
    first = queue.take(job.pk, at=NOW)
    assert first and queue.take(job.pk, at=SOON) is None and queue.due(at=SOON) == []
    assert queue.due(at=LATER) == [job.pk]
    assert queue.take(job.pk, at=LATER).attempts == 2


def test_it_keeps_a_renewed_lease():
    job = queue.take(queue.enqueue("check", at=NOW).pk, at=NOW)
    assert queue.renew_lease(job, at=SOON + timedelta(seconds=20), done_steps=3, all_steps=9)
    assert queue.take(job.pk, at=LATER) is None
    job.refresh_from_db()
    assert (job.done_steps, job.all_steps) == (3, 9)


def test_it_hears_nothing_from_a_worker_that_lost_its_lease():
    late = queue.take(queue.enqueue("check", at=NOW).pk, at=NOW)
    assert queue.take(late.pk, at=LATER)
    assert not queue.renew_lease(late, at=LATER, done_steps=1, all_steps=1)
    assert not queue.finish(late, at=LATER)
    assert not queue.fail(late, at=LATER, message="No.", again=True)
    assert Job.objects.get().state == Job.State.RUNNING


def test_it_gives_up_after_three_workers_died():
    job = queue.enqueue("check", at=NOW)
    at = NOW
    for _ in range(queue.MAX_ATTEMPTS):
        assert queue.take(job.pk, at=at)
        at += queue.LEASE
    assert queue.take(job.pk, at=at) is None
    job.refresh_from_db()
    assert (job.state, job.finished_at) == (Job.State.FAILED, at) and "3 times" in job.message


def test_it_tries_again_after_a_pause_and_fails_at_last():
    job = queue.enqueue("check", at=NOW)
    at = NOW
    for attempt in range(1, queue.MAX_ATTEMPTS):
        assert queue.fail(queue.take(job.pk, at=at), at=at, message="Broken.", again=True)
        assert queue.take(job.pk, at=at) is None
        at += queue.RETRY_AFTER * attempt
    assert queue.fail(queue.take(job.pk, at=at), at=at, message="Broken.", again=True)
    job.refresh_from_db()
    assert (job.state, job.message) == (Job.State.FAILED, "Broken.")


def test_it_runs_the_handler_of_the_kind_and_keeps_its_words(kinds):
    kinds["check"] = lambda work: work.step(4, 4) or f"Read {work.subject}."
    job = queue.enqueue("check", "7", at=NOW)
    assert queue.run_job(job.pk) and not queue.run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.message, job.done_steps, job.attempts) == (Job.State.DONE, "Read 7.", 4, 1)


def test_it_fails_a_refused_job_at_once_with_the_sentence(kinds):
    def refuse(work: queue.Work) -> None:
        raise Refused("damaged", "This file is damaged.")

    kinds["check"] = refuse
    job = queue.enqueue("check", at=NOW)
    queue.run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.message) == (Job.State.FAILED, "This file is damaged.")


def test_it_lets_a_broken_handler_try_again_without_telling_secrets(kinds):
    def broken(work: queue.Work) -> None:
        raise ValueError("password=hunter2")

    kinds["check"] = broken
    job = queue.enqueue("check", at=NOW)
    queue.run_job(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.WAITING and "hunter2" not in job.message


def test_it_writes_nothing_once_the_lease_is_lost(kinds):
    def overtaken(work: queue.Work) -> None:
        with work.once():
            Job.objects.create(kind="effect", created_at=NOW)
            Job.objects.filter(pk=work.job.pk).update(lease=None)

    kinds["check"] = overtaken
    job = queue.enqueue("check", at=NOW)
    queue.run_job(job.pk)
    assert not Job.objects.filter(kind="effect").exists()


def test_it_refuses_a_second_handler_of_a_kind(kinds):
    queue.handles("check")(lambda work: None)
    with pytest.raises(ValueError, match="check"):
        queue.handles("check")(lambda work: None)
