"""What Celery runs of feeds: each asks for work that is done as leased jobs (see `accounts.jobs.queue`)."""

from celery import shared_task
from django.utils import timezone

from accounts.imports.feeds import mails
from accounts.imports.models import Feed
from accounts.imports.runs import actions, handlers

__all__ = ["handlers"]


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
    mails.tell_untold(at=timezone.now())
