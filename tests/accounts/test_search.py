import pytest

from accounts.records.models import Account, Contact
from accounts.records.search import find_records, near_accounts, near_contacts
from tests.conftest import NOW


@pytest.fixture
def others(zenith):
    for code, name in (("A002", "Dangote Cement Nigeria Plc"), ("A003", "Zitra Microfinance Bank Limited")):
        Account.objects.create(code=code, name=name, origin="hub", created_at=NOW)
    Contact.objects.filter(code="C001").update(mobile="+2348051294177")
    ada = Contact.objects.get(code="C002")
    ada.email = "ada@example.ng"
    ada.mobile = "+2348051294177"
    ada.save()
    return zenith


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("zenith", "Zenith Bank PLC"),
        ("ZENITH ba", "Zenith Bank PLC"),
        ("bank zen", "Zenith Bank PLC"),
        ("102345", "Zenith Bank PLC"),
        ("a001", "Zenith Bank PLC"),
        ("0803 123 4567", "Zenith Bank PLC"),
        ("+234-803-123", "Zenith Bank PLC"),
        ("803123", "Zenith Bank PLC"),
        ("ada@example.ng", "Ada Okoro"),
        ("okoro", "Ada Okoro"),
        ("0805 129 4177", "Ada Okoro"),
        ("C002", "Ada Okoro"),
        ("zenth bank", "Zenith Bank PLC"),
    ],
)
def test_it_finds_by_whatever_people_type(others, query, first):
    assert first in [str(hit.record) for hit in find_records(query)][:2]


def test_it_finds_nothing_for_too_little(others):
    assert find_records("ze") == find_records("  ") == find_records("%%%") == find_records('"') == []


def test_quotes_and_wildcards_are_just_letters(others):
    assert find_records('zen"ith') is not None
    assert find_records("%enith bank") is not None
    assert find_records("NEAR(zenith bank)") is not None


@pytest.mark.parametrize("typed", ["Zenith Bank", "ZENITH BANK NIG. LTD", "Zenith Bank (RC 123456)", "Zenith Bnak"])
def test_near_accounts_see_through_spelling(others, typed):
    assert near_accounts(typed)[0].record == others


def test_near_accounts_see_the_phone_and_the_erp_id(others):
    assert near_accounts("Other", phone="0803 123 4567")[0].why == "same phone number"
    assert near_accounts("Other", erp_customer_id="102345.0")[0].why == "same ERP customer ID"


def test_another_company_is_not_near(others):
    assert near_accounts("Honeywell Flour Mills") == []


def test_near_contacts_by_email_mobile_and_name(others):
    assert near_contacts("X Y", email="ADA@example.ng")[0].record.code == "C002"
    assert near_contacts("ada okoro", account_id=others.pk)[0].record.code == "C002"
    assert near_contacts("Uche Danjuma", account_id=others.pk) == []


def test_it_costs_the_same_queries_whatever_is_found(others, django_assert_max_num_queries):
    for query in ("zenith", "bank", "okoro"):
        with django_assert_max_num_queries(4):
            find_records(query)


def test_an_edited_name_is_found_anew(others):
    others.name = "Access Bank Plc"
    others.save()
    assert [hit.record for hit in find_records("access bank")] == [others]
    assert others not in [hit.record for hit in find_records("zenith bank plc")]
