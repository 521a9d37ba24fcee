"""Mails to IT and the division's steward when a feed's import failed, was stopped, or is late.

Each is a job, so that a mail server that is away is tried again; the job's subject says what was told, once.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.imports.feeds.schedule import GRACE, last_due
from accounts.imports.models import Feed, FeedFreshness, ImportRun
from accounts.imports.runs.labels import moment_words
from accounts.jobs.models import Job
from accounts.jobs.queue import Work, enqueue, handles
from accounts.people.models import Staff
from accounts.people.roles import Role
from mikano_cx.kit.local_time import local_date

MAIL = "feed_mail"
TOLD_OF = (ImportRun.State.REFUSED, ImportRun.State.STOPPED)
LOOK_BACK = timedelta(days=1)
RUN, LATE = "run", "late"


def tell(run: ImportRun, *, at: datetime) -> None:
    """Have IT and the steward told of a run that was refused or stopped; each end of a run is told once."""
    if run.state in TOLD_OF and run.finished_at:
        _ask(f"{RUN} {run.pk} {run.finished_at.timestamp():.6f}", at)


def tell_untold(*, at: datetime) -> None:
    """What a killed worker didn't come to tell, and which scheduled feeds' data is late: once a missed schedule."""
    for run in ImportRun.objects.exclude(feed=None).filter(state__in=TOLD_OF, finished_at__gt=at - LOOK_BACK):
        tell(run, at=at)
    for feed in Feed.objects.filter(freshness__late_after__lte=at):
        assert feed.runs_at is not None  # else it is never late
        missed = last_due(feed.days, feed.runs_at, at - GRACE)
        _ask(f"{LATE} {feed.pk} {missed.timestamp():.0f}", at)


def _ask(subject: str, at: datetime) -> None:
    if not Job.objects.filter(kind=MAIL, subject=subject).exists():
        enqueue(MAIL, subject, at=at)


@handles(MAIL)
def send_mail(work: Work) -> str:
    about, key, _ = work.subject.split()
    if about == RUN:
        run = ImportRun.objects.select_related("feed__division__steward").get(pk=int(key))
        feed, subject = run.feed, f"{run.feed.name}: {_became(run)}"
        text: str = render_to_string("feeds/mail_run.txt", {"run": run})
        path = reverse("feeds:run", args=[run.pk])
    else:
        fresh = FeedFreshness.objects.select_related("feed__division__steward").get(feed=int(key))
        if fresh.late_after is None or fresh.late_after > work.at:
            return "It has come meanwhile."
        feed, subject = fresh.feed, f"{fresh.feed.name}: late"
        told = {"feed": feed, "good": fresh.good_at, "due": moment_words(fresh.late_after - GRACE)}
        text = render_to_string("feeds/mail_late.txt", told)
        path = reverse("feeds:feed", args=[feed.pk])
    people = _concerned(feed, work.at)
    if settings.HUB_ADDRESS:
        text += f"\n{settings.HUB_ADDRESS.rstrip('/')}{path}\n"
    if people:
        EmailMessage(f"CX Hub: {subject}"[:200], text, to=people).send()
    return f"To {len(people)} people." if people else "Nobody of IT has an e-mail address."


def _became(run: ImportRun) -> str:
    return "stopped" if run.state == ImportRun.State.STOPPED else "not imported"


def _concerned(feed: Feed, at: datetime) -> list[str]:
    """The addresses of IT, and of the steward of the feed's division."""
    it = Q(roles__role=Role.IT)
    if feed.division and feed.division.steward_id:
        it |= Q(pk=feed.division.steward_id)
    people = Staff.objects.working(local_date(at)).filter(it, email__isnull=False)
    return sorted({address for address in people.values_list("email", flat=True) if address})
