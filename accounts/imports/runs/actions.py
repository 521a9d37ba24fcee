"""The verbs of imports: approve, discard, try again, undo, whatever came in; of feeds also upload, and start what is
due. The work is a job (`handlers`)."""

import hashlib
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files import File
from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet

from accounts.imports.feeds.drop_folder import DropFolder, Found, dated
from accounts.imports.feeds.schedule import last_due
from accounts.imports.models import Feed, ImportRun
from accounts.imports.runs.registry import LOOKED_AT, RUN, UNDO, import_kind, kind_of
from accounts.jobs.models import Job
from accounts.jobs.queue import enqueue
from accounts.people import roles
from accounts.people.models import Staff
from mikano_cx.kit.local_time import local_date
from mikano_cx.kit.refusal import Refused

State, Trigger = ImportRun.State, ImportRun.Trigger
AT_WORK = (State.WAITING, State.READING)
OPEN = (*AT_WORK, *LOOKED_AT)


def runs_visible_to(person: Staff) -> QuerySet[ImportRun]:
    """All of them for IT and P&BI; a steward sees those of their divisions, and of no division."""
    runs = ImportRun.objects.exclude(feed=None).select_related("feed", "feed__division", "by")
    if person.has_role(frozenset({roles.Role.IT, roles.Role.PBI})):
        return runs
    if not person.has_role(roles.FEEDING):
        return runs.none()
    mine = person.divisions.values("pk")
    return runs.filter(feed__division=None) | runs.filter(feed__division__in=mine)


def upload(feed: Feed, file: Any, *, by: Staff, at: datetime, lines_file: Any = None) -> ImportRun:
    """Keep an uploaded file and have it read; it is shown before it is applied.

    The same file again, while the first waits or is being looked at, is that first run: a double click is one upload.
    Refuses `not_your_role`, `lines_missing`.
    """
    _may(by, roles.ARRANGING_FEEDS, "IT uploads the ERP's files.")
    if feed.lines_pattern and lines_file is None:
        raise Refused("lines_missing", "This feed's invoices come with a file of lines: add it.", field="lines_file")
    run = _run_of(feed, at, trigger=Trigger.UPLOAD, by=by)
    run.file_at, run.file_name = dated(file.name, at), file.name[:200]
    try:
        with transaction.atomic():
            _keep(run, file, lines_file)
            enqueue(RUN, str(run.pk), at=at, business_date=local_date(at))
    except IntegrityError:
        same = feed.runs.filter(trigger=Trigger.UPLOAD, sha256=run.sha256, state__in=OPEN).first()
        return same or upload(feed, file, by=by, at=at, lines_file=lines_file)
    return run


def start(
    feed: Feed, *, at: datetime, trigger: str = Trigger.HAND, by: Staff | None = None, day: Any = None
) -> ImportRun | None:
    """Take what has come to the feed's drop folder since the last time, oldest first; the first run that was made.

    Of a feed whose files hold everything only the newest file counts. For `day` (the local day for which the schedule
    asks) it does so once; a run that found no file is filled when one comes. None where there is nothing to do.
    Refuses: `not_your_role`, `no_folder`, `no_file` (not for the schedule, which notes it).
    """
    if by is not None:
        _may(by, roles.ARRANGING_FEEDS, "IT runs the ERP's imports.")
    if not feed.folder:
        raise Refused("no_folder", f"{feed.name} has no drop folder: upload its files.")
    waiting = ImportRun.objects.filter(feed=feed, trigger=Trigger.SCHEDULE, business_date=day).first() if day else None
    if waiting is not None and waiting.state != State.NO_FILE:
        return None
    try:
        found = _new_files(feed, at, newer_only=day is not None)
    except Refused as refused:
        return _nothing_came(feed, waiting, day, at, refused)
    first = None
    for one in found:
        run = waiting or _run_of(feed, at, trigger=trigger, by=by, business_date=day)
        run.state, run.message, run.file_at, run.file_name = State.WAITING, "", one.file_at, one.name[:200]
        try:
            if not _keep_found(run, one, at):
                break
        except OSError as error:
            why = Refused("unreadable", f"{one.name} can't be read: {error.strerror or 'the disk failed'}.")
            return first or _nothing_came(feed, waiting, day, at, why)
        first = first or run
        waiting, day = None, None
    return first


def go_on(feed: Feed, *, at: datetime) -> None:
    """Have the oldest of the files that wait read: those of a drop folder come in one by one, in their order."""
    waiting = feed.runs.filter(state__in=AT_WORK).exclude(trigger=Trigger.UPLOAD).order_by("file_at", "pk")
    if run := waiting.first():
        enqueue(RUN, str(run.pk), at=at, business_date=run.business_date)


