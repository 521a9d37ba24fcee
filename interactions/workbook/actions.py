"""The verbs of the workbook: upload, check, apply, undo. The web, its jobs and the command call the same ones.

A run moves by compare-and-set: reading -> preview -> applying -> applied -> undoing -> undone, so that two clicks
(or two workers) do a thing once. `at` is an aware instant; `by` is None for the command line.
"""

import hashlib
import pickle
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from django.core.files import File
from django.db import IntegrityError, transaction

from accounts.imports.models import ImportRow, ImportRun
from accounts.imports.runs import actions
from accounts.imports.runs.actions import fingerprint
from accounts.imports.runs.registry import import_kind
from accounts.jobs.models import Job
from accounts.jobs.queue import enqueue
from accounts.people import roles
from accounts.people.models import Division, Staff, StaffAlias
from interactions.workbook import undo as undoing
from interactions.workbook.book import Book
from interactions.workbook.decisions import SAME, Choices, Decision, Tally, name_key
from interactions.workbook.facts import limits, open_book
from interactions.workbook.kind import CHECK, KIND
from interactions.workbook.plan import Plan
from interactions.workbook.rights import rights_of
from interactions.workbook.row_locks import hold_previewed
from interactions.workbook.writer import Writer
from mikano_cx.kit import sheets
from mikano_cx.kit.local_time import local_date
from mikano_cx.kit.person_locks import lock_people
from mikano_cx.kit.refusal import Refused

State = ImportRun.State
Step = Callable[[int, int], None]
Once = Callable[[], AbstractContextManager[Any]]
STALE = (
    "The hub has changed since this preview was made, or it was made for somebody with other rights. "
    "Here is a new one: look again, then apply."
)

IN_THE_WAY = (
    "This import can't be undone: something that was added since refers to its records, or has an ID of theirs."
)

log = structlog.get_logger(__name__)


class Stale(Exception):
    """What apply would do isn't what the preview showed."""


# --- asking ----------------------------------------------------------------------------------------------------------
def upload(
    *, by: Staff | None, at: datetime, file: File, file_name: str, division: Division | None, choices: Choices
) -> ImportRun:
    """Keep a file that looks like a spreadsheet, as an import to be checked.

    Refuses: `not_your_role`, `not_your_division`, and what `sheets.inspect` refuses.
    """
    if by is not None and not by.has_role(roles.IMPORTING):
        raise Refused("not_your_role", "A data steward or the P&BI team brings workbooks in.")
    if by is not None and not by.writes_in(division.pk if division else None):
        raise Refused("not_your_division", "New accounts can only go to a division of yours.", field="division")
    run = ImportRun(kind=KIND, state=State.READING, division=division, by=by, created_at=at)
    run.file_name = Path(file_name).name[:200] or "workbook"
    run.sha256, run.size = fingerprint(file)
    _choose(run, choices)
    run.file.save(f"workbook-{at:%Y%m%d%H%M%S}-{run.sha256[:12]}", file, save=False)
    try:
        sheets.inspect(run.file.path, limits=limits())
    except Refused:
        run.file.delete(save=False)
        raise
    run.save()
    return run


@transaction.atomic
def send(*, by: Staff, at: datetime, **given: Any) -> ImportRun:
    """Upload a file and ask for its check, both or neither. Refuses what `upload` refuses."""
    run = upload(by=by, at=at, **given)
    enqueue(CHECK, str(run.pk), at=at)
    return run


@transaction.atomic
def approve(run: ImportRun, *, by: Staff, at: datetime, close_old: bool = False) -> Job:
    """Have what was previewed done, its old next actions closed or not. Refuses what every import's approval does."""
    job = actions.approve(run, by=by, at=at)
    _choose_at_last(run, close_old=close_old)
    return job


def _choose_at_last(run: ImportRun, *, close_old: bool = False) -> None:
    """What is chosen with the word to apply, since the preview shows it either way: whether old next actions come in
    closed. Called by whoever moved the run there."""
    run.refresh_from_db(fields=["made"])
    run.made["closes_old_actions"] = close_old
    run.save(update_fields=["made"])


def _check_anew(run: ImportRun, *, by: Staff, at: datetime) -> Job:
    """From the preview only: a check that is under way wouldn't notice what is said now."""
    import_kind(run).refuse_stranger(run, by)
    if not _move(run, State.PREVIEW, State.READING, message="", approved_by=by):
        raise Refused("not_now", "This import isn't ready for that: wait for its preview, then say it again.")
    run.refresh_from_db()
    return enqueue(CHECK, str(run.pk), at=at)


