"""The verbs of feeds: bring a file, start what is due, approve, discard, undo. The work is a job (`handlers`)."""

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files import File
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts import roles
from accounts.feeds.fetching import DropFolder, Found
from accounts.feeds.schedule import last_due
from accounts.jobs import enqueue
from accounts.models import Feed, FeedRun, Staff
from mikano_cx.kit.refusal import Refused
from mikano_cx.kit.timing import local_date

RUN, UNDO = "feed_run", "feed_undo"  # kinds of job; the subject is the run's number
State, Trigger = FeedRun.State, FeedRun.Trigger
LOOKED_AT = (State.PREVIEW, State.STOPPED)


def runs_visible_to(person: Staff) -> QuerySet[FeedRun]:
    """All of them for IT and P&BI; a steward sees those of their divisions, and of no division."""
    runs = FeedRun.objects.select_related("feed", "feed__division", "by")
    if person.has_role(frozenset({roles.Role.IT, roles.Role.PBI})):
        return runs
    if not person.has_role(roles.FEEDING):
        return runs.none()
    mine = person.divisions.values("pk")
    return runs.filter(feed__division=None) | runs.filter(feed__division__in=mine)


def upload(feed: Feed, file: Any, *, by: Staff, at: datetime, lines_file: Any = None) -> FeedRun:
    """Keep an uploaded file and have it read; it is shown before it is applied.

    Refuses `not_your_role`, `lines_missing`.
    """
    _may(by, roles.ARRANGING_FEEDS, "IT uploads the ERP's files.")
    if feed.lines_pattern and lines_file is None:
        raise Refused("lines_missing", "This feed's invoices come with a file of lines: add it.", field="lines_file")
    run = FeedRun(feed=feed, trigger=Trigger.UPLOAD, by=by, created_at=at, file_at=at, file_name=file.name[:200])
    with transaction.atomic():
        _keep(run, file, lines_file)
        enqueue(RUN, str(run.pk), at=at, business_date=local_date(at))
    return run


def start(
    feed: Feed, *, at: datetime, trigger: str = Trigger.HAND, by: Staff | None = None, day: Any = None
) -> FeedRun | None:
    """Take what has come to the feed's drop folder since the last time, oldest first; the first run that was made.

    Of a feed whose files hold everything only the newest file counts. For `day` (the local day for which the schedule
    asks) it does so once; a run that found no file is filled when one comes. None where there is nothing to do.
    Refuses: `not_your_role`, `no_folder`, `no_file` (not for the schedule, which notes it).
    """
    if by is not None:
        _may(by, roles.ARRANGING_FEEDS, "IT runs the ERP's imports.")
    if not feed.folder:
        raise Refused("no_folder", f"{feed.name} has no drop folder: upload its files.")
    waiting = FeedRun.objects.filter(feed=feed, trigger=Trigger.SCHEDULE, business_date=day).first() if day else None
    if waiting is not None and waiting.state != State.NO_FILE:
        return None
    try:
        found, growing = _new_files(feed, at)
    except Refused as refused:  # the folder isn't there
        if day is None:
            raise
        return _note_nothing(feed, day, at, refused.message) if waiting is None else None
    if not found:
        if day is None:
            raise Refused("no_file", _nothing(growing))
        return _note_nothing(feed, day, at, _nothing(growing)) if waiting is None else None
    runs = []
    for one in found if feed.holds == Feed.Holds.CHANGES else found[-1:]:
        run = waiting or FeedRun(feed=feed, trigger=trigger, by=by, created_at=at, business_date=day)
        run.state, run.message, run.file_at, run.file_name = State.WAITING, "", one.file_at, one.name[:200]
        if not _keep_found(run, one, at):
            return None
        runs.append(run)
        waiting, day = None, None
    return runs[0]


def start_missed(*, at: datetime) -> list[FeedRun]:
    """Start every scheduled feed whose last due instant has no run, or one that found no file; so a missed night is
    caught up, and a late file is taken when it comes."""
    begun = []
    for feed in Feed.objects.filter(is_active=True, runs_at__isnull=False).exclude(days="").select_related("division"):
        run = start_due(feed, at=at)
        if run is not None:
            begun.append(run)
    return begun


def start_due(feed: Feed, *, at: datetime) -> FeedRun | None:
    """The run for the feed's last due instant, if it isn't there already and the feed was set up by then."""
    assert feed.runs_at is not None
    due = last_due(feed.days, feed.runs_at, at)
    if due < feed.updated_at and not feed.runs.filter(trigger=Trigger.SCHEDULE).exists():
        return None
    return start(feed, at=at, trigger=Trigger.SCHEDULE, day=local_date(due))


def approve(run: FeedRun, *, by: Staff, at: datetime) -> FeedRun:
    """Have a run applied that was shown, or stopped by a guard. Refuses `not_your_role`, `moved_on`."""
    _may(by, roles.FEEDING, "IT, the steward or the P&BI team decides that.")
    with transaction.atomic():
        held = _in_state(run, LOOKED_AT)
        held.state, held.approved_by, held.approved_at, held.approved_counts = State.WAITING, by, at, held.counts
        held.save(update_fields=["state", "approved_by", "approved_at", "approved_counts"])
        enqueue(RUN, str(run.pk), at=at)
    return held


