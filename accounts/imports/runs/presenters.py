"""What the pages of feeds and runs show: feeds with their last run, tiles that add up, progress, rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import QueryDict

from accounts.imports.models import Feed, ImportRow, ImportRun
from accounts.imports.runs import labels as words
from accounts.imports.runs.registry import LOOKED_AT, fields_of, import_kind
from accounts.jobs.models import Job
from accounts.jobs.queue import OPEN
from accounts.people import roles
from accounts.people.models import Staff

ROWS = 25
SOON = timedelta(seconds=6)
WARNED = "warned"
OPENING = {*ImportRow.Bucket.values, WARNED} - {ImportRow.Bucket.SAME}  # buckets whose rows are kept
State = ImportRun.State
AT_WORK = (State.WAITING, State.READING, State.APPLYING, State.UNDOING)


def feeds_visible_to(person: Staff) -> "QuerySet[Feed]":
    """All of them for IT and P&BI; a steward sees those of their divisions, and of no division."""
    feeds = Feed.objects.select_related("division", "freshness")
    if person.has_role({roles.Role.IT, roles.Role.PBI}):
        return feeds
    return feeds.filter(Q(division=None) | Q(division__in=person.division_ids))


@dataclass(frozen=True)
class FeedLine:
    """A feed in the list."""

    feed: Feed
    schedule: str
    freshness: str
    is_late: bool
    run: ImportRun | None
    waiting: int  # runs before that one that somebody has to decide about

    @classmethod
    def of(cls, feed: Feed, run: ImportRun | None, at: datetime, waiting: int = 0) -> "FeedLine":
        fresh = getattr(feed, "freshness", None)
        good, late = (fresh.good_at, fresh.late_after) if fresh else (None, None)
        told = words.freshness_words(good, late, at)
        return cls(feed, words.schedule_words(feed), told, late is not None and late <= at, run, waiting)

    @property
    def folder_lacking(self) -> str:
        """Where files should come from, if there is no such folder."""
        folder = settings.DROP_DIR / self.feed.folder
        return "" if not self.feed.folder or folder.is_dir() else str(folder)


def feed_lines(person: Staff, at: datetime) -> list[FeedLine]:
    """Two queries, however many feeds there are."""
    newest = ImportRun.objects.filter(feed=OuterRef("pk")).order_by("-created_at", "-pk").values("pk")[:1]
    found = feeds_visible_to(person).annotate(
        newest=Subquery(newest), to_decide=Count("runs", filter=Q(runs__state__in=LOOKED_AT))
    )
    feeds = list(found.order_by("-is_active", "name"))
    runs = ImportRun.objects.in_bulk([feed.newest for feed in feeds if feed.newest])
    lines = []
    for feed in feeds:
        run = runs.get(feed.newest)
        lines.append(FeedLine.of(feed, run, at, feed.to_decide - (run is not None and run.state in LOOKED_AT)))
    return lines


# --- a run -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Progress:
    """How far the job of a run is, as of an instant."""

    job: Job | None
    run: ImportRun
    at: datetime

    @property
    def is_open(self) -> bool:
        return self.job is not None and self.job.state in OPEN

    @property
    def working(self) -> bool:
        """A run that is applied may still be replaying the accounts that it concerns."""
        return self.is_open and self.run.state in (*AT_WORK, State.APPLIED)

    @property
    def in_line(self) -> bool:
        """Waiting for the feed's file before it: its job is asked for after that."""
        return self.run.state == State.WAITING and not self.is_open and not self.failed

    @property
    def stuck(self) -> bool:
        return not self.is_open and self.run.state in AT_WORK and not self.in_line

    @property
    def failed(self) -> bool:
        return self.job is not None and self.job.state == Job.State.FAILED

    @property
    def waiting(self) -> bool:
        """Whether no worker has taken the job although it should have."""
        job = self.job
        return job is not None and job.state == Job.State.WAITING and self.at - job.created_at > SOON

    @property
    def label(self) -> str:
        if self.run.state == State.APPLIED:
            return "Looking whose the accounts are now"
        return self.run.get_state_display()

    @property
    def words(self) -> str:
        """3,200 of 6,000 rows, 1,600 rows/s, 2 s left."""
        if self.job is None or not self.job.all_steps:
            return ""
        done, of = self.job.done_steps, self.job.all_steps
        unit = "accounts" if self.run.state == State.APPLIED else "rows"
        told = f"{done:,} of {of:,} {unit}"
        spent = (self.at - self.job.started_at).total_seconds() if self.job.started_at else 0
        if done and spent > 0:
            rate = done / spent
            told += f", {rate:,.0f} {unit}/s, {words.time_words((of - done) / rate)} left"
        return told


