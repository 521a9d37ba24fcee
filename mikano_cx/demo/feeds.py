"""The demo's imports from an invented ERP: three past nights, and files that tonight's run picks up by itself.

Two nights ago IT imported all customers. Last night a guard stopped the customers' file, which was cut short, and the
sales' file was damaged. Tonight's files are in the drop folder and were due some minutes ago, so beat starts them.
"""

import csv
import hashlib
import os
import random
import shutil
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Q, QuerySet
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from accounts.imports.feeds.actions import save_feed
from accounts.imports.feeds.freshness import note_good_run
from accounts.imports.feeds.mails import MAIL
from accounts.imports.feeds.samples import CREDIT, CUSTOMER_COLUMNS, SALE_COLUMNS
from accounts.imports.feeds.schedule import last_due
from accounts.imports.models import Feed, ImportRun
from accounts.imports.runs.lifecycle import work_on
from accounts.imports.runs.registry import RUN, TAKE_UP, UNDO
from accounts.jobs.models import Job
from accounts.people.models import Staff
from accounts.records.models import Account, CodeSeries
from accounts.records.models.accounts import OwnershipState
from mikano_cx.demo.cast import CastMember, cast_member
from mikano_cx.demo.sales import LINES, UNKNOWN_CODE
from mikano_cx.kit.local_time import LAGOS, local_date
from mikano_cx.kit.refusal import Refused

SOURCE = "demo"
SEED = 41
FIRST_ID = 950_001  # the first ERP ID of customers that the hub doesn't have yet
NEW = (
    ("Ilesha Cold Chain", "Food", "motors"),
    ("Badagry Ferries", "Logistics", "motors"),
    ("Nsukka Packaging", "Manufacturing", "motors"),
    ("Zaria Textile Mills", "Manufacturing", "power"),
    ("Lokoja Water Works", "Utilities", "power"),
    ("Ogbomosho Eye Clinic", "Health", "medical"),
    ("Calabar Conference Centre", "Hospitality", "gras"),
    ("Awka Graduate School", "Education", "cube65"),
    # New tonight:
    ("Sapele Rubber Works", "Manufacturing", "motors"),
    ("Minna Solar Farms", "Energy", "power"),
)
TONIGHT = 2  # the number of new ones tonight, at the end of NEW
UNKNOWN = (UNKNOWN_CODE, UNKNOWN_CODE, "SP-0512")


def folder() -> Path:
    return Path(settings.DROP_DIR) / SOURCE


