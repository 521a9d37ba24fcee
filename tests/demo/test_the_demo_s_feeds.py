"""The demo's imports: past nights with all that can become of a file, and tonight's, which runs by itself."""

from pathlib import Path

import pytest
import time_machine

from accounts.imports.models import ErpCustomer, Feed, FeedFreshness, ImportRun
from accounts.imports.runs import actions
from accounts.jobs.models import Job
from accounts.records.models import Account, CodeSeries
from interactions.sales.models import Sale
from mikano_cx.demo.feeds import folder
from mikano_cx.demo.loader import load_demo
from mikano_cx.demo.removal import clear
from tests.conftest import NOW
from tests.feeds.conftest import do_jobs

pytestmark = pytest.mark.django_db


def states(kind: str) -> list[str]:
    return list(ImportRun.objects.filter(feed__kind=kind).order_by("created_at").values_list("state", flat=True))


@pytest.fixture
def tonight():
    with time_machine.travel(NOW, tick=False):
        load_demo(at=NOW)
        actions.start_missed(at=NOW)
        do_jobs()
        yield


def test_past_nights_show_what_can_become_of_a_file(db):
    load_demo(at=NOW)
    assert states("customers") == ["applied", "stopped"] and states("sales") == ["refused"]
    assert ImportRun.objects.get(state="stopped").guards[0]["code"] == "vanish"
    assert not ImportRun.objects.filter(created_at__gt=NOW).exists() and not ImportRun.objects.filter(
        finished_at__gt=NOW
    )
    assert ErpCustomer.objects.filter(check_state="waiting").count() == 8
    assert ErpCustomer.objects.filter(check_state="match").count() == 3
    assert FeedFreshness.objects.filter(late_after__lte=NOW).count() == 2  # until tonight's run


def test_tonight_s_run_starts_by_itself_and_brings_something_of_everything(tonight):
    assert states("customers")[-1] == states("sales")[-1] == "applied"
    customers, sales = (
        ImportRun.objects.filter(feed__kind=kind).latest("created_at") for kind in ("customers", "sales")
    )
    assert (customers.counts["new"], customers.counts["changed"], customers.vanished) == (2, 6, 1)
    assert (sales.counts["new"], sales.counts["held"], sales.counts["refused"], sales.moved) == (17, 1, 1, 1)
    assert Sale.objects.filter(salesperson=None, import_reference=f"feed run {sales.pk}").count() == 3
    assert not FeedFreshness.objects.filter(late_after__lte=NOW).exists()
    for model in (Account, ErpCustomer, Feed, ImportRun, Sale):
        assert not model.objects.filter(is_demo=False).exists()
    assert all(code.startswith("DA") for code in Account.objects.values_list("code", flat=True))


def test_it_all_goes_files_too(tonight, django_capture_on_commit_callbacks):
    paths = [Path(run.file.path) for run in ImportRun.objects.all()]
    assert all(path.exists() for path in paths) and len(list(folder().iterdir())) == 2
    with django_capture_on_commit_callbacks(execute=True):
        clear(at=NOW)
    for model in (Account, ErpCustomer, Feed, ImportRun, Sale, Job, CodeSeries):
        assert not model.objects.exists()
    assert not folder().exists() and not any(path.exists() for path in paths)