def give_up(*, at: datetime) -> None:
    """Say of the runs whose job failed for good that they did: else they would be at work for ever."""
    for kind, states, then in ((RUN, AT_WORK, State.REFUSED), (UNDO, (State.UNDOING,), State.APPLIED)):
        for run in ImportRun.objects.exclude(feed=None).filter(state__in=states):
            job = Job.objects.filter(kind=kind, subject=str(run.pk)).first()
            if job is not None and job.state == Job.State.FAILED:
                over = {"state": then, "message": job.message} | ({"finished_at": at} if kind == RUN else {})
                ImportRun.objects.filter(pk=run.pk, state=run.state).update(**over)


def start_missed(*, at: datetime) -> list[ImportRun]:
    """Start every scheduled feed whose last due instant has no run, or one that found no file; so a missed night is
    caught up, and a late file is taken when it comes. What waits in line goes on, and what failed says so."""
    give_up(at=at)
    for feed in Feed.objects.filter(runs__state__in=AT_WORK).distinct():
        go_on(feed, at=at)
    begun = []
    for feed in Feed.objects.filter(is_active=True, runs_at__isnull=False).exclude(days="").select_related("division"):
        run = start_due(feed, at=at)
        if run is not None:
            begun.append(run)
    return begun


def start_due(feed: Feed, *, at: datetime) -> ImportRun | None:
    """The run for the feed's last due instant, if it isn't there already and the feed was set up by then."""
    assert feed.runs_at is not None
    due = last_due(feed.days, feed.runs_at, at)
    if due < feed.updated_at and not feed.runs.filter(trigger=Trigger.SCHEDULE).exists():
        return None
    return start(feed, at=at, trigger=Trigger.SCHEDULE, day=local_date(due))


def approve(run: ImportRun, *, by: Staff, at: datetime) -> Job:
    """Have a run applied that was shown, or stopped by a guard.

    Refuses `not_your_role`, that it has moved on, and what keeps its kind from it.
    """
    kind = import_kind(run)
    kind.refuse_stranger(run, by)
    with transaction.atomic():
        held = _in_state(run, LOOKED_AT)
        kind.refuse_approval(held, by)
        seen = {"approved_by": by, "approved_at": at, "approved_counts": held.outlook}
        return _ask(held, kind.approved, at, None, message="", **seen)


def discard(run: ImportRun, *, by: Staff, at: datetime) -> None:
    """Leave the file alone for good. Refuses `not_your_role`, and that it has moved on."""
    kind = import_kind(run)
    kind.refuse_stranger(run, by)
    with transaction.atomic():
        held = _in_state(run, kind.discardable)
        held.state, held.finished_at = State.DISCARDED, at
        held.save(update_fields=["state", "finished_at"])


def try_again(run: ImportRun, *, by: Staff, at: datetime) -> Job:
    """Ask once more for work that came to a stop, or read a feed's file as its settings are now.

    Refuses `not_your_role`, that it has moved on, `same_file`.
    """
    kind = import_kind(run)
    kind.refuse_stranger(run, by)
    with transaction.atomic():
        held = _in_state(run, (*kind.read_again, *kind.jobs))
        if held.state not in kind.read_again:
            return enqueue(kind.jobs[held.state], str(run.pk), at=at)
        clash = Refused("same_file", "The same file was uploaded again since: look at that one.")
        return _ask(held, State.WAITING, at, clash, message="", approved_at=None, approved_by=None)


def ask_undo(run: ImportRun, *, by: Staff, at: datetime) -> Job:
    """Have an applied run taken back. Refuses as `approve` does."""
    kind = import_kind(run)
    kind.refuse_stranger(run, by)
    with transaction.atomic():
        held = _in_state(run, (State.APPLIED,))
        kind.refuse_undo(held, by)
        clash = Refused("moved_on", "Another import of this feed is being undone: wait for it.")
        return _ask(held, State.UNDOING, at, clash, message="", undone_by=by)


def _ask(run: ImportRun, state: str, at: datetime, clash: Refused | None = None, **values: Any) -> Job:
    """Move the run, whose row is locked, to the state, and ask for the job that takes it on. `clash`: another run is
    in the way."""
    try:
        with transaction.atomic():
            ImportRun.objects.filter(pk=run.pk).update(state=state, **values)
    except IntegrityError:
        raise clash or import_kind(run).moved_on(run) from None
    return enqueue(import_kind(run).jobs[state], str(run.pk), at=at)


def fingerprint(file: Any) -> tuple[str, int]:
    """The digest of a file's bytes, and how many they are."""
    digest, size = hashlib.sha256(), 0
    for chunk in file.chunks():
        digest.update(chunk)
        size += len(chunk)
    file.seek(0)
    return digest.hexdigest(), size


