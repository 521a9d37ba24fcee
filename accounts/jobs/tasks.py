"""Celery tasks that wake jobs up; the work itself is in the database (see `accounts.jobs.queue`)."""

from celery import shared_task
from django.db import OperationalError
from django.utils import timezone

from accounts.jobs import queue


@shared_task(name=queue.RUN_TASK, ignore_result=True)
def run_job(job_id: int) -> None:
    """Run the job if nobody holds it. If the database is busy or away, the job waits for `resume_jobs`."""
    try:
        queue.run_job(job_id)
    except OperationalError as error:
        queue.log.warning("job.database_away", job=job_id, error=str(error))


@shared_task(name="accounts.resume_jobs", ignore_result=True)
def resume_jobs() -> None:
    """Wake up every job that nobody holds: its message was lost, its worker died, or its pause is over."""
    for job_id in queue.due(at=timezone.now()):
        queue.wake(job_id)
