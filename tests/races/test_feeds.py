"""Imports by several processes at once, and beside people at work."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from accounts.imports.feeds.schedule import last_due
from accounts.imports.models import ErpCustomer, Feed, ImportRow, ImportRun
from accounts.jobs.models import Job
from accounts.people.models import Division, Staff, StaffRole
from accounts.records.models import Account
from interactions.sales.models import Sale
from mikano_cx.kit.local_time import local_date

pytestmark = pytest.mark.postgresql
AT = datetime(2026, 3, 16, 9, tzinfo=UTC)
CUSTOMERS = [f"K{number},Company number {number},Food" for number in range(100)]
BODY = """
def run(me):
    from accounts.imports.runs import actions, lifecycle; from accounts.imports.customers import comparison
    import interactions.sales.feed
    def slowly(module, name):
        quick = getattr(module, name)
        def slow(*given, **named):
            found = quick(*given, **named)
            time.sleep(1)
            return found
        setattr(module, name, slow)
    work = lambda run: lifecycle.work_on(run, at=AT, step=lambda done, of: None)
    person = lambda name: Staff.objects.get(username=name)
"""


@pytest.fixture
def at_once(race, tmp_path, settings):
    """`at_once(body, count)`: as `race`; the drop folder is new."""
    settings.DROP_DIR = tmp_path / "drop"
    for name, role in (("chinedu", "it"), ("tunde", "pbi")):
        StaffRole.objects.create(staff=Staff.objects.create(username=name, full_name=name.title()), role=role)
    return lambda body, count: race(BODY + body, count)


@pytest.fixture
def feed(at_once) -> Feed:
    division = Division.objects.get(slug="motors")
    given = {"pattern": "*.csv", "days": "daily", "runs_at": time(2), "settle_seconds": 0, "most_changed": 100}
    long_ago = AT - timedelta(days=9)
    return Feed.objects.create(
        name="ERP", kind="customers", division=division, folder="erp", updated_at=long_ago, **given
    )


def brought(feed: Feed, *rows: str, name: str = "file.csv", **given) -> ImportRun:
    run = ImportRun(feed=feed, trigger="hand", file_name=name, created_at=AT, file_at=AT, **given)
    head = "customer_id,name,industry" if feed.kind == "customers" else "invoice_number,customer,date,amount"
    run.file.save(name, ContentFile("\n".join([head, *rows, ""])), save=False)
    run.save()
    return run


@pytest.mark.parametrize("noted", [False, True])
def test_any_number_of_beats_start_one_run(feed, at_once, tmp_path, noted):
    if noted:  # the file hadn't come when it was due
        day = local_date(last_due("daily", time(2), timezone.now()))
        given = {"trigger": "schedule", "business_date": day, "state": "no_file", "created_at": AT}
        ImportRun.objects.create(feed=feed, **given)
    (tmp_path / "drop" / "erp").mkdir(parents=True)
    (tmp_path / "drop" / "erp" / "customers.csv").write_text("id,name\nK1,Company\n")
    body = "    made = actions.start_due(Feed.objects.get(), at=datetime.now(timezone.utc))\n"
    results = at_once(body + "    return made and made.pk\n", 4)
    run = ImportRun.objects.get()
    assert sorted(results, key=str) == [run.pk, None, None, None]
    assert run.state == "waiting" and Job.objects.get(kind="feed_run").subject == str(run.pk)


def test_an_upload_pressed_twice_is_one_run(feed, at_once):
    body = """
    from django.core.files.uploadedfile import SimpleUploadedFile
    file = SimpleUploadedFile("customers.csv", b"id,name\\nK1,Company\\n")
    return actions.upload(Feed.objects.get(), file, by=person("chinedu"), at=AT).pk
