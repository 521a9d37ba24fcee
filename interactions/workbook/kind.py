"""The workbook among the kinds of files that come in: who decides about its imports, and what keeps one from it."""

from django.db.models import Q, QuerySet

from accounts.imports.models import ImportRun
from accounts.imports.runs.registry import ImportKind, register
from accounts.people import roles
from accounts.people.models import Staff
from interactions.workbook.undo import refuse_out_of_reach, refuse_touched
from mikano_cx.kit.refusal import Refused

KIND = "workbook"
CHECK, APPLY, UNDO = "workbook_check", "workbook_apply", "workbook_undo"
State = ImportRun.State


@register
class Workbook(ImportKind):
    name = KIND
    jobs = {State.READING: CHECK, State.APPLYING: APPLY, State.UNDOING: UNDO}
    approved = State.APPLYING
    discardable = (State.READING, State.PREVIEW)

    def refuse_stranger(self, run: ImportRun, by: Staff) -> None:
        if not by.has_role(roles.IMPORTING) or not runs_of(by).filter(pk=run.pk).exists():
            words = "The data steward of its division, or the P&BI team, looks after this import."
            raise Refused("not_your_role", words)

    def refuse_approval(self, run: ImportRun, by: Staff) -> None:
        if not by.writes_in(run.division_id):
            raise Refused("not_your_division", "New accounts can only go to a division of yours.")

    def refuse_undo(self, run: ImportRun, by: Staff) -> None:
        refuse_out_of_reach(run, by)
        refuse_touched(run)

    def moved_on(self, run: ImportRun) -> Refused:
        return Refused("not_now", "That has been done already, or this import has moved on.")


def runs_of(person: Staff) -> "QuerySet[ImportRun]":
    """The imports that a person may see: P&BI all, a steward their divisions' and their own."""
    runs = ImportRun.objects.filter(kind=KIND)
    if person.has_role(roles.ALL_DIVISIONS):
        return runs
    return runs.filter(Q(by=person) | Q(division__in=person.division_ids))