@transaction.atomic
def choose(run: ImportRun, *, by: Staff, at: datetime, choices: Choices) -> Job:
    """Change the choices of an import that shows its preview, and check it anew. Refuses `not_now` elsewhere."""
    job = _check_anew(run, by=by, at=at)
    _choose(run, choices)
    run.save(update_fields=["blanks_keep", "repair_names", "propose_dates", "made"])
    return job


@transaction.atomic
def map_people(run: ImportRun, *, by: Staff, at: datetime, people: Mapping[str, Staff | None]) -> Job | None:
    """Say who is meant by names that the staff list doesn't have; kept as aliases for every later import too.

    None takes back what was said for this import. Refuses `not_now` unless the import shows its preview.
    """
    said = run.made.get("people", {})
    people = {name: person for name, person in people.items() if person or name in said}
    if not people:
        return None
    job = _check_anew(run, by=by, at=at)
    aliases, said = run.made.setdefault("aliases", []), run.made.setdefault("people", {})
    for written, person in people.items():
        if person is None:
            StaffAlias.objects.filter(name_key=name_key(written), pk__in=aliases).delete()
            del said[written]
            continue
        alias, created = StaffAlias.objects.update_or_create(
            name_key=name_key(written), defaults={"written": written[:120], "staff": person}
        )
        aliases += [alias.pk] if created else []
        rows = run.unknown_people.get(written) or said.get(written, {}).get("rows", 0)
        said[written] = {"staff": person.pk, "rows": rows}
    run.save(update_fields=["made"])
    return job


def _choose(run: ImportRun, choices: Choices) -> None:
    run.blanks_keep, run.repair_names = choices.blanks_keep, choices.repair_names
    run.propose_dates = choices.propose_dates
    run.made["old_before"] = choices.old_before.isoformat() if choices.old_before else None


# --- the work itself -------------------------------------------------------------------------------------------------
def _nothing(done: int, of: int) -> None:
    pass


def check(run: ImportRun, *, at: datetime, once: Once = transaction.atomic, step: Step = _nothing) -> Tally:
    """Read the file, decide about each row and keep the preview. A file that can't be read refuses the run.

    What is decided is put aside in a temporary file, so that the database is written to only at the end, within
    `once`. Raises what `Book` refuses, after noting it on the run.
    """
    try:
        book = open_book(run.file.path)
    except Refused as refused:
        with once():
            _move(run, State.READING, State.REFUSED, message=refused.message)
        raise
    with book, tempfile.TemporaryFile() as aside:
        tally, digest, done = Tally(), hashlib.sha256(), 0
        plan = plan_of(run, book, at)
        for decisions in plan:
            tally.add(decisions)
            _digest(digest, decisions)
            pickle.dump([_kept(run, d) for d in decisions if d.bucket != SAME or d.problems], aside)
            done += len(decisions)
            step(done, book.rows)
        aside.seek(0)
        with once():
            _keep(run, aside)
            _move(
                run,
                State.READING,
                State.PREVIEW,
                rows=book.rows,
                counts=tally.tabs,
                kinds=tally.kinds,
                hints=tally.notes,
                remarks=list(book.layout.notes),
                unknown_people=plan.people.unknown,
                digest=digest.hexdigest(),
            )
        return tally


def plan_of(run: ImportRun, book: Book, at: datetime) -> Plan:
    """What the import would do on the day of `at`, with the rights that uploader and applier both have.

    Until somebody applies it, `approved_by` is who asked for the preview.
    """
    rights = rights_of(run.by).also(rights_of(run.approved_by))
    choices = Choices(run.blanks_keep, run.repair_names, run.propose_dates, run.old_before)
    return Plan(book, choices, rights, local_date(at))


def apply(run: ImportRun, *, at: datetime, once: Once = transaction.atomic, step: Step = _nothing) -> None:
    """Do what was previewed, in one transaction. The plan is made again inside it, after holding what it will change.

    Raises `Stale`, having written nothing, when it isn't the plan that the preview showed.
    """
    try:
        with open_book(run.file.path) as book, once():
            _apply(ImportRun.objects.select_for_update().get(pk=run.pk), book, at, step)
    except IntegrityError as error:  # a code or an ERP ID was taken between plan and write
        log.warning("workbook.stale", run=run.pk, error=str(error))
        raise Stale from error