def discard(run: FeedRun, *, by: Staff, at: datetime) -> FeedRun:
    """Leave the file alone for good. Refuses `not_your_role`, `moved_on`."""
    _may(by, roles.FEEDING, "IT, the steward or the P&BI team decides that.")
    with transaction.atomic():
        held = _in_state(run, (*LOOKED_AT, State.WAITING, State.REFUSED))
        held.state, held.finished_at = State.DISCARDED, at
        held.save(update_fields=["state", "finished_at"])
    return held


def try_again(run: FeedRun, *, by: Staff, at: datetime) -> FeedRun:
    """Read a file once more, for whoever changed the feed's settings. Refuses `not_your_role`, `moved_on`."""
    _may(by, roles.FEEDING, "IT, the steward or the P&BI team decides that.")
    with transaction.atomic():
        held = _in_state(run, (*LOOKED_AT, State.REFUSED, State.READING, State.WAITING))
        held.state, held.message, held.approved_at, held.approved_by = State.WAITING, "", None, None
        held.save(update_fields=["state", "message", "approved_at", "approved_by"])
        enqueue(RUN, str(run.pk), at=at)
    return held


def ask_undo(run: FeedRun, *, by: Staff, at: datetime) -> FeedRun:
    """Have the feed's last applied run taken back. Refuses `not_your_role`, `moved_on`, `not_the_last`."""
    _may(by, roles.FEEDING, "IT, the steward or the P&BI team decides that.")
    with transaction.atomic():
        held = _in_state(run, (State.APPLIED,))
        later = FeedRun.objects.filter(
            feed__source=run.feed.source, state=State.APPLIED, finished_at__gt=held.finished_at
        )
        if other := later.select_related("feed").order_by("finished_at").first():
            raise Refused("not_the_last", f"{other} came later: undo that first.")
        held.state, held.undone_by = State.UNDOING, by
        held.save(update_fields=["state", "undone_by"])
        enqueue(UNDO, str(run.pk), at=at)
    return held


# --- files -----------------------------------------------------------------------------------------------------------
def _new_files(feed: Feed, at: datetime) -> tuple[list[Found], bool]:
    """What no run has taken yet, oldest first; and whether something is still being written."""
    folder = DropFolder(settings.DROP_DIR, feed.folder, feed.pattern, feed.lines_pattern, feed.settle_seconds)
    there = folder.newest(at)
    taken = set(feed.runs.exclude(file="").values_list("file_name", "file_at"))
    new = [one for one in there if not one.growing and (one.name, one.file_at) not in taken]
    return sorted(new, key=lambda one: (one.file_at, one.name)), any(one.growing for one in there)


def _nothing(growing: bool) -> str:
    return "The file is still being written." if growing else "No new file is in the drop folder."


def _note_nothing(feed: Feed, day: Any, at: datetime, words: str) -> FeedRun | None:
    try:
        with transaction.atomic():
            return FeedRun.objects.create(
                feed=feed,
                trigger=Trigger.SCHEDULE,
                business_date=day,
                created_at=at,
                state=State.NO_FILE,
                message=words,
                finished_at=at,
            )
    except IntegrityError:  # another beat was quicker
        return None


def _keep_found(run: FeedRun, found: Found, at: datetime) -> bool:
    """Copy the file beside the run and enqueue it; False when another beat was quicker."""
    try:
        with transaction.atomic(), found.path.open("rb") as file:
            lines = found.lines.open("rb") if found.lines else None
            try:
                _keep(run, File(file, name=found.name), File(lines, name=found.lines.name) if lines else None)
            finally:
                if lines:
                    lines.close()
            enqueue(RUN, str(run.pk), at=at, business_date=run.business_date)
    except IntegrityError:
        return False
    return True


def _keep(run: FeedRun, file: Any, lines: Any) -> None:
    digest, size = hashlib.sha256(), 0
    for chunk in file.chunks():
        digest.update(chunk)
        size += len(chunk)
    run.sha256, run.size = digest.hexdigest(), size
    file.seek(0)
    run.save()  # the row first: of two beats one fails here, before it keeps a file
    run.file.save(Path(file.name).name, file, save=False)
    if lines is not None:
        run.lines_file.save(Path(lines.name).name, lines, save=False)
    run.save()


def _may(by: Staff, who: frozenset[roles.Role], words: str) -> None:
    if not by.has_role(who):
        raise Refused("not_your_role", words)


def _in_state(run: FeedRun, states: Any) -> FeedRun:
    held = FeedRun.objects.select_for_update(of=("self",)).select_related("feed").get(pk=run.pk)
    if held.state not in states:
        raise Refused("moved_on", f"This import is {held.get_state_display().lower()} now: look again.")
    return held
