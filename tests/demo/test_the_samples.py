"""The sample data: all of it, once, and gone again with the demo."""

import shutil
from decimal import Decimal
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command

from accounts.people.models import Staff
from accounts.records.models import Account
from interactions.log.models import Interaction
from interactions.sales.actions import record_sale
from interactions.sales.facts import sales_of
from interactions.sales.models import Sale
from tests.conftest import NOW, TODAY

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW, tick=False):
        yield


def load(name: str, folder) -> str:
    out = StringIO()
    call_command(f"load_{name}", str(folder), stdout=out)
    return out.getvalue()


def told() -> list[tuple]:
    sales = Sale.objects.order_by("invoice_number").values_list(
        "invoice_number", "account__code", "sold_on", "recorded_at", "amount", "salesperson__full_name", "product_line"
    )
    entries = Interaction.objects.order_by("code").values_list(
        "code", "account__code", "occurred_at", "logged_by__full_name", "substantive", "source"
    )
    return [*sales, *entries]


def test_maven_s_won_deals_are_sales_and_its_engage_dates_meetings(shared_data):
    said = load("maven", shared_data / "maven_crm")
    assert "35 staff, 85 accounts, 7,212 interactions, 4,238 sales" in said and "1,425 deals" in said
    facts = sales_of(list(Account.objects.values_list("pk", flat=True)))
    assert sum(fact.value for fact in facts) == Decimal(10_005_534)
    assert set(Interaction.objects.values_list("substantive", "source")) == {(True, "import")}
    assert Account.objects.exclude(parent=None).count() == 15
    assert not Staff.objects.exclude(is_active=False, last_working_day=None).exists()
    first = told()
    assert "0 staff, 0 accounts, 0 interactions, 0 sales" in load("maven", shared_data / "maven_crm")
    assert told() == first


def test_northwind_s_orders_are_sales_and_what_is_gone_comes_back(shared_data):
    folder = shared_data / "northwind"
    assert "9 staff, 91 accounts, 0 interactions, 830 sales" in load("northwind", folder)
    order = Sale.objects.get(invoice_number="NW-10248")
    assert (order.amount, order.salesperson.full_name, str(order.sold_on)) == (440, "Steven Buchanan", "1996-07-04")
    assert order.account.erp_customer_id == "VINET"
    before = told()
    Sale.objects.filter(account=order.account).erase()
    assert "0 staff, 0 accounts, 0 interactions, 5 sales" in load("northwind", folder)
    assert told() == before


def test_they_go_with_the_demo(shared_data):
    load("northwind", shared_data / "northwind")
    call_command("clear_demo", stdout=StringIO())
    left = [model.objects.count() for model in (Sale, Account, Staff)]
    assert left == [0, 0, 0] and not Sale.history.exists()


def test_a_real_sale_keeps_its_account_and_salesperson(shared_data, cast):
    load("northwind", shared_data / "northwind")
    vinet, nancy = Account.objects.get(code="NW-VINET"), Staff.objects.get(erp_code="NW-1")
    sale = record_sale(
        by=cast.tunde,
        at=NOW,
        invoice_number="INV-1",
        account=vinet,
        sold_on=TODAY,
        amount=Decimal(5),
        salesperson=nancy,
    )
    assert not sale.is_demo
    call_command("clear_demo", stdout=StringIO())
    assert [str(one) for one in Sale.objects.all()] == ["INV-1"]
    assert list(Account.objects.values_list("code", "is_demo")) == [("NW-VINET", False)]
    assert not Staff.objects.get(erp_code="NW-1").is_demo


def test_other_files_are_a_sentence_and_leave_nothing(shared_data, tmp_path):
    with pytest.raises(CommandError, match="No such file") as error:
        load("maven", tmp_path)
    assert error.value.returncode == 2
    for name in ("sales_teams.csv", "accounts.csv"):
        shutil.copy(shared_data / "maven_crm" / name, tmp_path)
    (tmp_path / "sales_pipeline.csv").write_text("one,two\n1,2\n")
    with pytest.raises(CommandError, match="aren't the ones expected"):
        load("maven", tmp_path)
    assert not Account.objects.exists()


def test_production_takes_none(settings, tmp_path):
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="Production never holds"):
        load("northwind", tmp_path)
