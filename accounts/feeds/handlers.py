"""The jobs of feeds. Loaded by this app's `tasks.py`."""

from django.db import transaction
from django.utils import timezone

from accounts.events import facts_changed
from accounts.feeds import actions
from accounts.feeds.kinds import kind_of
from accounts.feeds.notices import tell
from accounts.feeds.working import work_on
from accounts.jobs import Work, handles
from accounts.models import FeedRun
from mikano_cx.kit.refusal import Refused

State = FeedRun.State
AT_WORK = (State.WAITING, State.READING, State.APPLYING, State.APPLIED)


def _run(work: Work) -> FeedRun:
    return FeedRun.objects.select_related("feed", "feed__division").get(pk=int(work.subject))


@handles(actions.RUN)
def run_feed(work: Work) -> str:
    run = _run(work)
    if run.state not in AT_WORK:
        return "Nothing left to do."
    try:
        words = work_on(run, at=work.at, step=work.step)
    except Refused as refused:
        over = {"state": State.REFUSED, "message": refused.message, "finished_at": timezone.now()}
        FeedRun.objects.filter(pk=run.pk).exclude(state=State.DISCARDED).update(**over)
        words = refused.message
    run.refresh_from_db()
    if run.state in (State.REFUSED, State.STOPPED):
        tell(run, at=timezone.now())
    return words


@handles(actions.UNDO)
def undo_feed(work: Work) -> str:
    run = _run(work)
    if run.state != State.UNDOING:
        return "Nothing left to undo."
    try:
        with work.once("Undone."):
            concerned = kind_of(run).undo(run, by=run.undone_by, at=work.at)
            facts_changed.send(FeedRun, account_ids=concerned, at=work.at, by=run.undone_by)
            FeedRun.objects.filter(pk=run.pk).update(state=State.UNDONE, undone_at=work.at)
    except Refused as refused:
        with transaction.atomic():
            FeedRun.objects.filter(pk=run.pk).update(state=State.APPLIED, message=refused.message, undone_by=None)
        return refused.message
    return "Undone."
