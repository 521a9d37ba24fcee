"""A queue of background work: each `Job` row holds the work, and a Celery message only wakes a worker up.

    @handles("workbook_check")
    def check_workbook(work: Work) -> str | None: ...

    enqueue("workbook_check", str(run.pk), at=now)

A worker takes a job by compare-and-set for `LEASE`. While the handler runs, a separate thread renews the lease on a
connection of its own. When the worker dies the lease runs out, and `accounts.jobs.tasks.resume_jobs` sends the wake-up
again, so a handler may run more than once. Its effects must happen once: the handler writes them inside `work.once()`,
one transaction that ends by marking the job done and is rolled back if another worker has taken the lease meanwhile (a
fencing token: the effects and "done" are committed together or not at all).

SQLite has one writer at a time, so a long `once()` also blocks the renewal of the lease. This is harmless: taking the
job needs the same write lock, so nobody can take it before the transaction ends, and by then the job is done. All other
writes wait too, and fail after 20 s, so a handler reads, parses and decides outside `once()` and only writes inside.
Progress reported inside `once()` becomes visible when it ends on SQLite, and at once on PostgreSQL.
"""

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

import structlog
from celery import current_app
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts.jobs.models import Job
from mikano_cx.kit.refusal import Refused

LEASE = timedelta(seconds=30)
RENEW_EVERY = timedelta(seconds=5)
MAX_ATTEMPTS = 3
RETRY_AFTER = timedelta(seconds=15)  # multiplied by the number of attempts so far
OVERDUE_AFTER = timedelta(minutes=5)
RUN_TASK = "accounts.run_job"  # the task's name; the task itself is in a module that imports this one

log = structlog.get_logger(__name__)
OPEN = (Job.State.WAITING, Job.State.RUNNING)


class LeaseLost(Exception):
    """Another worker has taken the job: the handler stops and writes nothing."""


class Work:
    """The argument of a handler: the job, the instant `at` at which this attempt started, and methods for progress."""

    def __init__(self, job: Job, at: datetime) -> None:
        self.job, self.at = job, at
        self.subject = job.subject
        self.done_steps, self.all_steps = job.done_steps, job.all_steps
        self.finished = False
        self.lost = threading.Event()

    def step(self, done: int, of: int) -> None:
        """Report that `done` of `of` steps are done; cheap enough for every row. May raise LeaseLost."""
        self.done_steps, self.all_steps = done, of
        if self.lost.is_set():
            raise LeaseLost

    @contextmanager
    def once(self, message: str = "") -> Iterator[None]:
        """The transaction in which the handler writes. It ends by marking the job done, or raises LeaseLost."""
        with transaction.atomic():
            yield
            if not finish(self.job, at=timezone.now(), message=message, done_steps=self.done_steps):
                raise LeaseLost
        self.finished = True


Handler = Callable[[Work], str | None]
_handlers: dict[str, Handler] = {}


def handles(kind: str) -> Callable[[Handler], Handler]:
    """Register the handler of one kind of job. The handler's return value becomes the job's closing message.

    A handler that raises Refused fails the job at once, with the refusal's sentence. After any other exception the job
    is tried again, up to MAX_ATTEMPTS in all. The app's `tasks.py`, which Celery loads, must import the handler's
    module.
    """

    def register(handler: Handler) -> Handler:
        if _handlers.setdefault(kind, handler) is not handler:
            raise ValueError(f"Two handlers for jobs of the kind {kind!r}.")
        return handler

    return register


def enqueue(kind: str, subject: str = "", *, at: datetime, business_date: date | None = None) -> Job:
    """Add a job in the caller's transaction and wake a worker up after COMMIT.

    A subject has at most one open job of a kind: if there is one already, it is returned.
    """
    job = _open_job(kind, subject)
    if job is None:
        try:
            with transaction.atomic():
                job = Job.objects.create(kind=kind, subject=subject, business_date=business_date, created_at=at)
        except IntegrityError:  # another request has just added it
            job = _open_job(kind, subject)
            if job is None:
                return enqueue(kind, subject, at=at, business_date=business_date)
    transaction.on_commit(lambda: wake(job.pk))
    return job


def _open_job(kind: str, subject: str) -> Job | None:
    return Job.objects.filter(kind=kind, subject=subject, state__in=OPEN).first()


def wake(job_id: int) -> bool:
    """Send the wake-up; return whether it was sent. If there is no broker, the job waits for `resume_jobs`."""
    try:
        current_app.send_task(RUN_TASK, args=[job_id], expires=120, ignore_result=True, retry=False)
    except Exception as error:  # each transport raises its own errors
        log.warning("job.wake_up_not_sent", job=job_id, error=type(error).__name__)
        return False
    return True


def _jobs_to_take(at: datetime) -> Q:
    """The condition that a job is open and nobody holds it.

    `leased_until` is the end of the lease or, for a waiting job, of the pause before its next attempt.
    """
    return Q(state__in=OPEN) & (Q(leased_until=None) | Q(leased_until__lte=at))


