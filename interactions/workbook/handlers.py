"""The jobs of the workbook. Loaded by this app's `tasks.py`."""

from django.utils import timezone

from accounts.imports.models import ImportRun
from accounts.jobs.queue import Work, handles
from interactions.workbook import actions
from interactions.workbook.kind import APPLY, CHECK, UNDO


def _run(work: Work) -> ImportRun:
    return ImportRun.objects.select_related("by", "division").get(pk=int(work.subject))


@handles(CHECK)
def check_workbook(work: Work) -> str:
    run = _run(work)
    if run.state != ImportRun.State.READING:  # discarded meanwhile
        return "Nothing left to check."
    actions.check(run, at=work.at, once=work.once, step=work.step)
    return "Checked."


@handles(APPLY)
def apply_workbook(work: Work) -> str:
    run = _run(work)
    if run.state != ImportRun.State.APPLYING:
        return "Nothing left to apply."
    try:
        actions.apply(run, at=work.at, once=work.once, step=work.step)
    except actions.Stale:
        actions.preview_again(run, at=timezone.now())
        return actions.STALE
    return "Applied."


@handles(UNDO)
def undo_workbook(work: Work) -> str:
    run = _run(work)
    if run.state != ImportRun.State.UNDOING:
        return "Nothing left to undo."
    actions.undo(run, at=work.at, once=work.once)
    return "Undone."