"""
    assert set(at_once(body, 4)) == {ImportRun.objects.get().pk} and Job.objects.count() == 1


def test_an_approval_pressed_twice_is_one(feed, at_once):
    brought(feed, *CUSTOMERS, state="preview", counts={"new": 100})
    body = "    return actions.approve(ImportRun.objects.get(), by=person('tunde'), at=AT).state\n"
    assert sorted(at_once(body, 3)) == ["refused:moved_on", "refused:moved_on", "waiting"]
    assert Job.objects.get(kind="feed_run").state == "waiting"


def test_two_files_applied_at_once_are_compared_one_after_the_other(feed, at_once):
    renamed = [row.replace("Company", "Firm") for row in CUSTOMERS[:20]]
    runs = [brought(feed, *CUSTOMERS, name="1.csv"), brought(feed, *renamed, *CUSTOMERS[20:], name="2.csv")]
    body = f"""
    slowly(lifecycle, "_compare")
    return work(ImportRun.objects.get(pk={[run.pk for run in runs]}[me]))
"""
    at_once(body, 2)
    first, second = sorted(ImportRun.objects.all(), key=lambda run: run.counts["same"])
    assert first.state == second.state == "applied"
    assert first.counts["new"] == 100 and (second.counts["changed"], second.counts["same"]) == (20, 80)
    assert Account.objects.count() == ErpCustomer.objects.count() == 100
    word = "Firm" if second == runs[1] else "Company"
    assert Account.objects.get(erp_customer_id="K1").name == f"{word} number 1"
    assert ImportRow.objects.filter(bucket="changed", run=second).count() == 20


@pytest.mark.parametrize(
    ("place", "told"),
    [("lifecycle, '_compare'", "edited"), ("comparison, 'bulk_update_with_history'", "refused:conflict")],
)
def test_what_a_person_edits_meanwhile_isn_t_lost(feed, at_once, place, told):
    division = feed.division
    Account.objects.create(
        code="A900", name="Old", erp_customer_id="K1", division=division, origin="hub", created_at=AT
    )
    brought(feed, CUSTOMERS[1])
    body = f"""
    account = Account.objects.get(code="A900")
    if me:
        time.sleep(0.4)
        accounts.edit_account(account, by=person("tunde"), at=AT, values={{"address": "Ours"}}, seen_version=1)
        return "edited"
    slowly({place})
    return work(ImportRun.objects.get())
"""
    assert at_once(body, 2)[1] == told
    account = Account.objects.get()
    assert account.name == "Company number 1" and ImportRun.objects.get().counts["changed"] == 1
    assert account.address == ("Ours" if told == "edited" else "")
    assert account.version == account.history.order_by("-pk").first().version == (3 if told == "edited" else 2)


@pytest.mark.parametrize(("amount", "bucket"), [("500", "same"), ("700", "held")])
def test_a_sale_recorded_by_hand_meanwhile_is_the_sale(feed, at_once, amount, bucket):
    Account.objects.create(
        code="A900", name="Old", erp_customer_id="K1", division=feed.division, origin="hub", created_at=AT
    )
    sales = Feed.objects.create(name="Sales", kind="sales", updated_at=AT)
    brought(sales, "INV-1,K1,2026-03-01,500", "INV-2,K1,2026-03-01,9")
    body = f"""
    from datetime import date
    from decimal import Decimal
    from interactions.sales.actions import record_sale
    if me:
        time.sleep(0.4)
        return record_sale(by=person("tunde"), at=AT, invoice_number="INV-1", account=Account.objects.get(),
            sold_on=date(2026, 3, 1), amount=Decimal({amount})).pk
    slowly(lifecycle, "_compare")
    return work(ImportRun.objects.get())
"""
    _, by_hand = at_once(body, 2)
    run = ImportRun.objects.get()
    assert run.state == "applied" and (run.counts["new"], run.counts[bucket]) == (1, 1)
    kept = {sale.invoice_number: sale for sale in Sale.objects.all()}
    assert len(kept) == Sale.objects.count() == 2
    assert kept["INV-1"].pk == by_hand and kept["INV-1"].amount == Decimal(amount)
