"""The verb that sets a feed up: the one door for the admin, commands and tests."""

import codecs
import json
import re
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from accounts.imports.feeds.freshness import is_scheduled
from accounts.imports.feeds.schedule import late_after
from accounts.imports.models import Feed, FeedFreshness, ImportRun
from accounts.imports.models.feeds import feed_kinds
from accounts.imports.runs.labels import schedule_words
from accounts.imports.runs.registry import fields_of, kind_of, settings_of_others
from accounts.people import roles
from accounts.people.models import Staff
from mikano_cx.kit.refusal import Refused

TASK = "accounts.run_feed"
CRON_DAYS = {Feed.Days.DAILY: "*", Feed.Days.WEEKDAYS: "1-5", Feed.Days.WEEKLY: "1"}
TEXTS = ("name", "source", "id_prefix", "folder", "pattern", "lines_pattern", "tab", "encoding")
FILE_KEYS = re.compile(r"[\w .*?()&+,=@#-]+")
LONGEST_WAIT = 24 * 3600  # seconds that a file may have to lie still


@transaction.atomic
def save_feed(feed: Feed, *, by: Staff | None, at: datetime) -> Feed:
    """Save a feed as its attributes say, with its schedule and from when on its data is late. `by` None is a command.

    Refuses: `not_your_role`, `name_missing`, `name_taken`, `source_unfit`, `folder_unfit`, `pattern_missing`,
    `pattern_unfit`, `lines_unfit`, `time_missing`, `nothing_to_run`, `encoding_unknown`, `number_unfit`,
    `unknown_field`, `column_missing`, `no_values`, `kind_missing`, `kind_fixed`, `source_fixed`.
    """
    if by is not None and not by.has_role(roles.ARRANGING_FEEDS):
        raise Refused("not_your_role", "IT sets up what comes from the ERP.")
    for name in TEXTS:
        setattr(feed, name, " ".join(str(getattr(feed, name)).split()))
    before = Feed.objects.select_for_update().filter(pk=feed.pk).first() if feed.pk else None
    for check in (_check_names, _check_place, _check_schedule, _check_reading, _check_columns):
        check(feed)
    if before is not None and before.kind != feed.kind:
        raise Refused("kind_fixed", "A feed keeps its kind: set up another one.", field="kind")
    if before is not None:
        _check_same_ids(feed, before)
    feed.updated_at, feed._history_user = at, by
    try:
        with transaction.atomic():
            feed.save()
    except IntegrityError:
        raise Refused("name_taken", f"Another feed is called {feed.name}.", field="name") from None
    _keep_schedule(feed)
    _keep_freshness(feed, before, at)
    return feed


# --- what can't be ---------------------------------------------------------------------------------------------------
def _check_names(feed: Feed) -> None:
    if not feed.name:
        raise Refused("name_missing", "Give the feed a name.", field="name")
    if not re.fullmatch(r"[-a-z0-9_]{1,30}", feed.source):
        words = "The source is one short word of small letters and digits, as in erp."
        raise Refused("source_unfit", words, field="source")
    if feed.kind not in dict(feed_kinds()):
        raise Refused("kind_missing", "Choose what the feed brings.", field="kind")


def _check_same_ids(feed: Feed, before: Feed) -> None:
    for field in ("source", "id_prefix"):
        if getattr(feed, field) != getattr(before, field) and feed.runs.filter(state=ImportRun.State.APPLIED).exists():
            words = "What came in by this feed is known by its source and prefix: undo that, or set up another feed."
            raise Refused("source_fixed", words, field=field)


def _check_place(feed: Feed) -> None:
    folder = PurePosixPath(feed.folder.replace("\\", "/"))
    inside = (settings.DROP_DIR / folder).resolve().is_relative_to(settings.DROP_DIR.resolve())
    if feed.folder and (folder.is_absolute() or ".." in folder.parts or ":" in feed.folder or not inside):
        words = "The drop folder is a folder inside the hub's own, as in erp/customers: no leading /, no .. in it."
        raise Refused("folder_unfit", words, field="folder")
    feed.folder = str(folder) if feed.folder else ""
    if feed.folder and not feed.pattern:
        words = "Say which files of the folder are meant, as in customers_*.csv."
        raise Refused("pattern_missing", words, field="pattern")
    for field in ("pattern", "lines_pattern"):
        if getattr(feed, field) and not FILE_KEYS.fullmatch(getattr(feed, field)):
            words = "This is the name of a file, with * for what changes: no folder in it, so no / and no \\."
            raise Refused("pattern_unfit", words, field=field)
    if feed.lines_pattern and "lines_pattern" in settings_of_others(feed):
        raise Refused("lines_unfit", "Only sales come with a second file of lines.", field="lines_pattern")


