"""What Celery runs: wake-ups only. The work is in the database (see `accounts.jobs`)."""

from celery import shared_task
from django.db import OperationalError
from django.utils import timezone

from accounts import jobs
from accounts.feeds import actions, handlers, notices
from accounts.models import Feed

__all__ = ["handlers"]


@shared_task(name=jobs.RUN_TASK, ignore_result=True)
def run_job(job_id: int) -> None:
    """Do the job, if nobody has it. While the database is busy or away it waits for `resume_jobs`."""
    try:
        jobs.run_job(job_id)
    except OperationalError as error:
        jobs.log.warning("job.database_away", job=job_id, error=str(error))


@shared_task(name="accounts.resume_jobs", ignore_result=True)
def resume_jobs() -> None:
    """Send the wake-up of every job that nobody holds: lost messages, dead workers, pauses that are over."""
    for job_id in jobs.due(at=timezone.now()):
        jobs.wake(job_id)


@shared_task(name="accounts.run_feed", ignore_result=True)
def run_feed(feed_id: int) -> None:
    """The feed's scheduled run, if it is due and wasn't started yet. A feed that is no more is let be."""
    feed = Feed.objects.filter(pk=feed_id, is_active=True, runs_at__isnull=False).exclude(days="").first()
    if feed is not None:
        actions.start_due(feed, at=timezone.now())


@shared_task(name="accounts.start_missed_feeds", ignore_result=True)
def start_missed_feeds() -> None:
    """What was missed while the hub was away, files that came late, and mails about what is late or went wrong."""
    actions.start_missed(at=timezone.now())
    notices.tell_untold(at=timezone.now())