def progress_of(run: ImportRun, at: datetime) -> Progress:
    jobs = Job.objects.filter(kind__in=import_kind(run).jobs.values(), subject=str(run.pk))
    return Progress(jobs.order_by("-created_at", "-pk").first(), run, at)


@dataclass(frozen=True)
class Filter:
    """The part of a run's rows that is open: of a tab, a bucket or a kind of problem."""

    tab: str = ""
    bucket: str = ""
    kind: str = ""
    tab_title: str = ""

    @classmethod
    def of(cls, query: QueryDict, tabs: Mapping[str, str] | None = None) -> "Filter":
        """What the address asks for. `tabs` are those that a file of this kind has, with their titles."""
        tab, bucket, kind = (query.get(name, "").replace("\0", "") for name in ("tab", "bucket", "kind"))
        if tabs is not None and tab not in tabs:
            return cls()
        known = [*ImportRow.Bucket.values, WARNED] if tabs else ImportRow.Bucket.values
        bucket = bucket if bucket in known else ""
        return cls(tab, bucket, kind[:40], tabs[tab]) if tabs else cls("", bucket, kind[:40])

    def __bool__(self) -> bool:
        return bool(self.tab or self.bucket or self.kind)

    def rows(self, run: ImportRun) -> "QuerySet[ImportRow]":
        rows = ImportRow.objects.filter(run=run, tab=self.tab).select_related("account").order_by("row", "pk")
        if self.bucket:
            rows = rows.filter(warned=True) if self.bucket == WARNED else rows.filter(bucket=self.bucket)
        if self.kind:
            rows = rows.filter(Q(problem_kind=self.kind) | Q(kinds__contains=f"|{self.kind}|"))
        return rows

    def page(self, run: ImportRun, number: str | None) -> "Page[Any]":
        return Paginator(self.rows(run), ROWS).get_page(number)

    @property
    def title(self) -> str:
        bucket = self.bucket if self.tab or not self.bucket else ImportRow.Bucket(self.bucket).label
        return ": ".join(filter(None, [self.tab_title, bucket, words.problem_words(self.kind)]))


def tiles(
    counts: Mapping[str, int], names: Mapping[str, str], chosen: Filter, *, tab: str = ""
) -> list[dict[str, Any]]:
    """A tile for each bucket of `names`, which says what it is called."""
    return [
        {
            "bucket": bucket,
            "words": name,
            "count": counts.get(bucket, 0),
            "opens": bool(counts.get(bucket)) and bucket in OPENING,
            "current": (chosen.tab, chosen.bucket) == (tab, bucket),
        }
        for bucket, name in names.items()
    ]


def beside(run: ImportRun, chosen: Filter) -> list[dict[str, Any]]:
    """What a run does that is no row of its file."""
    counts = {"vanished": run.vanished, "moved": run.moved}
    return [tile for tile in tiles(counts, words.BESIDE_ROWS, chosen) if tile["count"]]


def kinds(counts: Mapping[str, int], chosen: Filter, *, tab: str = "") -> list[dict[str, Any]]:
    """Every kind of problem with its count, the most frequent first."""
    return [
        {
            "kind": kind,
            "words": words.problem_words(kind),
            "count": count,
            "current": (chosen.tab, chosen.kind) == (tab, kind),
        }
        for kind, count in sorted(counts.items(), key=lambda item: -item[1])
    ]


def page_of(chosen: Filter, run: ImportRun, number: str | None) -> "Page[Any]":
    """Each row with the field at fault in words (`at_fault`)."""
    page, labels = chosen.page(run, number), {column.name: column.label for column in fields_of(run.feed)}
    for row in page.object_list:
        row.at_fault = labels.get(row.problem_field, "")
    return page