def due(*, at: datetime) -> list[int]:
    """The ids of open jobs that nobody holds: waiting ones, and those whose worker died."""
    return list(Job.objects.filter(_jobs_to_take(at)).order_by("created_at").values_list("pk", flat=True))


def take(job_id: int, *, at: datetime) -> Job | None:
    """Lease the job if nobody holds it, else return None. A job that has used up its attempts is marked failed here."""
    given_up = Job.objects.filter(_jobs_to_take(at), pk=job_id, attempts__gte=MAX_ATTEMPTS).update(
        state=Job.State.FAILED,
        lease=None,
        leased_until=None,
        finished_at=at,
        message=f"It was started {MAX_ATTEMPTS} times and never came to its end.",
    )
    lease = uuid.uuid4()
    taken = not given_up and Job.objects.filter(_jobs_to_take(at), pk=job_id).update(
        state=Job.State.RUNNING, lease=lease, leased_until=at + LEASE, attempts=F("attempts") + 1, started_at=at
    )
    return Job.objects.get(pk=job_id, lease=lease) if taken else None


def _lock_held_job(job: Job) -> QuerySet[Job]:
    return Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, lease=job.lease)


def renew_lease(job: Job, *, at: datetime, done_steps: int, all_steps: int) -> bool:
    """Extend the lease by LEASE and store the progress. Returns False if somebody else has the job."""
    return bool(_lock_held_job(job).update(leased_until=at + LEASE, done_steps=done_steps, all_steps=all_steps))


def finish(job: Job, *, at: datetime, message: str = "", done_steps: int | None = None) -> bool:
    """Mark the job done. Returns False if somebody else has it or it is closed already."""
    values = {"all_steps": done_steps, "done_steps": done_steps} if done_steps is not None else {}
    return _close(job, state=Job.State.DONE, at=at, message=message, **values)


def fail(job: Job, *, at: datetime, message: str, again: bool = False) -> bool:
    """Mark the job failed with a sentence for people; with `again`, let it wait for another attempt while any are left.

    Returns False if somebody else has the job.
    """
    if again and job.attempts < MAX_ATTEMPTS:
        pause = at + RETRY_AFTER * job.attempts
        return bool(
            _lock_held_job(job).update(state=Job.State.WAITING, lease=None, leased_until=pause, message=message)
        )
    return _close(job, state=Job.State.FAILED, at=at, message=message)


def _close(job: Job, *, at: datetime, **values: object) -> bool:
    return bool(_lock_held_job(job).update(lease=None, leased_until=None, finished_at=at, **values))


def run_job(job_id: int) -> bool:
    """Take the job and run its handler. Returns False if the job is done, held, or pausing before its next attempt."""
    job = take(job_id, at=timezone.now())
    if job is None:
        return False
    bound = log.bind(job=job.pk, kind=job.kind, subject=job.subject, attempt=job.attempts)
    handler = _handlers.get(job.kind)
    if handler is None:
        bound.error("job.no_handler")
        return fail(job, at=timezone.now(), message="This hub doesn't know this kind of work.", again=True)
    work = Work(job, timezone.now())
    try:
        with _heartbeat(work):
            message = handler(work) or ""
        if not work.finished:
            finish(job, at=timezone.now(), message=message, done_steps=work.done_steps)
        bound.info("job.done")
    except LeaseLost:
        bound.warning("job.taken_over")
    except Refused as refused:
        fail(job, at=timezone.now(), message=refused.message)
        bound.info("job.refused", code=refused.code)
    except Exception:
        bound.exception("job.failed")
        fail(job, at=timezone.now(), message="Something went wrong on the hub's side.", again=True)
    return True


@contextmanager
def _heartbeat(work: Work) -> Iterator[None]:
    """Renew the lease from a thread while the block runs. Not inside a transaction, which the thread can't see."""
    if connection.in_atomic_block:
        yield
        return
    stop = threading.Event()
    thread = threading.Thread(target=_beat, args=(work, stop), daemon=True, name=f"lease of job {work.job.pk}")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _beat(work: Work, stop: threading.Event) -> None:
    """Look every second, and renew the lease if the progress has changed or RENEW_EVERY has passed. Retry on errors."""
    shown, renewed = (0, 0), timezone.now()
    try:
        while not stop.wait(1):
            now, progress = timezone.now(), (work.done_steps, work.all_steps)
            if progress == shown and now - renewed < RENEW_EVERY:
                continue
            try:
                if connection.vendor == "sqlite":
                    with connection.cursor() as cursor:
                        cursor.execute("PRAGMA busy_timeout = 500")  # the handler waits for this thread at its end
                held = renew_lease(work.job, at=now, done_steps=progress[0], all_steps=progress[1])
            except DatabaseError as error:
                log.debug("job.lease_not_renewed", job=work.job.pk, error=str(error))
                connection.close()
                continue
            shown, renewed = progress, now
            if not held and not work.finished:
                work.lost.set()
    finally:
        connection.close()
