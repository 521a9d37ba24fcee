"""What the page of an import shows: tiles, problems by kind, and the rows behind each."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import QueryDict

from accounts.imports.models import ImportRow, ImportRun
from accounts.jobs.models import Job
from interactions.workbook.decisions import BUCKETS, REFUSED, SAME, WARNED
from interactions.workbook.layout import BY_KEY, header_of

ROWS = 25
SOON = timedelta(seconds=6)
NOTE_HEADER = "Note"
WORDS = {
    "mojibake_name": "damaged name",
    "duplicate_erp_id": "ERP ID used twice",
    "duplicate_id": "ID used twice",
    "missing_id": "missing ID",
    "bad_id": "bad ID",
    "bad_email": "bad e-mail",
    "account_not_the_contacts": "account isn't the contact's",
    "not_your_division": "another division's",
    "erp_owns": "the ERP's",
    "account_refused": "account's row refused",
    "contact_refused": "contact's row refused",
    "proposed_date": "due date proposed",
    "old_action": "old next action",
    "action_done": "action done already",
}


@dataclass(frozen=True)
class Filter:
    """The part of the preview that is open: of a tab, a bucket or a kind of problem."""

    tab: str = ""
    bucket: str = ""
    kind: str = ""

    @classmethod
    def of(cls, query: QueryDict) -> "Filter":
        tab, bucket, kind = (query.get(name, "") for name in ("tab", "bucket", "kind"))
        if tab not in BY_KEY or (bucket and bucket not in (*BUCKETS, WARNED)):
            return cls()
        return cls(tab, bucket, kind[:40])

    def rows(self, rows: "QuerySet[ImportRow]") -> "QuerySet[ImportRow]":
        if not self.tab:
            return rows.none()
        rows = rows.filter(tab=self.tab)
        if self.bucket:
            rows = rows.filter(warned=True) if self.bucket == WARNED else rows.filter(bucket=self.bucket)
        return rows.filter(kinds__contains=f"|{self.kind}|") if self.kind else rows

    @property
    def title(self) -> str:
        parts = [BY_KEY[self.tab].title if self.tab else "", self.bucket, words(self.kind) if self.kind else ""]
        return ": ".join(part for part in parts if part)


def words(kind: str) -> str:
    """A kind of problem for people: future_date is future date."""
    return WORDS.get(kind, kind.replace("_", " "))


def tabs(run: ImportRun, chosen: Filter) -> list[dict[str, Any]]:
    return [
        {
            "key": key,
            "title": layout.title,
            "rows": run.counts[key]["rows"],
            "kinds": kinds(run, key, chosen),
            "tiles": [
                {
                    "bucket": bucket,
                    "count": run.counts[key][bucket],
                    "opens": bucket != SAME and run.counts[key][bucket] > 0,
                    "current": (chosen.tab, chosen.bucket) == (key, bucket),
                }
                for bucket in (*BUCKETS, WARNED)
            ],
        }
        for key, layout in BY_KEY.items()
        if key in run.counts
    ]


def old_actions(run: ImportRun) -> int:
    """How many next actions it brings in that were due before the chosen day."""
    found: int = run.hints.get("interactions", {}).get("old_action", 0)
    return found


def kinds(run: ImportRun, tab: str, chosen: Filter) -> list[dict[str, Any]]:
    """Every kind of problem of a tab with its count, the most frequent first; then what is only worth a look."""
    return [
        {"kind": kind, "words": words(kind), "count": count, "current": (chosen.tab, chosen.kind) == (tab, kind)}
        for source in (run.kinds, run.hints)
        for kind, count in sorted(source.get(tab, {}).items(), key=lambda item: -item[1])
    ]


def page(rows: "QuerySet[ImportRow]", number: str | None) -> Page:
    """A page of rows, each with its changes and problems ready to show."""
    found: Page[Any] = Paginator(rows.order_by("row"), ROWS).get_page(number)
    found.object_list = [
        {
            "row": row.row,
            "code": row.code,
            "label": row.label,
            "bucket": row.bucket,
            "changes": [
                {"header": header_of(row.tab, field) if field != "note" else NOTE_HEADER, "old": old, "new": new}
                for field, (old, new) in row.changes.items()
            ],
            "problems": [{**problem, "refused": problem["weight"] == REFUSED} for problem in row.problems],
        }
        for row in found.object_list
    ]
    return found


def waits(job: Job, now: datetime) -> bool:
    """Whether no worker has taken the job although it should have."""
    return job.state == Job.State.WAITING and now - job.created_at > SOON
