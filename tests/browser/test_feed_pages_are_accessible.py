"""axe finds nothing on the pages of feeds; a file is uploaded, looked at and applied; settings show what they do."""

import pytest
from django.db.models import F
from django.utils import timezone

import accounts.tasks  # noqa: F401 (registers what jobs do)
from accounts.imports.feeds.actions import save_feed
from accounts.imports.models import ErpCustomer, Feed, FeedFreshness, ImportRow, ImportRun
from accounts.jobs import queue
from accounts.jobs.models import Job
from accounts.records.models import Account
from interactions.sales.models import Sale
from mikano_cx.kit.local_time import local_date
from tests.browser.test_daily_pages_are_accessible import WIDTHS, faults

HEADER = "external_id,name,industry,credit_status,address,city,main_phone,division\n"
FILE = HEADER + "C1,Okomu Oil,Farming,Good,,Benin,,motors\nC2,,Food,Good,,,,\n"


def work() -> None:
    for job in Job.objects.filter(state=Job.State.WAITING):
        queue.run_job(job.pk)


@pytest.fixture
def feed(hub, settings, tmp_path) -> Feed:
    settings.DROP_DIR = tmp_path
    (tmp_path / "erp").mkdir()
    (tmp_path / "erp" / "customers_20260316.csv").write_text(FILE)
    given = {"name": "ERP customers", "kind": "customers", "folder": "erp", "pattern": "customers_*.csv"}
    return save_feed(Feed(**given), by=hub.cast.chinedu, at=timezone.now())


@pytest.fixture
def rows(hub, feed) -> ImportRun:
    """A stopped run with a row of every bucket, a customer beside an account, a code that nobody has, late data."""
    at, zenith = timezone.now(), hub.zenith
    counts = {"new": 1, "changed": 1, "same": 1, "held": 1, "refused": 1, "left_out": 0}
    run = ImportRun.objects.create(
        feed=feed,
        trigger="hand",
        state="stopped",
        created_at=at,
        finished_at=at,
        rows=5,
        counts=counts,
        moved=1,
        vanished=1,
        kinds={"missing_name": 1},
        file_name="customers.csv",
        guards=[{"code": "change", "text": "40 % of the rows would change: more than 30 %."}],
    )
    for row, bucket in enumerate(["new", "changed", "held", "refused", "moved"], start=2):
        ImportRow.objects.create(
            run=run,
            row=0 if bucket == "moved" else row,
            bucket=bucket,
            label="Zenith Bank PLC",
            account=zenith,
            external_id="C1",
            changes={"Credit status": ["", "Good"]},
            **({"problem": "This row has no name.", "problem_kind": "missing_name"} if bucket == "refused" else {}),
        )
    Account.objects.filter(pk=zenith.pk).update(erp_customer_id=None)
    near = {"name": "ZENITH BANK", "name_key": zenith.name_key, "division": zenith.division, "credit_status": "Good"}
    ErpCustomer.objects.create(source="erp", external_id="C9", check_state="match", **near)
    given = {"source": "erp", "recorded_at": at, "sold_on": local_date(at), "amount": 1500}
    Sale.objects.create(invoice_number="INV-1", account=zenith, salesperson_code="E007", **given)
    FeedFreshness.objects.update(late_after=at)
    return run


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing(hub, feed, rows, open_hub, scheme, width):
    found = {}
    customer = ErpCustomer.objects.get()
    pages = {
        hub.cast.chinedu: (
            *("/feeds/", f"/feeds/{feed.pk}/", f"/feeds/{feed.pk}/test/", "/feeds/runs/", "/feeds/codes/"),
            *(f"/feeds/runs/{rows.pk}/?bucket={bucket}" for bucket in ("changed", "refused", "moved")),
        ),
        hub.cast.aisha: ("/feeds/customers/", f"/feeds/customers/{customer.pk}/"),
    }
    for person, addresses in pages.items():
        page = open_hub(person, color_scheme=scheme, viewport={"width": WIDTHS[width], "height": 800})
        for address in addresses:
            page.goto(address)
            found[address] = faults(page)
            too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            found[address] += [f"{too_wide}px too wide"] if too_wide > 0 else []
    assert {name: what for name, what in found.items() if what} == {}


def test_a_file_is_uploaded_looked_at_and_applied(hub, feed, open_hub, tmp_path):
    page = open_hub(hub.cast.chinedu)
    page.goto(f"/feeds/{feed.pk}/")
    page.get_by_label("File", exact=True).set_input_files(str(tmp_path / "erp" / "customers_20260316.csv"))
    page.get_by_role("button", name="Read the file").click()
    page.get_by_text("You can leave this page").wait_for()
    work()
    page.get_by_role("button", name="Apply this file").wait_for()  # the page has found out by itself
    with page.expect_download() as download:
        page.get_by_role("link", name="Refused rows").click()
    assert "This row has no name." in download.value.path().read_text()
    page.get_by_role("button", name="Apply this file").click()
    page.get_by_text("You can leave this page").wait_for()
    work()
    page.get_by_text("This import is applied.").wait_for()
    assert Account.objects.filter(erp_customer_id="C1").exists()


def test_settings_show_at_once_how_the_newest_file_reads_with_them(hub, feed, open_hub):
    page = open_hub(hub.cast.chinedu)
    page.goto(f"/admin/accounts/feed/{feed.pk}/change/")
    page.get_by_text("column “name”: This row has no name.").wait_for()
    page.get_by_label("Header row:").fill("2")
    page.get_by_label("Header row:").blur()
    page.get_by_text("The hub would refuse this file.").wait_for()
    assert Feed.objects.filter(header_row=F("footer_rows") + 1).exists()  # nothing was saved
    page.get_by_label("Header row:").fill("1")
    page.get_by_role("button", name="Test these settings").click()
    page.get_by_text("column “name”: This row has no name.").wait_for()
