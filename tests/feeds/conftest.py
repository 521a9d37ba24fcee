"""A feed, and files for it: `brought(text)` is a run of such a file, taken as far as it goes by itself."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

import accounts.tasks  # noqa: F401 - the worker loads the handlers of the jobs so
import interactions.tasks  # noqa: F401 - likewise
from accounts.imports.models import Feed, ImportRun
from accounts.imports.runs.lifecycle import work_on
from accounts.jobs import queue
from accounts.jobs.tasks import run_job
from accounts.people.models import Division
from tests.conftest import NOW

CUSTOMERS = "customer_id,name,industry,credit_status,address,city,phone\n"


@pytest.fixture
def customers_feed(cast) -> Feed:
    division = Division.objects.get(slug="motors")
    return Feed.objects.create(name="ERP customers", kind="customers", division=division, updated_at=NOW)


@pytest.fixture
def sales_feed(cast) -> Feed:
    return Feed.objects.create(name="ERP sales", kind="sales", updated_at=NOW)


@pytest.fixture
def bring(cast):
    """`bring(feed, content, ...)`: a run of a file with this content, worked on; applied unless it is an `upload`."""
    count = 0

    def bring(
        feed: Feed, content: str | bytes | Path, *, name="file.csv", upload=False, lines=None, **given
    ) -> ImportRun:
        nonlocal count
        count += 1
        at: datetime = given.pop("at", NOW + timedelta(hours=count))
        trigger = ImportRun.Trigger.UPLOAD if upload else ImportRun.Trigger.HAND
        run = ImportRun(feed=feed, trigger=trigger, file_name=name, created_at=at, file_at=at, **given)
        run.file.save(name, ContentFile(_bytes(content)), save=False)
        if lines is not None:
            run.lines_file.save(f"lines_{name}", ContentFile(_bytes(lines)), save=False)
        run.save()
        run.words = work_on(run, at=at, step=lambda done, of: None)
        run.refresh_from_db()
        return run

    return bring


def _bytes(content: str | bytes | Path) -> bytes:
    if isinstance(content, Path):
        return content.read_bytes()
    return content.encode() if isinstance(content, str) else content


def do_jobs() -> None:
    """What a worker would do now."""
    for job in queue.due(at=timezone.now()):
        run_job(job)
