"""A run from file to hub: read and compare, stop or show, apply in one transaction, replay what it concerns.

Whatever is killed on the way begins anew from the file; what is applied is so once, for the run's own row is locked and
says so in that transaction.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import Max
from django.utils import timezone

from accounts.events import facts_changed
from accounts.imports.feeds.freshness import note_good_run
from accounts.imports.files.file_reader import FeedRows, open_rows
from accounts.imports.files.layout import Layout
from accounts.imports.models import Feed, ImportRow, ImportRun
from accounts.imports.runs.registry import BUCKETS, CHANGED, HELD, LEFT_OUT, NEW, REFUSED, SAME, kind_of
from accounts.imports.runs.stage import Stage, analyze, copied, staged
from mikano_cx.kit.chunks import chunks
from mikano_cx.kit.local_time import day_text, local_date
from mikano_cx.kit.person_locks import let_others_write
from mikano_cx.kit.refusal import Refused

State = ImportRun.State
STEP = 2_000  # rows between two reports of progress
REPLAYED = 200  # accounts a transaction: others write in between
MANY = 5_000  # new rows after which the database counts anew what its tables hold
TRIES = 3  # to compare a file with a hub that stands still meanwhile
ALWAYS_MAY_VANISH = MAY_BE_REFUSED = 25
Step = Callable[[int, int], None]


class Overtaken(Exception):
    """The source has brought, or lost, something since the file was compared: what was decided may be wrong."""


def work_on(run: ImportRun, *, at: datetime, step: Step) -> str:
    """Take the run as far as it goes by itself; what became of it, in words. Refuses a file that is no good."""
    if run.state == State.APPLIED:  # a worker was killed while replaying
        return _replay(run, at=at, step=step)
    if not run.file:
        return "There is no file."
    ImportRun.objects.filter(pk=run.pk).update(state=State.READING, started_at=at, finished_at=None)
    for tries_left in reversed(range(TRIES)):
        try:
            shown = _bring(run, at=at, step=step)
        except (Overtaken, IntegrityError):  # somebody recorded one of its rows by hand in this moment
            if not tries_left:
                raise
        else:
            return shown or _replay(run, at=at, step=step)
    raise AssertionError("It tries once at least.")


def _bring(run: ImportRun, *, at: datetime, step: Step) -> str:
    """Compare the file with the hub, and apply it; if it is only shown: what that came to, in words."""
    began, seen = time.monotonic(), _brought(run)
    with ExitStack() as closing:
        file = closing.enter_context(open_rows(run.file.path, Layout.of(run.feed), kind_of(run.feed).fields(run.feed)))
        stage = closing.enter_context(staged(kind_of(run.feed).columns))
        run.rows = file.rows
        _compare(run, file, stage, at=at, step=step)
        run.guards = _guards(run)
        if not _may_apply(run):
            return _show(run, stage, seconds=time.monotonic() - began)
        _apply(run, stage, at=at, began=began, seen=seen)
        run.seconds = time.monotonic() - began  # COMMIT checked what every row refers to
        ImportRun.objects.filter(pk=run.pk).update(seconds=run.seconds)
    if run.counts[NEW] >= MANY:
        analyze(kind_of(run.feed).fills)
    return ""


def _brought(run: ImportRun) -> tuple[datetime | None, ...]:
    """When the source last brought something, and when something of it was last undone."""
    others = ImportRun.objects.filter(feed__source=run.feed.source).exclude(pk=run.pk)
    applied = others.filter(state=State.APPLIED).aggregate(last=Max("finished_at"))["last"]
    return applied, others.aggregate(last=Max("undone_at"))["last"]


def _compare(run: ImportRun, file: FeedRows, stage: Stage, *, at: datetime, step: Step) -> None:
    kind = kind_of(run.feed)
    stage.fill(_told(kind.rows(run, file, at=at), file.rows, step))
    kind.decide(run, stage, at=at)
    found = dict(stage.rows("SELECT bucket, COUNT(*) FROM {stage} GROUP BY bucket"))
    run.counts = {bucket: found.pop(bucket, 0) for bucket in BUCKETS}
    run.counts[SAME] += stage.settled
    if found or sum(run.counts.values()) != run.rows:
        raise AssertionError(f"{run.rows} rows, and in buckets {run.counts} and {found}")
    run.kinds = dict(stage.rows("SELECT kind, COUNT(*) FROM {stage} WHERE kind <> '' GROUP BY kind"))
    run.vanished, run.known = kind.vanished(run, stage)  # type: ignore[attr-defined]


def _told(rows: Iterator[Sequence[Any]], of: int, step: Step) -> Iterator[Sequence[Any]]:
    for number, row in enumerate(rows, start=1):
        if number % STEP == 0:
            step(number, of)
        yield row


def _guards(run: ImportRun) -> list[dict[str, str]]:
    """What is too odd to apply unasked."""
    found, feed = [], run.feed
    known: int = run.known  # type: ignore[attr-defined]
    newest = feed.runs.filter(state=State.APPLIED).exclude(pk=run.pk).aggregate(newest=Max("file_at"))["newest"]
    if not run.rows:
        found.append(("empty", "The file holds no rows."))
    if newest and run.file_at and run.file_at < newest:
        its, hub = (day_text(local_date(when)) for when in (run.file_at, newest))
        words = f"The file is of {its}, and the hub has one of {hub}."
        found.append(("older", words))
    if run.vanished > max(ALWAYS_MAY_VANISH, known * feed.most_vanished / 100):
        share = f"{run.vanished:,} of {known:,} known customers ({100 * run.vanished / known:.0f} %) would vanish"
        found.append(("vanish", f"{share}: more than {feed.most_vanished} %."))
    refused, wanted = run.counts[REFUSED], run.rows - run.counts[LEFT_OUT]
    if refused and (refused == wanted or refused > max(MAY_BE_REFUSED, wanted / 2)):
        share = f"{refused:,} of {wanted:,} rows ({100 * refused / wanted:.0f} %) are refused"
        found.append(("refused", f"{share}: perhaps the ERP writes them in another way than the feed reads them."))
    changed = run.counts[CHANGED]
    if changed > run.rows * feed.most_changed / 100:
        share = f"{changed:,} of {run.rows:,} rows ({100 * changed / run.rows:.0f} %) would change"
        found.append(("change", f"{share}: more than {feed.most_changed} %."))
    return [{"code": code, "text": text} for code, text in found]


def _may_apply(run: ImportRun) -> bool:
    """By itself, if nothing is odd and it isn't an upload; and what was approved must be what was looked at."""
    if run.approved_at is None:
        return not run.guards and run.trigger != ImportRun.Trigger.UPLOAD
    if run.approved_counts == run.outlook:
        run.guards = []
        return True
    run.message = "The hub has changed since somebody looked: look again."
    run.approved_at = run.approved_by = run.approved_counts = None
    return False