# --- files -----------------------------------------------------------------------------------------------------------
def _run_of(feed: Feed, at: datetime, **given: Any) -> ImportRun:
    return ImportRun(feed=feed, created_at=at, is_demo=feed.is_demo, **given)


def _new_files(feed: Feed, at: datetime, *, newer_only: bool) -> list[Found]:
    """What no run has taken yet, oldest first; of files that hold all customers the newest. Refuses `no_file`.

    `newer_only`: a file that holds them all, and is older than the last taken, is left to whoever asks for it.
    """
    folder = DropFolder(settings.DROP_DIR, feed.folder, feed.pattern, feed.lines_pattern, feed.settle_seconds)
    there = folder.newest(at)
    if growing := [one.name for one in there if one.growing]:
        words = f"{growing[0]} may still be being written: it has to lie still for {feed.settle_seconds} s first."
        raise Refused("no_file", words)
    before = feed.runs.exclude(file="").exclude(trigger=Trigger.UPLOAD)
    if not newer_only:
        before = before.exclude(state=State.UNDONE)  # whoever asks may want it again; by itself it stays undone
    taken: dict[Any, dict[str, datetime]] = {}
    for name, file_at, digest, created_at in before.values_list("file_name", "file_at", "sha256", "created_at"):
        taken.setdefault((name, file_at), {})[digest] = created_at
    new = [one for one in there if not _is_taken(one, taken.get(_key(one), {}))]
    if feed.holds == Feed.Holds.ALL and "holds" in kind_of(feed).settings:
        last = before.aggregate(last=Max("file_at"))["last"] if newer_only else None
        if last is not None:  # as old as the last may only be the last, corrected
            new = [one for one in new if one.file_at > last or (one.file_at == last and _key(one) in taken)]
        new = new[-1:]
    if feed.lines_pattern and (bare := [one.name for one in new if one.lines is None]):
        raise Refused("no_file", f"{bare[0]} waits for its file of lines.")
    if not new:
        words = "No new file is in the drop folder."
        if there and not newer_only:
            words += f" {there[-1].name} came in already: upload it to have it read again."
        raise Refused("no_file", words)
    return new


def _key(found: Found) -> tuple[str, datetime]:
    """Name and date of a dropped file, as its run keeps them."""
    return found.name[:200], found.file_at


def _is_taken(found: Found, same: dict[str, datetime]) -> bool:
    """Whether the file came in already: `same` are those of its name and date (digest: when it was taken). One that was
    written since is another if it says something else."""
    if not same or found.written <= max(same.values()):
        return bool(same)
    try:
        with found.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() in same
    except OSError:  # whoever takes it says so
        return False


def _nothing_came(feed: Feed, noted: ImportRun | None, day: Any, at: datetime, why: Refused) -> ImportRun | None:
    """Noted once for the schedule's `day`; whoever asked by hand is told."""
    if day is None:
        raise why
    if noted is not None:
        return None
    run = _run_of(feed, at, trigger=Trigger.SCHEDULE, business_date=day, finished_at=at)
    run.state, run.message = State.NO_FILE, why.message
    try:
        with transaction.atomic():
            run.save()
            return run
    except IntegrityError:  # another beat was quicker
        return None


def _keep_found(run: ImportRun, found: Found, at: datetime) -> bool:
    """Copy the file beside the run and enqueue it; False when another beat was quicker."""
    try:
        with transaction.atomic(), ExitStack() as closing:
            file = File(closing.enter_context(found.path.open("rb")), name=found.name)
            lines = found.lines and File(closing.enter_context(found.lines.open("rb")), name=found.lines.name)
            if run.pk:
                _in_state(run, (State.NO_FILE,))
            _keep(run, file, lines)
            go_on(run.feed, at=at)
    except (IntegrityError, Refused):
        return False
    return True


def _keep(run: ImportRun, file: Any, lines: Any) -> None:
    run.sha256, run.size = fingerprint(file)
    run.save()  # the row first: of two beats one fails here, before it keeps a file
    run.file.save(Path(file.name).name, file, save=False)
    if lines is not None:
        run.lines_file.save(Path(lines.name).name, lines, save=False)
    run.save()


def _may(by: Staff, who: frozenset[roles.Role], words: str) -> None:
    if not by.has_role(who):
        raise Refused("not_your_role", words)


def _in_state(run: ImportRun, states: Any) -> ImportRun:
    held = ImportRun.objects.select_for_update(of=("self",)).select_related("feed").get(pk=run.pk)
    if held.state not in states:
        raise import_kind(held).moved_on(held)
    return held
