"""The jobs of feeds. Loaded by this app's `tasks.py`."""

from django.db import transaction
from django.utils import timezone

from accounts.events import facts_changed
from accounts.imports.feeds.freshness import note_good_run
from accounts.imports.feeds.mails import tell
from accounts.imports.models import Feed, FeedFreshness, ImportRun
from accounts.imports.runs import actions
from accounts.imports.runs.lifecycle import work_on
from accounts.imports.runs.registry import RUN, UNDO, check_last, kind_of
from accounts.jobs.queue import Work, handles
from mikano_cx.kit.refusal import Refused

State = ImportRun.State
AT_WORK = (State.WAITING, State.READING, State.APPLIED)


def _run(work: Work) -> ImportRun:
    return ImportRun.objects.select_related("feed", "feed__division").get(pk=int(work.subject))


@handles(RUN)
def run_feed(work: Work) -> str:
    run = _run(work)
    words = _carry_out(run, work)
    actions.go_on(run.feed, at=timezone.now())
    return words


def _carry_out(run: ImportRun, work: Work) -> str:
    if run.state not in AT_WORK:
        return "Nothing left to do."
    try:
        words = work_on(run, at=work.at, step=work.step)
    except Refused as refused:
        over = {"state": State.REFUSED, "message": refused.message, "finished_at": timezone.now()}
        ImportRun.objects.filter(pk=run.pk).exclude(state=State.DISCARDED).update(**over)
        words = refused.message
    run.refresh_from_db()
    if run.state in (State.REFUSED, State.STOPPED):
        tell(run, at=timezone.now())
    return words


@handles(UNDO)
def undo_feed(work: Work) -> str:
    run = _run(work)
    if run.state != State.UNDOING:
        return "Nothing left to undo."
    try:
        with work.once("Undone."):
            list(Feed.objects.select_for_update(no_key=True).filter(source=run.feed.source).order_by("pk"))
            check_last(run)
            concerned = kind_of(run.feed).undo(run, by=run.undone_by, at=work.at)
            facts_changed.send(ImportRun, account_ids=concerned, at=work.at, by=run.undone_by)
            ImportRun.objects.filter(pk=run.pk).update(state=State.UNDONE, undone_at=work.at)
            _note_the_one_before(run.feed)
    except Refused as refused:
        with transaction.atomic():
            ImportRun.objects.filter(pk=run.pk).update(state=State.APPLIED, message=refused.message, undone_by=None)
        return refused.message
    return "Undone."


def _note_the_one_before(feed: Feed) -> None:
    """The feed's data is as fresh as the last good run that stands."""
    before = feed.runs.filter(state=State.APPLIED).order_by("-finished_at").first()
    if before is not None and before.finished_at is not None:
        note_good_run(before, at=before.finished_at)
    else:
        FeedFreshness.objects.filter(feed=feed).update(run=None, good_at=None, file_at=None)