def _show(run: ImportRun, stage: Stage, *, seconds: float) -> str:
    """Keep what was decided and wait for somebody."""
    with transaction.atomic():
        _locked(run)
        _keep_rows(run, stage)
        run.seconds, run.finished_at = seconds, timezone.now()
        _store(run, State.STOPPED if run.guards else State.PREVIEW)
    return "Stopped: somebody has to look." if run.guards else "Ready to apply."


def _apply(run: ImportRun, stage: Stage, *, at: datetime, began: float, seen: tuple[datetime | None, ...]) -> None:
    with transaction.atomic():
        list(Feed.objects.select_for_update(no_key=True).filter(source=run.feed.source).order_by("pk"))
        if _locked(run) == State.APPLIED:
            return
        if _brought(run) != seen:
            raise Overtaken
        _keep_rows(run, stage)
        kind_of(run.feed).apply(run, stage, at=at)
        run.seconds, run.finished_at, run.message = time.monotonic() - began, timezone.now(), ""
        _store(run, State.APPLIED)
        note_good_run(run, at=run.finished_at)


def _replay(run: ImportRun, *, at: datetime, step: Step) -> str:
    """Replay the accounts that the run concerns, some at a time: until then each says by `next_at` that it waits."""
    kind = kind_of(run.feed)
    ids = kind.touched(run, at=at)
    for number, part in enumerate(chunks(ids, REPLAYED)):
        step(number * REPLAYED, len(ids))
        with transaction.atomic():
            _locked(run)
            told = facts_changed.send(ImportRun, account_ids=set(part), at=at, by=None)
            moves = [move for _, answer in told for move in answer or ()]
            ImportRow.objects.bulk_create(_moved(run, *move) for move in moves)
            run.moved += len(moves)
            ImportRun.objects.filter(pk=run.pk).update(moved=run.moved)
        let_others_write()
    kind.after(run, at=at)
    return f"Applied: {run.counts[NEW]:,} new, {run.counts[CHANGED]:,} changed, {run.moved:,} accounts changed hands."