def write_feeds(staff: dict[CastMember, Staff], *, at: datetime) -> None:
    """Write both feeds, their past runs and tonight's files, as of the instant `at`."""
    due = (at - timedelta(minutes=10)).astimezone(LAGOS).replace(second=0, microsecond=0)
    customers, sales = (_feed("customers", Feed.Holds.ALL, due), _feed("sales", Feed.Holds.CHANGES, due))
    CodeSeries.reserve("DA", _accounts().values_list("code", flat=True))
    draw = random.Random(SEED)  # noqa: S311 (nothing here is secret)
    rows, invoices = _customers(), _invoices(draw, local_date(due))
    _first_night(customers, rows[:-TONIGHT], due - timedelta(days=2), staff[cast_member("Ifeoma Okeke")])
    last_night = due - timedelta(days=1)
    _night(customers, _text(CUSTOMER_COLUMNS, rows[: len(rows) // 3]), last_night)
    _night(sales, _text(SALE_COLUMNS, invoices[:5])[:-30], last_night)
    _drop(customers, _text(CUSTOMER_COLUMNS, _changed_tonight(rows, draw)), due)
    _drop(sales, _text(SALE_COLUMNS, invoices), due)


def _feed(kind: str, holds: str, due: datetime) -> Feed:
    given = {"source": SOURCE, "folder": SOURCE, "has_trailer": True, "days": "daily", "runs_at": due.time()}
    feed = Feed(name=f"Mikano {kind} (demo)", kind=kind, pattern=f"{kind}_*.csv", holds=holds, is_demo=True, **given)
    return save_feed(feed, by=None, at=due - timedelta(days=3))


# --- rows ------------------------------------------------------------------------------------------------------------
def _customers() -> list[list[str]]:
    """The hub's own customers as the ERP has them, three that look like accounts of the hub, and new ones."""
    rows = [_customer(account.erp_customer_id or "", account.name, account) for account in _accounts_of_erp()]
    for n, account in enumerate(_accounts().filter(erp_customer_id=None, parent=None)[:3]):
        rows.append(_customer(str(FIRST_ID + 100 + n), account.name.upper(), account))
    for n, (name, industry, division) in enumerate(NEW):
        rows.append([str(FIRST_ID + n), name, industry, CREDIT[n % len(CREDIT)], "", "", "", division])
    return rows


def _accounts() -> QuerySet[Account]:
    """The accounts of the demo, without those of samples."""
    mine = Account.objects.filter(is_demo=True, code__startswith="DA")
    return mine.select_related("division", "owner").order_by("code")


def _accounts_of_erp() -> QuerySet[Account]:
    return _accounts().exclude(erp_customer_id=None)


def _customer(erp_id: str, name: str, account: Account) -> list[str]:
    credit, division = CREDIT[int(erp_id) % len(CREDIT)], account.division.slug if account.division else ""
    return [erp_id, name, account.industry, credit, account.address, "", account.main_phone, division]


def _changed_tonight(rows: list[list[str]], draw: random.Random) -> list[list[str]]:
    """Tonight's rows: one is gone, six have another credit status, two are new."""
    rows = [list(row) for row in rows[1:]]
    for row in draw.sample(rows[:-TONIGHT], 6):
        row[3] = "Stopped" if row[3] != "Stopped" else "Good"
    return rows


def _invoices(draw: random.Random, today: date) -> list[list[str]]:
    """Twelve invoices by owners, three by unknown salespeople, one that wins an orphan, a credit note, two odd rows."""
    known = list(_accounts_of_erp())
    owned = [account for account in known if account.owner and account.owner.erp_code]
    orphan = next(account for account in known if account.ownership_state == OwnershipState.ORPHAN)
    sellers = Staff.objects.filter(is_demo=True, divisions=orphan.division, erp_code__startswith="DSP")
    seller = sellers.earliest("pk")
    sold = [(account, account.owner.erp_code) for account in draw.sample(owned, 12) if account.owner]
    sold += [(account, code) for account, code in zip(draw.sample(owned, 3), UNKNOWN, strict=True)]
    sold.append((orphan, seller.erp_code))
    rows = []
    for n, (account, code) in enumerate(sold):
        line = draw.choice(LINES[account.division.slug])  # type: ignore[union-attr]
        on, amount = today - timedelta(days=1 + n % 2), line.price * draw.randint(line.fewest, line.most)
        rows.append([_number(today, n), account.erp_customer_id, on, amount, code, "", line.name, ""])
    first = rows[0]
    rows.append([_number(today, 90), first[1], today, -1_000, first[4], "", "", first[0]])
    rows.append([_number(today, 91), str(FIRST_ID + 900), today, 425_000, first[4], "motors", "", ""])
    rows.append([_number(today, 92), first[1], "2026-02-31", 52_000, first[4], "", "", ""])
    return [[str(cell) for cell in row] for row in rows]


def _number(today: date, n: int) -> str:
    return f"DINV{today:%y%m%d}{n:02}"


def _text(columns: str, rows: list[list[str]]) -> str:
    text = StringIO()
    csv.writer(text).writerows([columns.split(","), *rows, ["TOTAL", str(len(rows))]])
    return text.getvalue()


# --- nights ----------------------------------------------------------------------------------------------------------
def _first_night(feed: Feed, rows: list[list[str]], at: datetime, it: Staff) -> None:
    """IT uploads the first export and approves it."""
    run = _run(feed, _text(CUSTOMER_COLUMNS, rows), at, trigger="upload", by=it)
    work_on(run, at=at, step=lambda done, of: None)
    run.approved_by, run.approved_at, run.approved_counts = it, at, run.outlook
    work_on(run, at=at, step=lambda done, of: None)
    _set_finished(run, at)
    note_good_run(run, at=at)


def _night(feed: Feed, text: str, at: datetime) -> None:
    """Run the feed as the schedule does, as far as it goes without people."""
    assert feed.runs_at is not None
    day = local_date(last_due(feed.days, feed.runs_at, at))
    run = _run(feed, text, at, trigger="schedule", business_date=day)
    try:
        work_on(run, at=at, step=lambda done, of: None)
    except Refused as refused:
        ImportRun.objects.filter(pk=run.pk).update(state=ImportRun.State.REFUSED, message=refused.message)
    _set_finished(run, at)


def _run(feed: Feed, text: str, at: datetime, **given: Any) -> ImportRun:
    name = _name(feed, at)
    run = ImportRun(feed=feed, created_at=at, file_at=at, file_name=name, size=len(text), is_demo=True, **given)
    run.file.save(name, ContentFile(text), save=False)
    run.sha256 = hashlib.sha256(text.encode()).hexdigest()
    run.save()
    return run


def _set_finished(run: ImportRun, at: datetime) -> None:
    """Set the run's times to those of its night."""
    finished = at + timedelta(seconds=run.seconds)
    ImportRun.objects.filter(pk=run.pk).update(started_at=at, finished_at=finished)


def _name(feed: Feed, at: datetime) -> str:
    return f"{feed.kind}_{at.astimezone(LAGOS):%Y%m%d_%H%M}.csv"


def _drop(feed: Feed, text: str, at: datetime) -> None:
    folder().mkdir(parents=True, exist_ok=True)
    for old in folder().glob(feed.pattern):
        old.unlink()
    path = folder() / _name(feed, at)
    path.write_text(text, encoding="utf-8")
    written = (at - timedelta(minutes=30)).timestamp()
    os.utime(path, (written, written))


# --- taking it away --------------------------------------------------------------------------------------------------
def erase_feeds(feeds: set[int], runs: set[int]) -> None:
    """Delete what belongs to feeds and runs without a foreign key to them: schedules, jobs, code series and files."""
    schedules = PeriodicTask.objects.filter(name__in=[f"Feed {pk}" for pk in feeds])
    crontabs = set(schedules.values_list("crontab", flat=True))
    schedules.delete()
    CrontabSchedule.objects.filter(pk__in=crontabs, periodictask=None).delete()
    about = Q(kind__in=(RUN, UNDO), subject__in=[str(pk) for pk in runs]) | Q(kind=TAKE_UP, subject=SOURCE)
    for word, keys in (("run", runs), ("late", feeds)):
        for key in keys:
            about |= Q(kind=MAIL, subject__startswith=f"{word} {key} ")
    Job.objects.filter(about).delete()
    CodeSeries.objects.filter(prefix="DA").delete()
    kept = ImportRun.objects.filter(pk__in=runs).values_list("file", "lines_file")
    paths = [ImportRun._meta.get_field("file").storage.path(name) for names in kept for name in names if name]
    transaction.on_commit(lambda: _remove(paths))


def _remove(paths: Iterable[str]) -> None:
    for path in paths:
        Path(path).unlink(missing_ok=True)
    shutil.rmtree(folder(), ignore_errors=True)
