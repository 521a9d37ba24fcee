"""Background work as leased rows: the `Job` row is the work, a Celery message is only its wake-up.

    @handles("workbook_check")
    def check_workbook(work: Work) -> str | None: ...

    enqueue("workbook_check", str(run.pk), at=now)

A worker takes a job by compare-and-set for `LEASE` and renews that lease from a thread of its own, on a connection of
its own, as long as the handler runs. When the worker dies the lease runs out, and `jobs.tasks.resume_jobs` sends
the wake-up again: the work starts anew. So a handler may run more than once, and its effects must not: it writes them
inside `work.once()`, one transaction that ends by marking the job done, and that is rolled back when the lease has
gone to another worker in the meantime (a fencing token: the effects and "done" are committed together or not at all).

SQLite has one writer at a time, so a long `once()` also shuts out the lease's renewal. That is harmless: taking the
job needs the same write lock, so nobody can take it before the transaction ends, and it ends with the job done. But
everybody else's writes wait too (20 s, then they fail): read, parse and decide outside of it, write inside.
Progress reported inside `once()` is shown after it on SQLite, at once on PostgreSQL.
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
RETRY_AFTER = timedelta(seconds=15)  # times the attempts made so far
OVERDUE_AFTER = timedelta(minutes=5)
RUN_TASK = "accounts.run_job"  # its address, as in a URL name: the task itself lives a floor above

log = structlog.get_logger(__name__)
OPEN = (Job.State.WAITING, Job.State.RUNNING)


class LeaseLost(Exception):
    """Another worker has the job now: stop, and write nothing."""


class Work:
    """What a handler is given: the job, the instant at which this attempt started, and how to report progress."""

    def __init__(self, job: Job, at: datetime) -> None:
        self.job, self.at = job, at
        self.subject = job.subject
        self.done_steps, self.all_steps = job.done_steps, job.all_steps
        self.finished = False
        self.lost = threading.Event()

    def step(self, done: int, of: int) -> None:
        """Report progress: cheap enough for every row. Raises LeaseLost when another worker has taken over."""
        self.done_steps, self.all_steps = done, of
        if self.lost.is_set():
            raise LeaseLost

    @contextmanager
    def once(self, message: str = "") -> Iterator[None]:
        """The transaction in which the handler writes; it ends by marking the job done, or raises LeaseLost."""
        with transaction.atomic():
            yield
            if not finish(self.job, at=timezone.now(), message=message, done_steps=self.done_steps):
                raise LeaseLost
        self.finished = True


Handler = Callable[[Work], str | None]
_handlers: dict[str, Handler] = {}


def handles(kind: str) -> Callable[[Handler], Handler]:
    """Register the handler of a kind of job. What it returns becomes the job's closing message.

    It may raise Refused (the job fails at once, with that sentence); anything else is tried again, MAX_ATTEMPTS in
    all. Import the module that holds it from its app's `tasks.py`, which Celery loads.
    """

    def register(handler: Handler) -> Handler:
        if _handlers.setdefault(kind, handler) is not handler:
            raise ValueError(f"Two handlers for jobs of the kind {kind!r}.")
        return handler

    return register


def enqueue(kind: str, subject: str = "", *, at: datetime, business_date: date | None = None) -> Job:
    """Ask for a piece of work, in the caller's transaction.

    A subject has one open job of a kind: when there is one already, that is given back.
    """
    job = _open_job(kind, subject)
    if job is None:
        try:
            with transaction.atomic():
                job = Job.objects.create(kind=kind, subject=subject, business_date=business_date, created_at=at)
        except IntegrityError:  # somebody was quicker
            job = _open_job(kind, subject)
            if job is None:
                return enqueue(kind, subject, at=at, business_date=business_date)
    transaction.on_commit(lambda: wake(job.pk))
    return job


def _open_job(kind: str, subject: str) -> Job | None:
    return Job.objects.filter(kind=kind, subject=subject, state__in=OPEN).first()


def wake(job_id: int) -> bool:
    """Send the wake-up. Without a broker the job waits for `resume_jobs`: that is logged, and no error."""
    try:
        current_app.send_task(RUN_TASK, args=[job_id], expires=120, ignore_result=True, retry=False)
    except Exception as error:  # every transport has errors of its own
        log.warning("job.wake_up_not_sent", job=job_id, error=type(error).__name__)
        return False
    return True


def _jobs_to_take(at: datetime) -> Q:
    """Open, and held by nobody: `leased_until` is the end of the lease, or of a waiting job's pause before a retry."""
    return Q(state__in=OPEN) & (Q(leased_until=None) | Q(leased_until__lte=at))


def due(*, at: datetime) -> list[int]:
    """The jobs that nobody holds: waiting ones, and those whose worker died."""
    return list(Job.objects.filter(_jobs_to_take(at)).order_by("created_at").values_list("pk", flat=True))


def take(job_id: int, *, at: datetime) -> Job | None:
    """Lease the job, if nobody holds it. One that has used up its attempts (its workers died) fails here."""
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
    """Keep the lease for another LEASE and show the progress. False when somebody else has the job."""
    return bool(_lock_held_job(job).update(leased_until=at + LEASE, done_steps=done_steps, all_steps=all_steps))


def finish(job: Job, *, at: datetime, message: str = "", done_steps: int | None = None) -> bool:
    """Mark the job done. False when somebody else has it, or it is over already."""
    values = {"all_steps": done_steps, "done_steps": done_steps} if done_steps is not None else {}
    return _close(job, state=Job.State.DONE, at=at, message=message, **values)


def fail(job: Job, *, at: datetime, message: str, again: bool = False) -> bool:
    """Mark the job failed with a sentence for people, or, while attempts are left and `again`, let it wait for another.

    False when somebody else has it.
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
    """Take the job and do it. False when there was nothing to take: it is done, held, or pausing before a retry."""
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
    """Renew the lease from a thread while the block runs; not inside a transaction, whose rows it couldn't see."""
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
    """Every second: renew when the progress has changed, or RENEW_EVERY has gone by. A busy database is tried again."""
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
