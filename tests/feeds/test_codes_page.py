"""IT says whose an ERP salesperson code is; the sales that carry it are that person's from then on."""

from datetime import date
from decimal import Decimal

import pytest

from interactions.sales.actions import record_sale
from interactions.sales.models import Sale
from interactions.sales.salesperson_codes import UnknownCode, unknown_codes
from tests.conftest import NOW

URL = "/feeds/codes/"


@pytest.fixture
def sold(cast, zenith):
    def sell(number: str, code: str, amount: str = "1000", on: date = date(2026, 3, 2)):
        terms = {"sold_on": on, "amount": Decimal(amount), "salesperson_code": code}
        return record_sale(by=cast.aisha, at=NOW, invoice_number=number, account=zenith, **terms)

    return sell


def test_codes_are_listed_with_sales_amount_and_last_day_the_most_first(sold):
    sold("INV-1", "E009", "250.50")
    sold("INV-2", "E007", "1000", date(2026, 2, 1))
    sold("INV-3", "E007", "-200", date(2026, 3, 3))
    sold("INV-4", "")
    assert unknown_codes() == [
        UnknownCode("E007", 2, Decimal("800"), date(2026, 3, 3)),
        UnknownCode("E009", 1, Decimal("250.50"), date(2026, 3, 2)),
    ]


def test_it_says_whose_a_code_is_and_the_sales_are_theirs(cast, sold, client_of):
    sold("INV-1", "E007")
    client = client_of(cast.chinedu)
    page = client.get(URL).content.decode()
    assert "E007" in page and "1,000" in page and "Emeka Nwosu" in page
    answer = client.post(URL, {"code": "E007", "staff": cast.emeka.pk}, follow=True)
    assert "The sales of E007 are Emeka Nwosu’s now." in answer.content.decode()
    cast.emeka.refresh_from_db()
    assert cast.emeka.erp_code == "E007" and Sale.objects.get().salesperson == cast.emeka
    assert unknown_codes() == []
    assert "Every code is somebody" in client.get(URL).content.decode()


def test_who_has_a_code_gets_no_second_one(cast, sold, client_of):
    sold("INV-1", "E007")
    cast.emeka.erp_code = "E001"
    cast.emeka.save()
    client = client_of(cast.chinedu)
    page = client.get(URL).content.decode()
    assert f'value="{cast.emeka.pk}"' not in page and "<option disabled>Emeka Nwosu (E001)</option>" in page
    assert page.index('label="Sales"') < page.index("Funke Ade") < page.index('label="Others"')
    answer = client.post(URL, {"code": "E007", "staff": cast.emeka.pk}, follow=True)
    assert "Choose again." in answer.content.decode()
    cast.emeka.refresh_from_db()
    assert cast.emeka.erp_code == "E001" and len(unknown_codes()) == 1


def test_nobody_chosen_and_a_code_too_long_are_said(cast, sold, client_of):
    sold("INV-1", "E" * 31)
    client = client_of(cast.chinedu)
    assert "Choose whose code it is." in client.post(URL, {"code": "E007"}, follow=True).content.decode()
    answer = client.post(URL, {"code": "E" * 31, "staff": cast.funke.pk}, follow=True)
    assert "at most 30 characters" in answer.content.decode()
