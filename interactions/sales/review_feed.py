"""Online reviews, as a site exports them. A review that its author changed is changed here, with its history."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from simple_history.utils import bulk_update_with_history

from accounts.imports.files.columns import Column, Problem
from accounts.imports.files.file_reader import FeedRows
from accounts.imports.files.layout import Layout
from accounts.imports.models import Feed, ImportRun
from accounts.imports.runs.registry import (
    CHANGED,
    COMMON,
    Changed,
    Divisions,
    FeedKind,
    left_out,
    refused,
    register,
    settle_twice,
    understood,
)
from accounts.imports.runs.stage import Stage, copied, moment, recorded, truth
from accounts.people.models import Staff
from interactions.sales import review_rows
from interactions.sales.models import OnlineReview
from mikano_cx.kit.local_time import local_date
from mikano_cx.kit.sheets import Cell

SAID = {"written_on": "date", "rating": "numeric(5,2)", "out_of": "numeric(5,2)"} | dict.fromkeys(
    ("platform", "author", "text"), "text"
)
FIELDS: dict[str, Any] = {name: OnlineReview._meta.get_field(name) for name in SAID}
AUTHOR = [field.name for field in review_rows.REVIEW_COLUMNS].index("author")
BATCH = 500


@register
class Reviews(FeedKind):
    name, label = "reviews", "Online reviews"
    fills = ("interactions_onlinereview",)
    brings = "new review"
    columns = COMMON | SAID | dict.fromkeys(("division_id", "account_id", "review_id"), "bigint") | {"customer": "text"}

    def fields(self, feed: Feed) -> tuple[Column, ...]:
        return review_rows.REVIEW_COLUMNS

    def reader(self, feed: Feed, on: date) -> Callable[[Sequence[Cell]], Any]:
        return partial(review_rows.review, layout=Layout.of(feed), prefix=feed.id_prefix, on=on)

    def rows(self, run: ImportRun, file: FeedRows, *, at: datetime) -> Iterator[Sequence[Any]]:
        prefix, read_row = run.feed.id_prefix, self.reader(run.feed, local_date(at))
        divisions, empty = Divisions(run.feed), (None,) * (len(SAID) + 4)
        for row in file:
            if row.left_out:
                yield *left_out(row), *empty
                continue
            read, division = divisions.of(understood(row, read_row))
            if isinstance(read, Problem):
                yield *refused(row, prefix, read, row.cells[AUTHOR]), *empty
                continue
            label = read.author or read.platform
            yield (
                *(row.number, read.external_id, label[:120], "", "", "", ""),
                *(read.on, read.rating, read.out_of, read.platform, read.author, read.text),
                *(division, None, None, read.customer),
            )

    def decide(self, run: ImportRun, stage: Stage, *, at: datetime) -> None:
        stage.ready("external_id")
        alike = " AND ".join(f"o.{name} = {{stage}}.{name}" for name in SAID)
        settle_twice(stage, "external_id", alike)
        stage.sql(
            "UPDATE {stage} SET account_id = a.id FROM accounts_account a"
            " WHERE {stage}.bucket = '' AND a.erp_customer_id = {stage}.customer"
        )
        differs = " OR ".join(f"r.{name} <> {{stage}}.{name}" for name in SAID)
        stage.sql(
            f"UPDATE {{stage}} SET review_id = r.id, bucket = CASE WHEN {differs} THEN 'changed' ELSE 'same' END"
            " FROM interactions_onlinereview r WHERE {stage}.bucket = '' AND r.source = %s"
            " AND r.external_id = {stage}.external_id",
            [run.feed.source],
        )
        stage.sql("UPDATE {stage} SET bucket = 'new' WHERE bucket = ''")

    def changes(self, run: ImportRun, stage: Stage) -> Iterator[Changed]:
        for row, account, review, said in _changed(stage):
            told = {name: [getattr(review, name), value] for name, value in said.items()}
            words = {_label(name): [str(old), str(new)] for name, (old, new) in told.items() if old != new}
            yield row, account, words, {}

    def apply(self, run: ImportRun, stage: Stage, *, at: datetime) -> None:
        copied(
            OnlineReview,
            f"{stage.name} s WHERE s.bucket = 'new' ORDER BY s.row",
            {name: f"s.{name}" for name in (*SAID, "external_id")}
            | {"division": "s.division_id", "account": "s.account_id", "run": str(run.pk)}
            | {"source": f"'{run.feed.source}'", "recorded_at": "%s", "is_demo": truth(run.is_demo)},
            [moment(at)],
        )
        recorded(OnlineReview, "run_id = %s", [run.pk], at=at, reason=run.author)
        reviews = []
        for _, _, review, said in _changed(stage):
            for name, value in said.items():
                setattr(review, name, value)
            reviews.append(review)
        how = {"default_change_reason": run.author[:100], "default_date": at, "batch_size": BATCH}
        bulk_update_with_history(reviews, OnlineReview, list(SAID), **how)

    def touched(self, run: ImportRun, *, at: datetime) -> list[int]:
        return []  # no fact of ownership

    def undo(self, run: ImportRun, *, by: Staff | None, at: datetime) -> set[int]:
        """What it brought goes, what it changed is as before: nobody but an import changes a review."""
        ours = OnlineReview.history.filter(history_change_reason__startswith=f"Import {run.pk}: ", history_type="~")
        reviews = [entry.prev_record.instance for entry in ours]
        reason = f"{run.author} undone"[:100]
        how = {"default_user": by, "default_change_reason": reason, "default_date": at, "batch_size": BATCH}
        bulk_update_with_history(reviews, OnlineReview, list(SAID), **how)
        OnlineReview.objects.filter(run=run).delete()
        return set()


def _label(name: str) -> str:
    return str(FIELDS[name].verbose_name).capitalize()


def _changed(stage: Stage) -> Iterator[tuple[int, int | None, OnlineReview, dict[str, Any]]]:
    rows = stage.rows(
        f"SELECT row, account_id, review_id, {', '.join(SAID)} FROM {{stage}} WHERE bucket = '{CHANGED}' ORDER BY row"
    )
    kept = OnlineReview.objects.in_bulk([review for _, _, review, *_ in rows])
    for row, account, review, *said in rows:
        values_ = dict(zip(SAID, said, strict=True))
        for name in SAID:
            value = FIELDS[name].to_python(values_[name])
            values_[name] = round(value, 2) if isinstance(value, Decimal) else value
        yield row, account, kept[review], values_