def _apply(run: ImportRun, book: Book, at: datetime, step: Step) -> None:
    if run.state != State.APPLYING:
        raise Refused("not_now", "This import isn't waiting to be applied.")
    lock_people(Staff.objects.values_list("pk", flat=True))  # any of them, by a name in the file
    hold_previewed(run)
    writer, digest, done = Writer(run, by=run.approved_by, at=at), hashlib.sha256(), 0
    for decisions in plan_of(run, book, at):
        _digest(digest, decisions)
        writer.write(decisions)
        done += len(decisions)
        step(done, book.rows)
    if digest.hexdigest() != run.digest:
        raise Stale
    writer.finish()
    _move(run, State.APPLYING, State.APPLIED, finished_at=at, made=run.made)


def undo(run: ImportRun, *, at: datetime, once: Once = transaction.atomic) -> None:
    """Take an applied import back, in one transaction. Refuses `touched`, naming what was worked on since."""
    try:
        with once():
            locked = ImportRun.objects.select_for_update().get(pk=run.pk)
            if locked.state != State.UNDOING:
                raise Refused("not_now", "This import isn't waiting to be undone.")
            undoing.undo(locked, by=locked.undone_by, at=at)
            _move(locked, State.UNDOING, State.UNDONE, undone_at=at)
    except Refused as refused:
        _move(run, State.UNDOING, State.APPLIED, message=refused.message)
        raise
    except IntegrityError as error:
        _move(run, State.UNDOING, State.APPLIED, message=IN_THE_WAY)
        raise Refused("touched", IN_THE_WAY) from error


@transaction.atomic
def preview_again(run: ImportRun, *, at: datetime | None = None) -> None:
    """After `Stale`: back to checking, saying why, and, with `at`, asking for the check."""
    if _move(run, State.APPLYING, State.READING, message=STALE) and at:
        enqueue(CHECK, str(run.pk), at=at)


@transaction.atomic
def start_applying(run: ImportRun, *, by: Staff | None, **chosen: bool) -> None:
    """For the command line, which needs no job: preview -> applying, once."""
    if not _move(run, State.PREVIEW, State.APPLYING, approved_by=by):
        raise Refused("not_now", "This import has moved on.")
    _choose_at_last(run, **chosen)


def start_undoing(run: ImportRun, *, by: Staff | None) -> None:
    """For the command line: applied -> undoing, once."""
    if not _move(run, State.APPLIED, State.UNDOING, undone_by=by):
        raise Refused("not_now", "This import isn't applied.")


def _move(run: ImportRun, start: str, target: str, **values: Any) -> bool:
    moved = ImportRun.objects.filter(pk=run.pk, state=start).update(state=target, **values)
    return bool(moved)


def _digest(digest: Any, decisions: Sequence[Decision]) -> None:
    for d in decisions:
        digest.update(repr((d.tab, d.row, d.code, d.bucket, d.values, d.changes)).encode("utf-8", "surrogatepass"))


def _kept(run: ImportRun, decision: Decision) -> dict[str, Any]:
    """A row of the preview, as columns."""
    kinds = sorted({problem.kind for problem in decision.problems})
    return {
        "tab": decision.tab,
        "row": decision.row,
        "bucket": decision.bucket,
        "warned": decision.warned,
        "external_id": decision.code,
        "label": decision.label,
        "changes": {change.field: [change.old, change.new] for change in decision.changes},
        "cells": {change.field: change.before for change in decision.changes},
        "problems": [
            {"field": p.field, "kind": p.kind, "message": p.message, "weight": p.weight} for p in decision.problems
        ],
        "kinds": f"|{'|'.join(kinds)}|"[:200] if kinds else "",
    }


def _keep(run: ImportRun, aside: Any) -> None:
    ImportRow.objects.filter(run=run).delete()
    for columns in _batches(aside):
        ImportRow.objects.bulk_create([ImportRow(run=run, **row) for row in columns], batch_size=1_000)


def _batches(aside: Any) -> Iterator[list[dict[str, Any]]]:
    while True:
        try:
            yield pickle.load(aside)  # noqa: S301 - our own, from the temporary file above
        except EOFError:
            return
