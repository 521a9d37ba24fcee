"""Sales recorded by several processes at once."""

import pytest

from accounts.people.models import Division, Staff, StaffRole
from accounts.records.models import Account
from interactions.sales.models import Sale
from tests.conftest import NOW

pytestmark = pytest.mark.postgresql

RECORD = """
def run(me):
    from datetime import date
    from decimal import Decimal
    from interactions.sales.actions import record_sale
    sale = record_sale(by=Staff.objects.get(username="tunde"), at=AT, invoice_number="INV-1",
        account=Account.objects.get(code="A900"), sold_on=date(2026, 3, 1), amount=Decimal({amount}))
    return sale.pk
"""


@pytest.fixture
def setting(race):
    tunde = Staff.objects.create(username="tunde", full_name="Tunde Bakare")
    StaffRole.objects.create(staff=tunde, role="pbi")
    motors = Division.objects.get(slug="motors")
    for number in range(900, 905):
        code = f"A{number}"
        Account.objects.create(code=code, name=f"Customer {code}", division=motors, origin="hub", created_at=NOW)
    return race


def test_the_same_invoice_at_once_is_one_row(setting):
    assert len(set(setting(RECORD.format(amount="500"), 4))) == 1 == Sale.objects.count()


def test_one_invoice_with_two_contents_is_recorded_once_and_the_others_get_a_sentence(setting):
    results = setting(RECORD.format(amount="500 + me"), 4)
    assert sorted(map(str, results))[1:] == ["refused:other_content"] * 3 and Sale.objects.count() == 1


def test_one_file_brought_in_at_once_and_shuffled_makes_each_sale_once(setting, tmp_path):
    path = tmp_path / "sales"
    body = f"""
def run(me):
    import random
    from interactions.sales.actions import import_sales_csv
    rows = [f"INV-{{n}},A{{900 + n % 5}},2026-03-01,{{n + 1}}," for n in range(300)]
    rows += [f"CN-{{n}},A{{900 + n % 5}},2026-03-02,-1,INV-{{n}}" for n in range(100)]
    random.Random(me).shuffle(rows)
    path = f"{path}-{{me}}.csv"
    open(path, "w").write("\\n".join(["invoice,account,date,amount,credit_note_of", *rows]))
    return import_sales_csv(path, by=None, at=AT).counts
"""
    results = setting(body, 3)
    assert sorted(result["new"] for result in results) == [0, 0, 400]
    assert {result["refused"] for result in results} == {0} and Sale.objects.count() == 400