def _check_schedule(feed: Feed) -> None:
    if feed.days and feed.runs_at is None:
        raise Refused("time_missing", "Say at what time it runs, as in 02:00.", field="runs_at")
    if feed.days and not feed.folder:
        words = "What runs by itself needs a drop folder: nobody is there to upload a file."
        raise Refused("nothing_to_run", words, field="folder")


def _check_reading(feed: Feed) -> None:
    if feed.encoding:
        try:
            codecs.lookup(feed.encoding)
        except LookupError:
            words = f"“{feed.encoding}” is no encoding: leave it empty, or say utf-8, utf-16 or cp1252."
            raise Refused("encoding_unknown", words, field="encoding") from None
    for field, least, most, words in (
        ("header_row", 1, 1_000, "The columns' names stand in row 1 to 1,000."),
        ("footer_rows", 0, 1_000, "At the end of a file 0 to 1,000 rows may be left out."),
        ("settle_seconds", 0, LONGEST_WAIT, "A file may have to lie still for up to a day (86,400 seconds)."),
        ("most_vanished", 0, 100, "This is a share of the known customers: 0 to 100 %."),
        ("most_changed", 0, 100, "This is a share of the file's rows: 0 to 100 %."),
    ):
        if not least <= getattr(feed, field) <= most:
            raise Refused("number_unfit", words, field=field)


def _check_columns(feed: Feed) -> None:
    """`field` is the line of the settings' form."""
    for name, terms in (("mapping", fields_of(feed)), ("lines_mapping", kind_of(feed).lines)):
        known = {term.name: term for term in terms}
        for field, column in getattr(feed, name).items():
            if field not in known or not isinstance(column, str):
                raise Refused("unknown_field", f"“{field}” is no field of {feed.get_kind_display()}.", field=name)
            if not column and known[field].needed and not known[field].instead:
                words = f"{known[field].label} is needed: say which column it is, or leave it to the columns' names."
                raise Refused("column_missing", words, field=f"{name}_{field}")
    for column, values in feed.only.items():
        if not (isinstance(values, list) and values and all(isinstance(value, str) for value in values)):
            raise Refused("no_values", f"Say which values of “{column}” are wanted.", field="only_rows")


# --- what goes with it -----------------------------------------------------------------------------------------------
def _keep_schedule(feed: Feed) -> None:
    """One row of beat's for each feed that was ever scheduled; off while it isn't."""
    name, off = f"Feed {feed.pk}", not is_scheduled(feed)
    rows = PeriodicTask.objects.filter(name=name)
    if off or feed.runs_at is None:
        for row in rows.filter(enabled=True):
            row.enabled = False
            row.save()
        return
    when = {"minute": str(feed.runs_at.minute), "hour": str(feed.runs_at.hour), "timezone": "Africa/Lagos"}
    when |= {"day_of_week": CRON_DAYS[Feed.Days(feed.days)], "day_of_month": "*", "month_of_year": "*"}
    crontab = CrontabSchedule.objects.filter(**when).first() or CrontabSchedule.objects.create(**when)
    kept: dict[str, Any] = {"task": TASK, "args": json.dumps([feed.pk]), "crontab": crontab, "enabled": True}
    kept |= {"description": f"{feed.name}: {schedule_words(feed)}. Change it on the feed's own page."}
    PeriodicTask.objects.update_or_create(name=name, defaults=kept)


def _keep_freshness(feed: Feed, before: Feed | None, at: datetime) -> None:
    """What is late stays late; a new schedule counts from now on."""
    fresh, _ = FeedFreshness.objects.get_or_create(feed=feed)
    if not is_scheduled(feed) or feed.runs_at is None:
        due = None
    elif fresh.late_after and (fresh.late_after <= at or _same_schedule(feed, before)):
        due = fresh.late_after
    else:
        due = late_after(feed.days, feed.runs_at, at)
    FeedFreshness.objects.filter(pk=fresh.pk).update(late_after=due)


def _same_schedule(feed: Feed, before: Feed | None) -> bool:
    return before is not None and (before.days, before.runs_at) == (feed.days, feed.runs_at)