def _moved(run: ImportRun, account_id: int, label: str, old: str, new: str) -> ImportRow:
    changes = {"Owner": [old, new]}
    return ImportRow(
        run=run, row=0, bucket=ImportRow.Bucket.MOVED, account_id=account_id, label=label[:120], changes=changes
    )


def _keep_rows(run: ImportRun, stage: Stage) -> None:
    """A row for every row that isn't the same; sets what an earlier look at the file left."""
    ImportRow.objects.filter(run=run).delete()
    buckets = f"'{NEW}', '{HELD}', '{REFUSED}'"
    copied(
        ImportRow,
        f"{stage.name} WHERE bucket IN ({buckets})",
        {name: name for name in ("row", "external_id", "label", "bucket")}
        | {"run": str(run.pk), "problem_field": "field", "problem_kind": "kind", "problem": "problem"}
        | {"cells": _cells(kind_of(run.feed).kept)}
        | {"changes": "'{}'"},
    )
    ImportRow.objects.bulk_create(_changed(run, stage), batch_size=1_000)
    if run.vanished:
        kind_of(run.feed).keep_vanished(run, stage)


def _cells(kept: Sequence[str]) -> str:
    """SQL for the cells of held rows, as JSON."""
    json = "json_build_object" if connection.vendor == "postgresql" else "json_object"
    pairs = ", ".join(f"'{name}', {name}" for name in kept)
    cast = "::jsonb" if connection.vendor == "postgresql" else ""
    return f"CASE WHEN bucket = 'held' THEN {json}({pairs}){cast} ELSE '{{}}'{cast} END"


def _changed(run: ImportRun, stage: Stage) -> Iterator[ImportRow]:
    words = {row: (ident, label) for row, ident, label in stage.rows(
        "SELECT row, external_id, label FROM {stage} WHERE bucket = 'changed'"
    )}  # fmt: skip
    for row, account, changes, before in kind_of(run.feed).changes(run, stage):
        given = {"bucket": CHANGED, "account_id": account, "changes": changes, "cells": before}
        yield ImportRow(run=run, row=row, external_id=words[row][0], label=words[row][1], **given)


def _locked(run: ImportRun) -> str:
    """The run's state, its row locked. Refuses when somebody discarded it meanwhile."""
    state = ImportRun.objects.select_for_update().values_list("state", flat=True).get(pk=run.pk)
    if state in (State.DISCARDED, State.UNDONE):
        raise Refused("discarded", "It was discarded meanwhile.")
    return state


def _store(run: ImportRun, state: str) -> None:
    run.state = state
    run.save(update_fields=[
        *("state", "rows", "counts", "kinds", "vanished", "guards", "message", "seconds", "finished_at"),
        *("approved_at", "approved_by", "approved_counts"),
    ])  # fmt: skip
