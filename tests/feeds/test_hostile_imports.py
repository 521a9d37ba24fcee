"""Odd, broken and hostile files through the whole door: each ends with a sentence, or with counts that add up."""

import random
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone

from accounts.imports.feeds import samples
from accounts.imports.files.file_reader import open_rows
from accounts.imports.files.layout import Layout
from accounts.imports.models import ErpCustomer, Feed, ImportRun
from accounts.imports.runs import actions
from accounts.jobs.models import Job
from accounts.records.models import Account
from interactions.sales.models import Sale
from mikano_cx.kit.refusal import Refused
from tests.conftest import TODAY
from tests.feeds.conftest import do_jobs
from tests.feeds.test_hostile_files import ANY, files

FIELDS = {
    "customers": ("external_id", "name", "industry", "credit_status", "address", "main_phone"),
    "sales": ("invoice_number", "customer", "date", "amount", "salesperson", "credit_note_of"),
}


def some(shared_data: Path, first: int) -> list[Path]:
    """Every sixth file: each test here takes others, so that they are quick."""
    return files(shared_data)[first::6]


def columns(path: Path) -> list[str]:
    """The names in the file's first row that stand there once; none if it can't be read."""
    try:
        with open_rows(path, Layout(), ANY) as rows:
            return [name for name in dict.fromkeys(rows.unused) if rows.unused.count(name) == 1]
    except Refused:
        return []


def hub() -> list[list[dict]]:
    return [list(model.objects.order_by("pk").values()) for model in (Account, ErpCustomer, Sale)]


def ended(run: ImportRun) -> ImportRun:
    """The run once its job is over, which came to its end without an error."""
    do_jobs()
    assert {job.state for job in Job.objects.filter(kind="feed_run", subject=str(run.pk))} == {"done"}, run.file_name
    run.refresh_from_db()
    if run.state == "refused":
        assert run.message[0].isupper() and run.message[-1] in ".?", run.message
        assert "\n" not in run.message and "Traceback" not in run.message
    else:
        assert run.state in ("preview", "stopped", "applied"), (run.state, run.file_name)
        refused = run.decided.filter(bucket="refused")
        assert sum(run.counts.values()) == run.rows and refused.count() == run.counts["refused"]
        assert not refused.filter(problem="").exists()
    return run


@pytest.mark.parametrize("kind", ["customers", "sales"])
def test_every_file_that_is_uploaded_ends_well(shared_data, cast, zenith, kind):
    feed = Feed.objects.create(name="Feed", kind=kind, updated_at=timezone.now(), most_changed=100, most_vanished=100)
    before, states = hub(), []
    for path in some(shared_data, 0 if kind == "customers" else 2):
        names = columns(path)
        feed.mapping = dict(zip(FIELDS[kind], names, strict=False)) if len(names) > 1 else {}
        feed.save()
        run = actions.upload(feed, SimpleUploadedFile(path.name, path.read_bytes()), by=cast.chinedu, at=timezone.now())
        ended(run)
        assert hub() == before, path
        states.append(run.state)
        if run.counts.get("new"):
            point = transaction.savepoint()
            actions.approve(run, by=cast.chinedu, at=timezone.now())
            assert ended(run).state == "applied"
            made = Account.objects.count() - 1 if kind == "customers" else Sale.objects.count()
            assert made == run.counts["new"], path
            transaction.savepoint_rollback(point)
    read = "preview" if kind == "customers" else "stopped"  # no file there has sales: all of its rows are refused
    assert len(states) > 30 and {"refused", read} <= set(states)


def test_every_file_in_the_drop_folder_ends_well_and_keeps_none_waiting(shared_data, cast, settings, tmp_path):
    settings.DROP_DIR = tmp_path
    for number, path in enumerate(some(shared_data, 4)):
        shutil.copy(path, tmp_path / f"{number}_{path.name}")
    given = {"folder": ".", "pattern": "*", "holds": "changes", "settle_seconds": 0}
    feed = Feed.objects.create(name="Feed", kind="customers", updated_at=timezone.now(), **given)
    actions.start(feed, at=timezone.now() + timedelta(seconds=1))
    for run in feed.runs.order_by("file_at", "pk"):
        ended(run)
    assert feed.runs.count() > 30


@pytest.mark.parametrize("kind", ["customers", "sales"])
def test_a_file_cut_anywhere_is_refused_as_a_whole(cast, bring, tmp_path, kind):
    whole = samples.write_drop(tmp_path, customers=40, sales=40, on=TODAY)[kind == "sales"].read_bytes()
    given = {"has_trailer": True, "updated_at": timezone.now()}
    feed = Feed.objects.create(name="Feed", kind=kind, **given)
    draw = random.Random(4)
    for _ in range(40):
        cut = whole[: draw.randrange(len(whole) - 4)]
        with pytest.raises(Refused) as refused:
            bring(feed, cut)
        assert refused.value.message.endswith(".") and not ErpCustomer.objects.exists() and not Sale.objects.exists()
    assert bring(feed, whole).state == "applied"
